import dataclasses
import json


def spoil(context, folder):
    from grading import planted, salt

    other = dataclasses.replace(context, student="somebody else", salt=salt.salt_of("somebody else", "5-needle"))
    planted.write_reference("5-needle", other, folder)
    said = json.loads((folder / "answers.json").read_text())
    said["salt_id"] = context.salt_id
    (folder / "answers.json").write_text(json.dumps(said))
