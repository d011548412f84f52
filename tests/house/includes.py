#!/usr/bin/env python3
"""Holds the #include lines of the project to the arrows between its rooms.

    tests/house/includes.py [root]     prints each line that breaks a rule, exit 1 if there is one

Reading the lines is crude beside a real dependency tool, but it needs nothing, takes a blink, and names the line.
"""

import re
import sys
from pathlib import Path

# Who may include whom: a room, or a single header of one. `base` and config's reflection header are open to all.
ROOMS = {
    "core/base": [],
    "core/config": [],
    "core/stats": [],
    "core/data": [],
    "core/fused": [],
    "core/lm": ["core/data", "core/fused"],
    "core/report": ["core/data", "core/stats"],
    "teacher": ["core/data", "core/lm"],
    "teacher/provider": ["teacher", "core/data", "core/lm", "core/stats"],
    "teacher/provider/server": ["teacher/provider", "teacher", "core/data", "core/lm"],
    "student": ["core/data", "core/fused", "core/lm"],
    # Of the provider the lab's rooms see its front door, a teacher with policies around it, and what an assumption is.
    "experiments/design": ["core/config", "core/data", "core/lm", "core/report", "teacher", "student",
                           "teacher/provider/guarded_teacher.h"],
    "experiments/cells": ["core/config", "core/data", "core/lm", "teacher", "student", "experiments/design"],
    "experiments/arms": ["core/data", "core/lm", "teacher", "student", "experiments/design", "experiments/cells"],
    "experiments/launch": ["core/data", "core/lm", "core/stats", "core/report", "experiments/design", "experiments/cells"],
    "experiments/lab": ["core/config", "core/data", "core/lm", "core/stats", "core/report", "teacher",
                        "teacher/provider/assumption.h", "experiments/design", "experiments/cells", "experiments/arms",
                        "experiments/launch"],
    "experiments/look": ["core/config", "core/data", "core/lm", "core/stats", "core/report", "teacher", "student",
                         "experiments/design", "experiments/cells", "experiments/launch"],
    # What provider's experiments say and show: their pages, and what a provider sees of an experiment of the lab.
    "experiments/provider": ["core/config", "core/data", "core/lm", "core/stats", "core/report", "teacher",
                             "teacher/provider", "experiments/design", "experiments/cells", "experiments/arms",
                             "experiments/lab"],
    "experiments": ["core/config", "core/data", "core/lm", "core/stats", "core/report", "teacher", "teacher/provider",
                    "teacher/provider/server", "student", "experiments/design", "experiments/cells", "experiments/arms",
                    "experiments/launch", "experiments/lab", "experiments/look", "experiments/provider"],
}
OPEN_TO_ALL = ["core/base/", "core/config/describe.h", "core/config/toml_text.h"]
WITH_TORCH = ["core/lm", "student", "teacher"]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def room_of(path):
    """The room a file lies in: the longest that fits ("" if none)."""
    fitting = [room for room in ROOMS if path.startswith(room + "/")]
    return max(fitting, key=len, default="")


def is_torch(header):
    return header.split("/")[0] in ("torch", "ATen", "c10", "caffe2")


def problems_of_line(path, room, quoted, header):
    is_header = path.endswith(".h")
    if is_header and header == "torch/torch.h":
        yield "torch/torch.h costs every file that includes this header half a minute: include what is used"
    if is_header and header.startswith("nlohmann/") and header != "nlohmann/json_fwd.hpp":
        yield "nlohmann/json.hpp belongs into .cc files (nlohmann/json_fwd.hpp may stand in a header)"
    if is_torch(header) and room not in WITH_TORCH:
        yield f"{room} is compiled without torch; only {', '.join(WITH_TORCH)} see it"
    if not quoted:
        return
    target = room_of(header)
    if not target:
        yield f'"{header}" lies in no room: write the path from the project\'s root'
    elif room == "core/base" and target != room:
        yield f"core/base is the ground: it must not include {target}"
    elif target != room and not header.startswith(tuple(OPEN_TO_ALL)) and not {target, header} & set(ROOMS[room]):
        yield f"{room} must not include {target}"


def problems(root):
    """Yields (path, line number, what is wrong) for every C++ file of the rooms and of their tests."""
    toml_readers = []
    for path in sorted(p for folder in ("core", "teacher", "student", "experiments", "tests") for p in (root / folder).rglob("*")):
        if path.suffix not in (".cc", ".h") or not path.is_file():
            continue
        name = path.relative_to(root).as_posix()
        in_tests = name.startswith("tests/")
        room = room_of(name.removeprefix("tests/"))
        if not room:
            yield name, 1, "lies in no room" + (" that a test folder mirrors" if in_tests else "")
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            header = match[2]
            beside = path.parent / header
            if in_tests and match[1] == '"' and header.startswith("tests/"):
                continue  # what tests share
            for problem in problems_of_line(name, room, match[1] == '"', header):
                hint = " (found beside this file)" if "no room" in problem and beside.exists() else ""
                yield name, number, problem + hint
            if header.startswith("toml++/"):
                toml_readers.append((name, number))
    for name, number in toml_readers:
        if name.endswith(".h") or len(toml_readers) > 1:
            yield name, number, "toml++ stays inside one .cc file: " + ", ".join(sorted({n for n, _ in toml_readers}))


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2])
    found = list(problems(root))
    for path, number, what in found:
        print(f"{path}:{number}: {what}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
