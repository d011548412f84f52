import json


def spoil(context, folder):
    said = json.loads((folder / "answers.json").read_text())
    said["flagged"] = said["flagged"][1:]
    said["honest_flagged_before"] += 1
    (folder / "answers.json").write_text(json.dumps(said))
