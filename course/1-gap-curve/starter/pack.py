"""Puts what the grader needs of gap_runs/ into one file: python3 pack.py GAP_RUNS runs.json"""

import json
import sys
from pathlib import Path

WANTED = {"identity.txt", "config.toml", "result.json", "items.jsonl", "samples.jsonl", "manifest.json", "journal.jsonl", "SHA256SUMS"}


def pack(folder):
    files = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.name in WANTED and path.is_file():
            files[path.relative_to(folder).as_posix()] = path.read_text(encoding="utf-8")
    return files


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    packed = pack(sys.argv[1])
    Path(sys.argv[2]).write_text(json.dumps(packed), encoding="utf-8")
    runs = len({name.split("/")[0] for name in packed if not name.startswith("collections/")})
    print(f"{runs} runs, {len(packed)} files: {sys.argv[2]}")
