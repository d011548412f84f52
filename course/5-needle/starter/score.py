"""A beginning for assignment 5: reads request logs, scores accounts by their volume (a poor score), and writes scores.csv.

python3 score.py LOGS scores.csv       LOGS holds honest-1/, honest-2/ and month/"""

import csv
import json
import sys
from pathlib import Path


def records(folder):
    """Of one month, in order: dicts with account, template, prompt, payment, address, time_ms, features, ..."""
    for file in sorted(Path(folder).glob("*.jsonl")):
        with open(file, encoding="ascii") as lines:
            next(lines)  # the head
            for line in lines:
                yield json.loads(line)["record"]


def score(month, before):
    """{account: score}, higher is stranger. month, before: lists of records; `before` is an honest month to compare with."""
    found = {}
    for record in month:
        found[record["account"]] = found.get(record["account"], 0) + 1
    return found


def main(logs, out):
    months = {name: list(records(Path(logs) / name)) for name in ("honest-1", "honest-2", "month")}
    with open(out, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["month", "account", "score"])
        for name, before in (("honest-2", "honest-1"), ("month", "honest-2")):  # the same rule, on an honest month and on this one
            for account, value in sorted(score(months[name], months[before]).items()):
                writer.writerow([name, account, repr(float(value))])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
