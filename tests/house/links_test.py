"""links.py finds what leads nowhere, and nothing else."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).with_name("links.py")


class Links(unittest.TestCase):
    def check(self, text):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "docs").mkdir()
            (root / "docs/other.md").write_text("# Other page\n\n## What `it` says, and [why](other.md)\n")
            (root / "docs/page.md").write_text(text)
            done = subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True)
        self.assertEqual(bool(done.stdout), done.returncode == 1, done.stderr)
        return done.stdout.splitlines()

    def test_what_is_there(self):
        self.assertEqual(self.check("# Top\n[a](other.md) [b](other.md#other-page) [c](#top) [d](https://example.org/x#y) "
                                    "[e](other.md#what-it-says-and-why) `[f](nowhere.md)`\n```\n[g](nowhere.md)\n```\n"), [])

    def test_a_file_that_is_not(self):
        self.assertEqual(self.check("[a](nowhere.md)\n"), ["docs/page.md: there is no nowhere.md"])

    def test_a_heading_that_is_not(self):
        self.assertEqual(self.check("[a](other.md#nothing)\n[b](#top)\n"),
                         ["docs/page.md: other.md has no heading #nothing", "docs/page.md: this page has no heading #top"])


if __name__ == "__main__":
    unittest.main()
