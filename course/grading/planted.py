"""The grader's own proof: an assignment's reference earns everything, and each planted mistake less, within its bounds.

A reference is the files of course/N/reference/, or what its `solve.py` makes of the student's salt: solve(context, folder).
A mistake is a folder course/N/mistakes/NAME/ with mistake.json:
  {"what": "...", "least": 40, "most": 85,                     percent of the points by machine
   "edits": [{"file": "x.cc", "old": "...", "new": "..."}],    `old` must stand there exactly once
   "drop": ["hypothesis.toml"]}                                files that are left out
Other files of the folder replace the reference's; `spoil.py` with spoil(context, folder) does the rest."""

import json
import shutil
import tempfile
from pathlib import Path

from . import catalogue
from .grade import grade
from .submission import read_submission

KEEP_OUT = {"solve.py", "spoil.py", "mistake.json", "__pycache__"}


def _copy(source, target):
    for path in source.iterdir():
        if path.name in KEEP_OUT:
            continue
        if path.is_dir():
            shutil.copytree(path, target / path.name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(path, target / path.name)


def write_reference(name, context, folder):
    source = catalogue.folders()[name] / "reference"
    _copy(source, folder)
    if (source / "solve.py").exists():
        catalogue.module(name, "reference/solve.py").solve(context, folder)


def write_anothers_work(name, context, folder):
    """The reference as another student would hand it in."""
    write_reference(name, catalogue.context_of(name, "somebody else", context.build), folder)


def mistakes(name):
    return sorted(path.parent for path in (catalogue.folders()[name] / "mistakes").glob("*/mistake.json"))


def write_mistake(name, context, mistake, folder):
    """Returns its description."""
    write_reference(name, context, folder)
    says = json.loads((mistake / "mistake.json").read_text(encoding="utf-8"))
    _copy(mistake, folder)
    for edit in says.get("edits", []):
        path = folder / edit["file"]
        text = path.read_text(encoding="utf-8")
        if text.count(edit["old"]) != 1:
            raise ValueError(f"{mistake.name}: {edit['file']} holds {edit['old']!r} {text.count(edit['old'])} times, not once")
        path.write_text(text.replace(edit["old"], edit["new"]), encoding="utf-8")
    if (mistake / "spoil.py").exists():
        catalogue.module(name, f"mistakes/{mistake.name}/spoil.py").spoil(context, folder)
    for file in says.get("drop", []):
        (folder / file).unlink()
    return says


def grade_planted(name, student, which, build=None):
    """which: "reference", "starter" or a mistake's name. Returns (Result, its description)."""
    context, assignment = catalogue.load(name, student, build)
    says = {"what": "the reference solution", "least": 100, "most": 100}
    with tempfile.TemporaryDirectory(prefix="retort-planted-") as folder:
        folder = Path(folder)
        if which == "reference":
            write_reference(name, context, folder)
        elif which == "starter":
            _copy(catalogue.folders()[name] / "starter", folder)
            module = catalogue.module(name)
            says = {"what": "the starter, untouched", "least": 0, "most": getattr(module, "STARTER_MOST", 20)}
        else:
            says = write_mistake(name, context, catalogue.folders()[name] / "mistakes" / which, folder)
        files, notes = read_submission(folder, assignment.names)
    return grade(context, assignment, files, notes), says


def all_planted(name):
    return ["reference", "starter"] + [path.name for path in mistakes(name)]


def wrong_with(which, result, says):
    """"" where a planted submission earned what it must."""
    if result.errors:
        return f"the grader failed: {result.errors[0].output[-1500:]}"
    percent = result.percent
    if which == "reference":
        return "" if percent > 100 - 1e-9 else f"the reference earned {percent:.1f} %"
    if percent > 100 - 1e-9:
        return "a planted mistake earned everything"
    if not says["least"] - 1e-9 <= percent <= says["most"] + 1e-9:
        return f"{percent:.1f} % is outside of its bounds, {says['least']} to {says['most']} %"
    return ""
