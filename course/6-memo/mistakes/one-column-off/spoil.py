import json


def change(folder, edit):
    path = folder / "memo.md"
    _, front, prose = path.read_text(encoding="utf-8").split("---\n", 2)
    front = json.loads(front)
    prose = edit(front, prose) or prose
    path.write_text("---\n" + json.dumps(front, indent=1) + "\n---\n" + prose, encoding="utf-8")


def spoil(context, folder):
    def edit(front, prose):
        for claim in front["claims"]:
            claim["low"], claim["high"] = claim["number"], claim["low"]

    change(folder, edit)
