"""The reference, solved for somebody else."""


def spoil(context, folder):
    from grading import catalogue, planted

    planted.write_reference("2-task", catalogue.context_of("2-task", "somebody else", context.build), folder)
