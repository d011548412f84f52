import csv
import json


def spoil(context, folder):
    said = json.loads((folder / "answers.json").read_text())
    with open(folder / "scores.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    before = sum(row["month"] == "honest-2" for row in rows)
    said.update(threshold=-1, flagged=[row["account"] for row in rows if row["month"] == "month"], honest_flagged_before=before,
                honest_before=before, false_positive_rate_upper=1)
    (folder / "answers.json").write_text(json.dumps(said))
