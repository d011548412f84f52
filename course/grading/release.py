"""scripts/student-release: the tree as students get it, without what would spoil the course.

What goes: the grader with all checks, every reference and planted mistake, the tests of the course, its grading table; and
what an assignment's release.json names:
  {"remove": ["path", ...], "replace": {"path": "file of the assignment's folder", ...}}
What stays of an assignment's folder: starter/ and given/. Only what git tracks is copied (or, where there is no git, all
but build folders and outputs)."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from . import catalogue

GONE = ("course/grading/", "tests/course/", "scripts/grade", "scripts/student-release", "docs/course/grading.md")
KEPT_OF_AN_ASSIGNMENT = ("starter", "given")
NOT_THE_TREE = ("build", ".git", ".venv", "outputs", "runs", "request_logs", "__pycache__")


def tracked(root):
    """Paths of the tree, as git or, without it, the folders have them."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        names = [name for name in listed.stdout.decode().split("\0") if name]
    else:
        names = []
        for at, folders, files in os.walk(root):
            folders[:] = [f for f in folders if f not in NOT_THE_TREE and not f.startswith("build")]
            names += [os.path.relpath(os.path.join(at, name), root) for name in files]
    return sorted({name for name in names if (root / name).is_file() and "__pycache__" not in name})


def is_kept(name):
    if any(name == gone or (gone.endswith("/") and name.startswith(gone)) for gone in GONE):
        return False
    parts = name.split("/")
    if parts[0] == "course" and len(parts) > 2 and parts[1][:1].isdigit():
        return parts[2] in KEPT_OF_AN_ASSIGNMENT
    return True


def plan(root):
    """{path in the release: file it is copied from}."""
    files = {name: root / name for name in tracked(root) if is_kept(name)}
    for folder in catalogue.folders().values():
        says = folder / "release.json"
        if not says.exists():
            continue
        rules = json.loads(says.read_text(encoding="utf-8"))
        for name in rules.get("remove", []):
            if name not in files and not (root / name).exists():
                raise SystemExit(f"scripts/student-release: {says} removes {name}, which is not there")
            files.pop(name, None)
        for name, source in rules.get("replace", {}).items():
            if name not in files:
                raise SystemExit(f"scripts/student-release: {says} replaces {name}, which is not there")
            files[name] = folder / source
    return files


def write(target, root=None):
    root = Path(root or catalogue.ROOT)
    for name, source in plan(root).items():
        path = Path(target) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, path)


def main(words=None):
    parser = argparse.ArgumentParser(
        prog="scripts/student-release", description="Writes the tree that students of the course get (docs/course/README.md).")
    parser.add_argument("target", help="a new folder, or a file that ends in .tar.gz")
    options = parser.parse_args(words)
    target = Path(options.target)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        print(f"scripts/student-release: {target} is there already", file=sys.stderr)
        return 2
    if target.name.endswith((".tar.gz", ".tgz")):
        name = target.name.rsplit(".t", 1)[0]
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder) / name)
            with tarfile.open(target, "w:gz") as archive:
                archive.add(Path(folder) / name, name)
    else:
        target.mkdir(parents=True, exist_ok=True)
        write(target)
    print(f"the students' tree: {target}")
    return 0
