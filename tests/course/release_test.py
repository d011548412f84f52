"""The students' tree: nothing in it that spoils the course, and it is whole."""

import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import toy
from grading import catalogue, release


class Release(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.tree = Path(cls.temporary.name) / "tree"
        release.write(cls.tree)
        cls.files = {path.relative_to(cls.tree).as_posix(): path for path in cls.tree.rglob("*") if path.is_file()}

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_no_reference_no_mistake_no_check(self):
        spoilers = set()
        for folder in catalogue.folders().values():
            for inner in ("reference", "mistakes"):
                spoilers |= {path.read_bytes() for path in (folder / inner).rglob("*") if path.is_file()}
            spoilers.add((folder / "checks.py").read_bytes())
        spoilers.add((toy.ROOT / "core/fused/known_tokens.cc").read_bytes())
        spoilers.add((toy.ROOT / "student/known_tokens.cc").read_bytes())
        self.assertGreater(len(spoilers), 20)
        for name, path in self.files.items():
            self.assertFalse(path.stat().st_size > 20 and path.read_bytes() in spoilers, name)
            self.assertNotRegex(name, r"^course/[^/]+/(reference|mistakes|checks)|^course/grading|^tests/course|scripts/grade$")

    LINES = ("rest * (std::log(rest) - others)", "of_known = scale * mass / sum", "rest * np.log(rest")

    def test_the_objective_is_the_students_to_write(self):
        whole = "".join(path.read_text(encoding="utf-8") for path in (
            toy.ROOT / "student/known_tokens.cc", toy.ROOT / "core/fused/known_tokens.cc", toy.ROOT / "scripts/golden/objectives.py"))
        for line in self.LINES:
            self.assertIn(line, whole)
        for name, path in self.files.items():
            if name.endswith((".cc", ".h", ".py")):
                text = path.read_text(encoding="utf-8")
                for line in self.LINES:
                    self.assertFalse(line in text, f"{name}: {line}")
        self.assertIn("yours to write", self.files["core/fused/known_tokens.cc"].read_text())
        ran = subprocess.run(["g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", str(self.tree),
                              str(self.files["core/fused/known_tokens.cc"])], capture_output=True, text=True, check=False)
        self.assertEqual(ran.returncode, 0, ran.stderr)

    def test_all_else_is_there(self):
        for name in ("CMakeLists.txt", "README.md", "core/fused/divergence.cc", "course/CMakeLists.txt", "scripts/test",
                     "course/2-task/starter/ring_task.cc", "docs/course/README.md", "course/4-collector/starter/collector.py"):
            self.assertIn(name, self.files)
        for path in self.tree.glob("course/*/starter"):
            self.assertTrue(any(path.iterdir()), path)

    def test_no_link_of_the_handouts_leads_to_what_is_gone(self):
        for path in self.tree.glob("docs/course/*.md"):
            for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
                self.assertTrue("://" in link or (path.parent / link).exists(), f"{path.name}: {link}")

    def test_a_path_in_a_rule_that_is_not_there_is_an_error(self):
        self.assertRaises(SystemExit, release.plan, toy.ROOT / "docs")


if __name__ == "__main__":
    unittest.main()
