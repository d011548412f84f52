"""Puts what the grader needs of gap_runs/ into one file: python3 pack.py GAP_RUNS runs.json"""

import json
import re
import sys
from collections import Counter
from pathlib import Path

WANTED = {"identity.txt", "config.toml", "result.json", "items.jsonl", "samples.jsonl", "manifest.json", "journal.jsonl", "SHA256SUMS"}


def unended(folder):
    """{folder of a run without result.json: "arm, N = n"}."""
    found = {}
    for identity in Path(folder).glob("*/identity.txt"):
        run, config = identity.parent, identity.with_name("config.toml")
        if not (run / "result.json").exists():
            head = config.read_text(encoding="utf-8").partition("\n[")[0] if config.exists() else ""
            said = dict(re.findall(r'(?m)^(arm|n) = "?(\w+)"?$', head))
            found[run.name] = f"{said.get('arm', '?')}, N = {said.get('n', '?')}"
    return found


def pack(folder):
    files, left_out = {}, unended(folder)
    for path in sorted(Path(folder).rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.name in WANTED and path.is_file() and name.split("/")[0] not in left_out:
            files[name] = path.read_text(encoding="utf-8")
    return files


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    packed = pack(sys.argv[1])
    Path(sys.argv[2]).write_text(json.dumps(packed), encoding="utf-8")
    runs = len({name.split("/")[0] for name in packed if not name.startswith("collections/")})
    print(f"{runs} runs, {len(packed)} files: {sys.argv[2]}")
    for kind, count in sorted(Counter(unended(sys.argv[1]).values()).items()):
        print(f"{count} run{'s' if count > 1 else ''} did not end and {'are' if count > 1 else 'is'} left out: {kind}")
