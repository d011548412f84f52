def spoil(context, folder):
    from memo_text import change_memo

    def edit(front, prose):
        for claim in front["claims"]:
            claim["low"], claim["high"] = claim["number"], claim["low"]

    change_memo(folder, edit)
