"""Packs a tarball, unpacks it elsewhere and runs what lies in it, as somebody would who has nothing else.

    tests/house/release_test.py BUILD
"""

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else ROOT / "build"


def run(words, folder, text="", **environment):
    """With an environment of its own: nothing of this shell's may help."""
    clean = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", **environment}
    return subprocess.run([str(word) for word in words], cwd=folder, env=clean, input=text, capture_output=True, text=True,
                          timeout=120)


class Release(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.work = Path(cls.folder.name).resolve()
        done = subprocess.run([ROOT / "scripts/release", BUILD, cls.work / "dist"], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        (cls.tarball,) = (cls.work / "dist").glob("*.tar.gz")
        with tarfile.open(cls.tarball) as tar:
            cls.names = tar.getnames()
            tar.extractall(cls.work)
        cls.root = cls.work / cls.tarball.name.removesuffix(".tar.gz")
        cls.elsewhere = cls.work / "elsewhere"
        cls.elsewhere.mkdir()
        cache = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
        cls.torch = Path(re.search(r"^LibTorch_LAST_FOLDER:INTERNAL=(.*)$", cache, re.MULTILINE)[1])

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def program(self, name, *words, text="", **environment):
        return run([self.root / "bin" / name, *words], self.elsewhere, text, **{"RETORT_TORCH_DIR": self.torch, **environment})

    def test_holds_every_program_and_nothing_of_this_machine(self):
        programs = {path.stem for path in (ROOT / "experiments").glob("*.cc")}
        self.assertEqual({path.name for path in (self.root / "bin").iterdir()}, programs)
        for name in programs:
            done = subprocess.run(["readelf", "-d", self.root / "libexec" / name], capture_output=True, text=True, check=True)
            self.assertEqual(re.findall(r"(?:RUNPATH|RPATH).*\[(.*)\]", done.stdout), ["$ORIGIN/../lib"], name)
        self.assertTrue(all(name.split("/")[0] == self.root.name for name in self.names))
        for library in (self.root / "lib").iterdir():
            self.assertFalse(library.is_symlink(), library)
        self.assertTrue(list((self.root / "licences").iterdir()))

    def test_composes_a_config_in_any_folder(self):
        done = self.program("few_samples", "--cfg", "job")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('target = "rules"', done.stdout)
        self.assertEqual(list(self.elsewhere.iterdir()), [])

    def test_a_shipped_model_answers(self):
        done = self.program("generate", "model=models/folds-teacher", "max_new_tokens=8", text='{"text": "big 4729?"}\n')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(json.loads(done.stdout)["text"], r"^ ?\d")

    def test_what_needs_no_torch_runs_without(self):
        done = self.program("runs", "--help", RETORT_TORCH_DIR="/nonexistent")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_python_is_asked_for_its_torch(self):
        # A Python of an environment that says where its torch is, as `find_spec` does.
        python = self.work / "env/bin/python"
        python.parent.mkdir(parents=True)
        python.write_text(f"#!/bin/sh\necho '{self.torch}'\n")
        python.chmod(0o755)
        done = self.program("few_samples", "--cfg", "job", RETORT_TORCH_DIR="", VIRTUAL_ENV=self.work / "env")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_says_what_is_missing(self):
        done = self.program("few_samples", "--cfg", "job", RETORT_TORCH_DIR="/nonexistent")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nonexistent is no PyTorch", done.stderr)
        old = self.work / "old"
        (old / "lib").mkdir(parents=True)
        (old / "lib/libtorch_cpu.so").touch()
        (old / "version.py").write_text("__version__ = '1.0.0'\n")
        done = self.program("few_samples", "--cfg", "job", RETORT_TORCH_DIR=old)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"built for PyTorch [\d.]+, and .*old is 1\.0: .*pip install")


if __name__ == "__main__":
    unittest.main()
