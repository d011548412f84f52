"""The reference, solved for somebody else."""


def spoil(context, folder):
    from grading import planted

    planted.write_anothers_work("3-topk-tail", context, folder)
