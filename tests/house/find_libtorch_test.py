"""cmake/FindLibTorch.cmake on folders that look like LibTorch: what it chooses, and what it passes over and why.

    find_libtorch_test.py <cmake> <g++>
"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CMAKE, CXX = sys.argv[1:3]
MODULE = Path(__file__).parents[2] / "cmake/FindLibTorch.cmake"
C10 = "#include <string>\nnamespace c10 { struct Error { Error(std::string); }; Error::Error(std::string) {} }\n"


class FindLibTorch(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="with blank ")
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)

    def compile(self, library, source, *options):
        library.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([CXX, "-shared", "-fPIC", "-x", "c++", "-", "-o", library, *options], input=source, text=True, check=True)

    def torch(self, name, version="2.15.0", abi=1):
        """A folder of that name as a torch wheel lays it out."""
        folder = self.root / name
        self.compile(folder / "lib/libc10.so", C10, f"-D_GLIBCXX_USE_CXX11_ABI={abi}")
        self.compile(folder / "lib/libtorch_cpu.so", "")
        (folder / "include/torch").mkdir(parents=True)
        parts = zip(("MAJOR", "MINOR", "PATCH"), version.split("."))
        (folder / "include/torch/version.h").write_text("".join(f"#define TORCH_VERSION_{n} {v}\n" for n, v in parts))
        return folder

    def find(self, *definitions, **environment):
        """What the module prints when nothing but these places is known (python3 and .venv apart, which come last)."""
        kept = {k: v for k, v in os.environ.items() if k not in ("CMAKE_PREFIX_PATH", "VIRTUAL_ENV", "CONDA_PREFIX")}
        done = subprocess.run([CMAKE, *(f"-D{d}" for d in definitions), "-P", MODULE], capture_output=True, text=True,
                              env=kept | {k: str(v) for k, v in environment.items()})
        return done.stdout + done.stderr

    def assert_chosen(self, folder, output):
        self.assertIn(f" in {folder.resolve()}\n", output)

    def test_every_place_and_their_order(self):
        asked = self.torch("asked/torch")
        prefix = self.torch("prefix/lib/python3.12/site-packages/torch")
        (prefix / "share/cmake").mkdir(parents=True)
        venv = self.torch("venv/lib/python3.11/site-packages/torch")
        conda = self.torch("conda")
        everything = {"CMAKE_PREFIX_PATH": prefix.parent, "VIRTUAL_ENV": self.root / "venv", "CONDA_PREFIX": conda}
        self.assert_chosen(asked, self.find(f"RETORT_TORCH_DIR={asked}", **everything))
        self.assert_chosen(prefix, self.find(**everything))
        for place in (prefix, prefix.parent, prefix / "share/cmake", self.root / "prefix"):
            self.assert_chosen(prefix, self.find(f"CMAKE_PREFIX_PATH=/nowhere;{place}"))
        self.assert_chosen(venv, self.find(VIRTUAL_ENV=self.root / "venv", CONDA_PREFIX=conda))
        self.assert_chosen(conda, self.find(CONDA_PREFIX=conda))

    def test_version_from_python_file(self):
        folder = self.torch("torch")
        (folder / "include/torch/version.h").unlink()
        (folder / "version.py").write_text("__version__ = '2.12.1+cpu'\n")
        self.assertIn("LibTorch 2.12.1 in ", self.find(f"RETORT_TORCH_DIR={folder}"))

    def assert_passed_over(self, folder, why):
        good = self.torch("good")
        output = self.find(f"RETORT_TORCH_DIR={folder}", VIRTUAL_ENV=good)
        self.assertIn(f"{folder.resolve()} passed over: {why}", output)
        self.assert_chosen(good, output)

    def test_too_old(self):
        self.assert_passed_over(self.torch("torch", version="2.9.1"), "version 2.9.1 is older than 2.11")

    def test_old_abi(self):
        self.assert_passed_over(self.torch("torch", abi=0), "built with the old C++ ABI")

    def test_needs_what_is_not_there(self):
        folder = self.torch("torch")
        self.compile(self.root / "cuda/libcudart_of_a_test.so", "void f() {}")
        self.compile(folder / "lib/libtorch_cpu.so", "", "-Wl,--no-as-needed", f"-L{self.root}/cuda", "-lcudart_of_a_test")
        self.assert_passed_over(folder, "it needs libcudart_of_a_test.so, which is not there")

    def test_cut_short(self):
        folder = self.torch("torch")
        library = folder / "lib/libtorch_cpu.so"
        library.write_bytes(library.read_bytes()[:100])
        self.assert_passed_over(folder, "lib/libtorch_cpu.so cannot be loaded")

    def test_no_version(self):
        folder = self.torch("torch")
        (folder / "include/torch/version.h").write_text("")
        self.assert_passed_over(folder, "its version cannot be read")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
