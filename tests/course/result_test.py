"""What a grading says: shares and failures, salts, JSON and page; and what the command makes of bad words."""

import html.parser
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import toy
from grading import Assignment, Case, Failed
from grading.box import parse_json
from grading.page import as_page
from grading.result import as_json, as_text
from grading.salt import PUBLISHED, salt_of, shown
from grading.sandbox import last_words


def result_of(*checks, seconds=5):
    cases = [Case(f"case {i} <b>", 10, check, seconds=seconds, hint="a hint & more") for i, check in enumerate(checks)]
    return toy.grade(toy.context("<script>alert(1)</script>"), Assignment("toy", "Toy & <i>", ["x"], cases, by_hand=[("prose", 5)]),
                     {"x": b"1"})


def fails(why, share=0.0, hint=None):
    def check(_box):
        raise Failed(why, share, hint)

    return check


class Results(unittest.TestCase):
    def test_shares_failures_and_errors_of_the_grader(self):
        result = result_of(lambda box: None, lambda box: 0.25, fails("no"), fails("half", 0.5), lambda box: 1 / 0,
                           lambda box: float("nan"), lambda box: 7)
        self.assertEqual([case.score for case in result.cases], [10, 2.5, 0, 5, 0, 0, 10])
        self.assertEqual([case.status for case in result.cases],
                         ["passed", "partly", "failed", "partly", "error", "error", "passed"])
        self.assertIn("ZeroDivisionError", result.cases[4].output)
        self.assertEqual((result.score, result.points), (27.5, 70))

    def test_what_many_cases_fail_by_is_said_once_and_a_hint_only_where_it_fits(self):
        def compiles(box):
            def make():
                raise Failed("it does not compile: line 7", later="it does not compile")

            box.once("program", make)

        result = result_of(compiles, compiles, lambda box: box.bytes_of("y"), lambda box: box.bytes_of("y"), fails("no"),
                           fails("slow", hint="another hint"))
        self.assertEqual([(case.output, case.hint) for case in result.cases],
                         [("it does not compile: line 7", "a hint & more"), ("not tried: it does not compile (see above)", ""),
                          ("y is missing", ""), ("not tried: y is missing (see above)", ""), ("no", "a hint & more"),
                          ("slow", "another hint")])

    def test_what_a_folder_itself_tells_is_said_first(self):
        context = toy.context()
        toys = Assignment("2-task", "Toy", ["ring_task.cc"], [Case("one", 1, lambda box: 1)], handed_out=["card.json"])
        starter = (toy.ROOT / "course/2-task/starter/ring_task.cc").read_bytes()

        def notes(card, source=b"int x;"):
            return toy.grade(context, toys, {"ring_task.cc": source, "card.json": card}, ["as before"]).notes

        before = notes(b'{"salt": "%s"}' % context.salt_id.encode())
        other = notes(b'{\n "word": "x",\n "salt": "0123abcd"\n}')
        self.assertEqual(other[1:], before)
        self.assertIn(f"card.json here is of salt 0123abcd, the one of ID `toy` has {context.salt_id}", other[0])
        self.assertIn("salt 0123abcd", notes(b"# Yours (salt 0123abcd)")[0])
        for card in (b"", b"\xff", b'{"salt": "<script>"}', b'{"salt": 7}'):
            self.assertEqual(notes(card), before)
        self.assertIn("The starter, unchanged: ring_task.cc.", notes(b"", starter)[-1])
        self.assertTrue(as_text(toy.grade(context, toys, {}, ["a note"])).splitlines()[1].endswith("note: a note"))

    def test_a_check_that_hangs_costs_its_own_case_alone(self):
        def hangs(box):
            while True:
                try:
                    box.context.rng("x").random()
                except Exception:
                    pass

        toy.sandbox.walls(toy.context())
        from grading import grade

        before = grade.time_limit
        grade.time_limit = lambda seconds: before(seconds - 9.5)
        try:
            result = result_of(hangs, lambda box: 1, seconds=0.1)
        finally:
            grade.time_limit = before
        self.assertEqual([case.status for case in result.cases], ["failed", "passed"])

    def test_the_fields_that_platforms_read(self):
        data = json.loads(json.dumps(as_json(result_of(lambda box: 1, fails("why", 0.3)))))
        self.assertEqual((data["score"], data["max_score"]), (13, 20))
        for test in data["tests"]:
            self.assertLessEqual({"name", "score", "max_score", "status", "output"}, set(test))
            self.assertIn(test["status"], ("passed", "failed"))
        self.assertIn("prose", data["output"])
        self.assertEqual(sum(test["score"] for test in data["tests"]), data["score"])

    def test_a_students_words_are_text_on_the_page(self):
        result = result_of(fails("</pre><script>alert('x')</script><img src=x onerror=y>"))
        page = as_page(result)
        tags = []

        class Tags(html.parser.HTMLParser):
            def handle_starttag(self, tag, attrs):
                tags.append(tag)

        Tags().feed(page)
        self.assertFalse({"script", "img", "i", "b"} & set(tags))
        self.assertIn("10", as_text(result))
        self.assertIn("1 of 1 cases lost 10.0 points", page)
        self.assertIn("no case lost any", as_page(result_of(lambda box: 1)))

    def test_salts_differ_and_tell_nothing_of_each_other(self):
        salts = {salt_of(student, name, secret) for student in ("a", "b", "a\nb") for name in ("1-x", "2-y") for secret in
                 (PUBLISHED, b"other")}
        self.assertEqual(len(salts), 12)
        self.assertEqual(len({shown(salt) for salt in salts}), 12)
        context = toy.context()
        self.assertEqual(context.rng("a").random(), context.rng("a").random())
        self.assertNotEqual(context.rng("a").random(), context.rng("b").random())

    def test_json_that_is_none(self):
        for text in ("", "{", "NaN", '{"a": Infinity}', "[" * 100000, "1" * 5000, '"\ud800'):
            try:
                parse_json(text)
            except Failed:
                continue
            self.assertIn(text[:1], ('"', "1"))  # Python takes a lone surrogate, and before 3.11 long numbers


