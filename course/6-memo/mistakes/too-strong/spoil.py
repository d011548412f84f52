def spoil(context, folder):
    from memo_text import change_memo

    def edit(front, prose):
        return prose + "\nThe table proves that withholding prevents theft. What is left is undetectable.\n"

    change_memo(folder, edit)
