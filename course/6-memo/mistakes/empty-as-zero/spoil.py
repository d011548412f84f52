def spoil(context, folder):
    from memo_text import change_memo

    def edit(front, prose):
        for claim in front["claims"]:
            claim["bound"] = ""
            if claim["number"] is None:
                claim.update(number=0, low=0, high=0)

    change_memo(folder, edit)
