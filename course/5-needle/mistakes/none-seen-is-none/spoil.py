import json


def spoil(context, folder):
    said = json.loads((folder / "answers.json").read_text())
    said.update(false_positive_rate_upper=0, precision=1, honest_people_flagged=0)
    (folder / "answers.json").write_text(json.dumps(said))
