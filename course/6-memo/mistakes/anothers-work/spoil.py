import json


def change(folder, edit):
    path = folder / "memo.md"
    _, front, prose = path.read_text(encoding="utf-8").split("---\n", 2)
    front = json.loads(front)
    prose = edit(front, prose) or prose
    path.write_text("---\n" + json.dumps(front, indent=1) + "\n---\n" + prose, encoding="utf-8")


def spoil(context, folder):
    import dataclasses

    from grading import planted, salt

    other = dataclasses.replace(context, student="somebody else", salt=salt.salt_of("somebody else", "6-memo"))
    planted.write_reference("6-memo", other, folder)
    change(folder, lambda front, prose: front.update(salt_id=context.salt_id))
