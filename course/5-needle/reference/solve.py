"""Runs the reference's score.py on the salt's logs, sets a threshold on the honest month, and does the arithmetic."""

import csv
import importlib.util
import json
import sys
import tempfile
from pathlib import Path

from grading.kept import kept

HERE = Path(__file__).resolve().parent


def load(path):
    spec = importlib.util.spec_from_file_location("needle_" + path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def solve(context, folder, script=HERE / "score.py"):
    of = [*HERE.parent.glob("*.py"), *HERE.glob("*.py"), script, context.build / "detect"]
    kept(context, "needle", folder, lambda place: make(context, place, script), of)


def make(context, folder, script):
    if str(HERE.parent) not in sys.path:
        sys.path.insert(0, str(HERE.parent))
    checks = load(HERE.parent / "checks.py")
    plan = checks.Plan(context)
    with tempfile.TemporaryDirectory() as logs:
        (Path(logs) / "answers.json").write_text("{}")
        checks.hand_out(context, Path(logs))
        load(script).main(Path(logs) / "logs", folder / "scores.csv")
    with open(folder / "scores.csv", newline="") as file:
        rows = [(row["month"], row["account"], float(row["score"])) for row in csv.DictReader(file)]
    honest = sorted((value for month, _, value in rows if month == "honest-2"), reverse=True)
    month = sorted((value for name, _, value in rows if name == "month"), reverse=True)
    # A quarter above all that the honest month showed.
    bar = max(1.25 * honest[0], 0.05)
    threshold = min((value for value in month if value > bar), default=bar)
    k = sum(value >= threshold for value in honest)
    limit = checks.upper_limit(k, len(honest))
    hits = plan.distillers * plan.found_share
    answers = {"salt_id": context.salt_id, "threshold": threshold,
               "flagged": sorted(a for name, a, value in rows if name == "month" and value >= threshold),
               "honest_flagged_before": k, "honest_before": len(honest), "false_positive_rate_upper": limit,
               "precision": hits / (hits + (checks.PEOPLE - plan.distillers) * limit),
               "honest_people_flagged": (checks.PEOPLE - plan.distillers) * limit,
               "false_positive_rate_for_even_odds": hits / (checks.PEOPLE - plan.distillers)}
    (folder / "answers.json").write_text(json.dumps(answers, indent=2) + "\n")
