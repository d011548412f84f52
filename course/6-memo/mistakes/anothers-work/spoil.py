def spoil(context, folder):
    from memo_text import change_memo
    from grading import planted

    planted.write_anothers_work("6-memo", context, folder)
    change_memo(folder, lambda front, prose: front.update(salt_id=context.salt_id))
