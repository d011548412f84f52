import dataclasses
import json


def spoil(context, folder):
    from grading import planted, salt

    other = dataclasses.replace(context, student="somebody else", salt=salt.salt_of("somebody else", "1-gap-curve"))
    planted.write_reference("1-gap-curve", other, folder)
    answers = json.loads((folder / "answers.json").read_text())
    answers["salt_id"] = context.salt_id
    (folder / "answers.json").write_text(json.dumps(answers))
