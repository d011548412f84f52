"""Writes folds.jsonl beside this file: a hundred digit folds with their worked answers, and four answers to choose from.
The grammar is the embedded task's (core/data/folds.h), written down once more; scripts/interop_serve.py runs it."""
import json
import pathlib
import random

OPS = {"max": max, "min": min, "sub": lambda a, b: (a - b) % 10, "first": lambda a, b: a, "second": lambda a, b: b,
       "big": lambda a, b: (a - b) % 10 if b >= 5 else max(a, b)}


def worked(op, digits, slip=None):
    """Each step as left, digit, result; then the answer. `slip`: the step whose result is one too high."""
    left, steps = digits[0], []
    for place, digit in enumerate(digits[1:]):
        result = (OPS[op](left, digit) + (place == slip)) % 10
        steps.append(f"{left}{digit}{result}")
        left = result
    return " ".join(steps) + f" A{left}"


def rows():
    chance = random.Random(0)
    for _ in range(100):
        op, digits = chance.choice(sorted(OPS)), [chance.randrange(10) for _ in range(chance.randrange(4, 9))]
        slips = chance.sample(range(len(digits) - 1), 3)
        choices = [worked(op, digits), *(worked(op, digits, slip) for slip in slips)]
        order = chance.sample(range(4), 4)
        yield {"question": f"{op} {''.join(map(str, digits))}?", "answer": choices[0],
               "choices": [choices[i] for i in order], "gold": order.index(0)}


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("folds.jsonl")
    path.write_text("".join(json.dumps(row) + "\n" for row in rows()))
