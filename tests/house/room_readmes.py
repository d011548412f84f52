#!/usr/bin/env python3
"""Holds the README.md of every room to its form: it is there, short, and whatever it names exists.

    tests/house/room_readmes.py [root]     prints each problem, exit 1 if there is one

Rooms are the rows of the table in docs/architecture.md. A name in backquotes that looks like a file or a folder is looked
for in the room and in the project's root; `<name>` or NAME in it stands for any name, of which one must be there.
"""

import re
import sys
from pathlib import Path

LINES = 20
PARTS = ["**Owns**", "**Never**", "**Read first**", "**To add"]
BESIDE_ROOMS = ["scripts", "tests", "configs"]  # folders that are no rooms and have a README all the same
QUOTED = re.compile(r"`([^`\s]+)`")
FILE = re.compile(r"\.(h|cc|py|md|toml|csv)$")


def rooms(root):
    """The rooms of the table, in its order."""
    text = (root / "docs/architecture.md").read_text(encoding="utf-8")
    table = text.split("| room |", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)


def exists(root, room, name):
    pattern = re.sub(r"<[a-z]+>|NAME", "*", name).rstrip("/")
    if "/" not in pattern and any((root / room).rglob(pattern)):
        return True
    return any(any(folder.glob(pattern)) for folder in (root / room, root))


def is_path(name):
    return bool(FILE.search(name) or "/" in name.rstrip("/") or name.endswith("/")) and not name.startswith("build/")


def problems_of(root, room, parts):
    path = root / room / "README.md"
    if not path.is_file():
        yield f"{room}: has no README.md"
        return
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    if len(lines) > LINES:
        yield f"{room}/README.md: {len(lines)} lines, more than {LINES}"
    if not lines or not lines[0].startswith(f"# {room}: "):
        yield f"{room}/README.md:1: must begin with '# {room}: ' and what it is"
    for part in parts:
        if part not in text:
            yield f"{room}/README.md: does not say {part}"
    for number, line in enumerate(lines, 1):
        for name in QUOTED.findall(line):
            if is_path(name) and not exists(root, room, name):
                yield f"{room}/README.md:{number}: there is no {name}"


def problems(root):
    in_table = rooms(root)
    sys.path.insert(0, str(Path(__file__).parent))
    from includes import ROOMS
    for room in sorted(set(in_table) ^ set(ROOMS)):
        where = "docs/architecture.md" if room in ROOMS else "tests/house/includes.py"
        yield f"{room}: is no room in {where}"
    for room in in_table:
        yield from problems_of(root, room, PARTS)
    for folder in BESIDE_ROOMS:
        yield from problems_of(root, folder, [])


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2])
    found = list(problems(root))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
