import json


def change(folder, edit):
    path = folder / "memo.md"
    _, front, prose = path.read_text(encoding="utf-8").split("---\n", 2)
    front = json.loads(front)
    prose = edit(front, prose) or prose
    path.write_text("---\n" + json.dumps(front, indent=1) + "\n---\n" + prose, encoding="utf-8")


def spoil(context, folder):
    from memo_world import TABLE, World, cell, read_table

    world = World(context)
    rows = read_table(context.root / TABLE / "summary.csv")

    def edit(front, prose):
        for column in ("added_days", "added_dollars"):
            true = cell(rows, world.row(world.what_if_row), column)
            front["what_if"][column] = {key: true[key] for key in ("number", "low", "high")}

    change(folder, edit)
