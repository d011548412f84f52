import json


def change(folder, edit):
    path = folder / "memo.md"
    _, front, prose = path.read_text(encoding="utf-8").split("---\n", 2)
    front = json.loads(front)
    prose = edit(front, prose) or prose
    path.write_text("---\n" + json.dumps(front, indent=1) + "\n---\n" + prose, encoding="utf-8")


def spoil(context, folder):
    def edit(front, prose):
        front["claims"][0].update(number=45.5, low=31.0, high=77.7)
        front["claims"][1].update(number=98765.0)
        return prose.replace("[c1]", "(45.50 days, in our reckoning) [c1]")

    change(folder, edit)
