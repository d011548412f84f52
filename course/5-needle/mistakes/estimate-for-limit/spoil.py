import csv
import json


def spoil(context, folder):
    from log_plan import Plan

    plan = Plan(context)
    said = json.loads((folder / "answers.json").read_text())
    with open(folder / "scores.csv", newline="") as file:
        rows = [(row["month"], row["account"], float(row["score"])) for row in csv.DictReader(file)]
    honest = [value for month, _, value in rows if month == "honest-2"]
    threshold = max(honest)
    k = sum(value >= threshold for value in honest)
    hits, innocent = plan.distillers * plan.found_share, 700_000_000 - plan.distillers
    said.update(threshold=threshold, flagged=[a for month, a, value in rows if month == "month" and value >= threshold],
                honest_flagged_before=k, false_positive_rate_upper=k / len(honest),
                precision=hits / (hits + innocent * k / len(honest)), honest_people_flagged=innocent * k / len(honest))
    (folder / "answers.json").write_text(json.dumps(said))
