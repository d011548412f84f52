import json


def spoil(context, folder):
    from grading import planted

    planted.write_anothers_work("5-needle", context, folder)
    said = json.loads((folder / "answers.json").read_text())
    said["salt_id"] = context.salt_id
    (folder / "answers.json").write_text(json.dumps(said))
