def spoil(context, folder):
    from memo_text import change_memo

    def edit(front, prose):
        for claim in front["claims"]:
            claim.update(grade="measured here", volume_grade="measured here")

    change_memo(folder, edit)
