"""The reference of assignment 5. A collection asks by few templates from many accounts that nothing links, and asks
everything once. So a template counts by how many unlinked accounts use it (two may have it by chance), unless an honest
month knew it (benchmarks, fashions); it counts less the more its prompts repeat (a class has one sheet of exercises);
accounts of one payment are one (a company's application). An account is as strange as the templates that it asks by, on
the mean of its requests."""

import csv
import json
import math
import sys
from pathlib import Path


def records(folder):
    for file in sorted(Path(folder).glob("*.jsonl")):
        with open(file, encoding="ascii") as lines:
            next(lines)
            for line in lines:
                yield json.loads(line)["record"]


def score(month, before):
    known = {}
    for record in before:
        known.setdefault(record["template"], set()).add(record["account"])
    owners, prompts, asked = {}, {}, {}
    for record in month:
        template = record["template"]
        owners.setdefault(template, set()).add(record["payment"] or record["account"])
        prompts.setdefault(template, []).append(record["prompt"])
        asked.setdefault(record["account"], []).append(template)
    worth = {}
    for template, owned in owners.items():
        fresh = len(set(prompts[template])) / len(prompts[template])
        worth[template] = math.log(max(1, len(owned) - 2)) * fresh**3 / (1 + len(known.get(template, ())))
    return {account: math.fsum(worth[t] for t in templates) / len(templates) + 1e-6 * math.log(len(templates))
            for account, templates in asked.items()}


def main(logs, out):
    months = {name: list(records(Path(logs) / name)) for name in ("honest-1", "honest-2", "month")}
    with open(out, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["month", "account", "score"])
        for name, before in (("honest-2", "honest-1"), ("month", "honest-2")):
            for account, value in sorted(score(months[name], months[before]).items()):
                writer.writerow([name, account, repr(float(value))])


if __name__ == "__main__":
    main(*sys.argv[1:])
