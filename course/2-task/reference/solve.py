"""The rule of a student's card, written into the solution."""

import re


def solve(context, folder):
    from grading.catalogue import module

    card = module("2-task").card(context)
    path = folder / "ring_task.cc"
    text = path.read_text(encoding="utf-8")
    for name, value in (("kWord", '"' + card["word"] + '"'), ("kLetters", '"' + card["up"] + card["mirror"] + card["times"] + '"'),
                        ("kSize", card["size"]), ("kStep", card["step"]), ("kFactor", card["factor"]), ("kTrap", card["trap"])):
        text, found = re.subn(rf'\b{name} = ("\w+"|\d+)', f"{name} = {value}", text)
        assert found == 1, name
    path.write_text(text, encoding="utf-8")
