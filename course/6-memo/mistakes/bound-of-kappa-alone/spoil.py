def spoil(context, folder):
    from memo_text import change_memo

    def edit(front, prose):
        for claim in front["claims"]:
            if claim["bound"] == ">=" and claim["column"] != "kappa":
                claim["bound"] = ""

    change_memo(folder, edit)
