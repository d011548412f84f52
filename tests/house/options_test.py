"""An option that no code reads promises what nobody does: every member that a Describe names is used somewhere else."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIELD = re.compile(r'\bd\.(?:Field|Group|OneOf)\(\s*"([^"]+)",\s*(?:\w+(?:\.|->))([\w.]+)\s*,')


def unread(sources):
    """(file, option) of each whose member is only described or set in sources, {file: text}. By the member's name alone, so
    that a name which another struct shares hides one; most names are their own."""
    described, uses, settings = {}, {}, {}
    for name, text in sources.items():
        for option, member in FIELD.findall(text):
            described.setdefault(member.split(".")[-1], []).append((name, option))
        for member in re.findall(r"(?:\.|->)(\w+)\b", text):
            uses[member] = uses.get(member, 0) + 1
        for member in re.findall(r"[{,(]\s*\.(\w+) =", text):
            settings[member] = settings.get(member, 0) + 1
    return [place for member, places in described.items()
            if uses.get(member, 0) - settings.get(member, 0) <= len(places) for place in places]


class Options(unittest.TestCase):
    def test_every_option_is_read(self):
        sources = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
                   for folder in ("core", "teacher", "student", "experiments") for path in (ROOT / folder).rglob("*")
                   if path.suffix in (".cc", ".h")}
        # A copy is described where a struct is const.
        self.assertEqual([place for place in unread(sources) if place[1] not in ("task", "teacher", "trainer")], [])
        self.assertGreater(sum(len(FIELD.findall(text)) for text in sources.values()), 300)

    def test_every_setting_of_an_objective_is_tried(self):
        described = FIELD.findall((ROOT / "student/objective.cc").read_text(encoding="utf-8"))
        tried = re.findall(r'^    \{"(\w+)",', (ROOT / "tests/student/every_setting.h").read_text(encoding="utf-8"), re.M)
        # What changes no loss of a row; of top_k, which tokens are known, example_test.cc and known_tokens_test.cc.
        others = {"name", "top_k", "sampling", "max_teacher_tokens"}
        self.assertEqual({option for option, _ in described} - others, set(tried),
                         "an option of ObjectiveConfig that changes a loss belongs into tests/student/every_setting.h")

    def test_one_that_is_not_read_is_found(self):
        described = 'void Describe(Describer& d, C& c) {\n  d.Field("dead", c.dead, {});\n  d.Field("read", c.read, {});\n}\n'
        use = "int F(const C& c) { return c.read; }\nC G() { return {.dead = 1}; }\n"
        self.assertEqual(unread({"a.cc": described, "b.cc": use}), [("a.cc", "dead")])


if __name__ == "__main__":
    unittest.main()