class LastWords(unittest.TestCase):
    """What a student is shown of what a program printed at its end."""

    def test_of_a_traceback_the_students_frame_and_the_error(self):
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / "files").mkdir()
            program = Path(place) / "files" / "collector.py"
            program.write_text("import json\n\n\ndef ask():\n    return json.loads('{')\n\n\n"
                               "try:\n    ask()\nexcept ValueError:\n    ask()\n")
            err = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False).stderr
        first, code, last = last_words("noise\n" + err).splitlines()
        self.assertEqual((first, code.strip()), ("collector.py, line 5, in ask", "return json.loads('{')"))
        self.assertTrue(last.startswith("json.decoder.JSONDecodeError: Expecting property name"), last)

    def test_whole_lines_and_no_more_than_a_console_shows(self):
        self.assertEqual(last_words(""), "")
        self.assertEqual(last_words("a" * 700 + "\n" + "b" * 50 + "\n"), "b" * 50)
        self.assertEqual(len(last_words("c" * 900)), 600)
        self.assertEqual(last_words("\n".join(map(str, range(99)))).splitlines(), [str(n) for n in range(89, 99)])
        recursive = ("Traceback (most recent call last):\n  File \"/usr/x.py\", line 1\n    f()\n"
                     "  [Previous line repeated 9 more times]\nE: no\nmore")
        self.assertEqual(last_words(recursive), "E: no\nmore")


class Command(unittest.TestCase):
    def run_command(self, *words, **env):
        return subprocess.run([sys.executable, "-B", str(toy.ROOT / "course/grading"), *words], capture_output=True, text=True,
                              env={**os.environ, **env}, check=False, cwd="/")

    def test_what_is_asked_wrongly_is_said_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            for words in (["/no/such/folder", "--assignment", "4"], [folder, "--assignment", "99"], [folder],
                          [folder, "--hand-out", "9"], ["--self-check", "--assignment", "9"]):
                ran = self.run_command(*words)
                self.assertEqual((ran.returncode, ran.stdout), (2, ""))
                self.assertRegex(ran.stderr, r"\Ascripts/grade: .*\n\Z")
            ran = self.run_command(folder, "--assignment", "4", RETORT_COURSE_SECRET="@/no/such/file")
            self.assertEqual(ran.returncode, 2)

    def test_an_empty_submission_earns_nothing_and_gives_json_and_page(self):
        closed = toy.sandbox.out_of_reach(toy.context())
        if closed:
            self.skipTest(closed)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "s").mkdir()
            ran = self.run_command(str(folder / "s"), "--assignment", "4", "--json", str(folder / "r.json"), "--html",
                                   str(folder / "r.html"), "--student", "anna", RETORT_COURSE_SECRET="secret of a course")
            self.assertEqual(ran.returncode, 0, ran.stderr)
            data = json.loads((folder / "r.json").read_text())
            self.assertEqual(data["score"], 0)
            self.assertNotIn("published", data["output"])
            for said in (data["output"], ran.stderr):
                self.assertIn("RETORT_COURSE_SECRET has 18 bytes", said)
            self.assertIn("collector", (folder / "r.html").read_text())

    def test_material_differs_by_student_and_by_secret_and_not_by_day(self):
        cards = []
        for student, secret in (("anna", "one"), ("anna", "one"), ("ben", "one"), ("anna", "two")):
            with tempfile.TemporaryDirectory() as folder:
                ran = self.run_command(folder, "--hand-out", "2", "--student", student, RETORT_COURSE_SECRET=secret)
                self.assertEqual(ran.returncode, 0, ran.stderr)
                self.assertTrue((Path(folder) / "ring_task.cc").exists())
                cards.append((Path(folder) / "card.json").read_text())
        self.assertEqual(cards[0], cards[1])
        self.assertEqual(len(set(cards)), 3)


if __name__ == "__main__":
    unittest.main()
