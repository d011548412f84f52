def spoil(context, folder):
    from memo_text import change_memo

    def edit(front, prose):
        front["claims"][0].update(number=45.5, low=31.0, high=77.7)
        front["claims"][1].update(number=98765.0)
        return prose.replace("[c1]", "(45.50 days, in our reckoning) [c1]")

    change_memo(folder, edit)
