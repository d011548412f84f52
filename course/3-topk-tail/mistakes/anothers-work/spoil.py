"""The reference, solved for somebody else."""


def spoil(context, folder):
    from grading import catalogue, planted

    planted.write_reference("3-topk-tail", catalogue.context_of("3-topk-tail", "somebody else", context.build), folder)
