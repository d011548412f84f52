"""Each rule of room_readmes.py, broken once."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHECK = Path(__file__).with_name("room_readmes.py")


class RoomReadmes(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)
        for name in ("core", "teacher", "student", "experiments", "scripts", "tests", "configs", "docs/architecture.md",
                     "docs/statistics.md"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).symlink_to(ROOT / name)

    def check(self):
        done = subprocess.run([sys.executable, CHECK, self.root], capture_output=True, text=True)
        lines = [line for line in done.stdout.splitlines() if line.startswith("core/stats")]
        self.assertEqual(bool(done.stdout), done.returncode == 1, done.stderr)
        return lines

    def replace(self, change):
        """core/stats with another README.md."""
        (self.root / "core").unlink()
        (self.root / "core/stats").mkdir(parents=True)
        for path in (ROOT / "core/stats").iterdir():
            shutil.copy(path, self.root / "core/stats")
        for path in (ROOT / "core").iterdir():
            if path.name != "stats":
                (self.root / "core" / path.name).symlink_to(path)
        readme = self.root / "core/stats/README.md"
        readme.write_text(change(readme.read_text()))

    def test_as_it_is(self):
        self.assertEqual(self.check(), [])

    def test_a_file_that_is_not_there(self):
        self.replace(lambda text: text.replace("`crossing.h`", "`crossings.h`"))
        self.assertRegex("".join(self.check()), r"^core/stats/README.md:\d+: there is no crossings.h$")

    def test_too_long(self):
        self.replace(lambda text: text + "\n" * 20)
        self.assertRegex("".join(self.check()), "more than 20")

    def test_a_part_is_missing(self):
        self.replace(lambda text: text.replace("**Never**", "Never"))
        self.assertRegex("".join(self.check()), "does not say")

    def test_another_head(self):
        self.replace(lambda text: text.replace("# core/stats: ", "# Statistics "))
        self.assertRegex("".join(self.check()), "must begin with")

    def test_none(self):
        self.replace(str)
        (self.root / "core/stats/README.md").unlink()
        self.assertEqual(self.check(), ["core/stats: has no README.md"])

    def test_a_room_that_the_table_does_not_have(self):
        text = (ROOT / "docs/architecture.md").read_text()
        (self.root / "docs/architecture.md").unlink()
        (self.root / "docs/architecture.md").write_text(text.replace("| `core/stats` |", "| core/stats |"))
        self.assertEqual(self.check(), ["core/stats: is no room in docs/architecture.md"])


if __name__ == "__main__":
    unittest.main()
