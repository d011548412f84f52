import json


def spoil(context, folder):
    said = json.loads((folder / "answers.json").read_text())
    hits, rate = 0.05 * 0.6, said["false_positive_rate_upper"]
    said.update(precision=hits / (hits + 0.95 * rate), honest_people_flagged=round(0.95 * rate * said["honest_before"], 1))
    (folder / "answers.json").write_text(json.dumps(said))
