#!/usr/bin/env python3
"""Every link of a page of words leads somewhere: the file is there, and the heading too.

    tests/house/links.py [root]     prints each that does not, exit 1 if there is one

Looks at the Markdown files of the root, docs/, the rooms and scripts/; pages that programs make (docs/results) are theirs.
Links to the network are not followed.
"""

import re
import sys
from pathlib import Path

FOLDERS = ("docs", "core", "teacher", "student", "experiments", "scripts", "tests", "configs", "course", "benchmarks")
LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)")
# Where a file is shipped to another place than it lies in: its links are of that place.
SHIPPED_TO = {"scripts/release_files/START.md": "START.md"}


def pages(root):
    yield from sorted(root.glob("*.md"))
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.md")):
            parts = path.relative_to(root).parts
            if parts[:2] not in (("docs", "results"), ("configs", "models")):
                yield path


def prose(text):
    """Without what stands in code."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def anchors(path):
    """As GitHub and GitLab make them of headings."""
    headings = re.findall(r"^#+ +(.*?) *$", re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"),
                                                   flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).lower()).replace(" ", "-") for text in headings}


def problems(root):
    for page in pages(root):
        name = page.relative_to(root).as_posix()
        place = root / SHIPPED_TO.get(name, name)
        for target in LINK.findall(prose(page.read_text(encoding="utf-8"))):
            if re.match(r"[a-z]+:", target):
                continue
            file, _, heading = target.partition("#")
            where = (place.parent / file) if file else page
            if not where.exists():
                yield f"{name}: there is no {target}"
            elif heading and where.suffix == ".md" and heading not in anchors(where):
                yield f"{name}: {file or 'this page'} has no heading #{heading}"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    found = list(problems(root))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
