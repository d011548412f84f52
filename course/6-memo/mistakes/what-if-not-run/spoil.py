def spoil(context, folder):
    from memo_text import change_memo
    from memo_world import TABLE, World, cell, read_table

    world = World(context)
    rows = read_table(context.root / TABLE / "summary.csv")

    def edit(front, prose):
        for column in ("added_days", "added_dollars"):
            true = cell(rows, world.row(world.what_if_row), column)
            front["what_if"][column] = {key: true[key] for key in ("number", "low", "high")}

    change_memo(folder, edit)
