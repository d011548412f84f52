import json


def spoil(context, folder):
    from grading import planted

    planted.write_anothers_work("1-gap-curve", context, folder)
    answers = json.loads((folder / "answers.json").read_text())
    answers["salt_id"] = context.salt_id
    (folder / "answers.json").write_text(json.dumps(answers))
