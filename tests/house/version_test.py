"""The version stands in one place, core/base/version.h; everything else that names it agrees."""

import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = Path(sys.argv.pop(1)) if len(sys.argv) > 1 else ROOT / "build"


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


class Version(unittest.TestCase):
    version = re.search(r'kVersion\[\] = "(\d+\.\d+\.\d+)"', text("core/base/version.h"))[1]

    def test_cmake_reads_it(self):
        cache = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
        self.assertIn(f"CMAKE_PROJECT_VERSION:STATIC={self.version}\n", cache)

    def test_citation(self):
        self.assertIn(f"\nversion: {self.version}\n", text("CITATION.cff"))

    def test_changelog(self):
        releases = re.findall(r"^## \[([^\]]+)\](?: - (\S+))?$", text("CHANGELOG.md"), re.MULTILINE)
        self.assertEqual(releases[0], ("Unreleased", ""))
        self.assertEqual(releases[1][0], self.version)
        released = re.search(r"^date-released: (\S+)$", text("CITATION.cff"), re.MULTILINE)[1]
        self.assertEqual(releases[1][1], released)
        order = [tuple(map(int, number.split("."))) for number, _ in releases[1:]]
        self.assertEqual(order, sorted(order, reverse=True))

    def test_it_stands_nowhere_else(self):
        for name in ("CMakeLists.txt", "scripts/release", "scripts/release_files/START.md", "scripts/release_files/start"):
            self.assertNotIn(self.version, text(name), name)


if __name__ == "__main__":
    unittest.main()
