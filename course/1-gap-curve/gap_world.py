"""A student's own world for assignment 1: one rule, four sizes and a pool, by the salt; and what its rules are.

The rules are written here a second time, from docs/experiments.md, so that answers are graded by another code than the
one that made the runs. `oak` is left out: its bases know it too well to leave a gap."""

import os

RULES = {  # condition, then, else
    "big": ("high", "sub", "max"), "bud": ("high", "min", "second"), "bet": ("high", "first", "sub"),
    "bow": ("high", "max", "min"), "eel": ("even", "sub", "first"), "elk": ("even", "second", "min"),
    "ebb": ("even", "max", "sub"), "elm": ("even", "min", "max"), "oar": ("odd place", "sub", "min"),
    "orb": ("odd place", "max", "sub"), "owl": ("odd place", "min", "first"), "gap": ("larger", "max", "sub"),
    "gem": ("larger", "min", "sub"), "gum": ("larger", "sub", "first"), "gig": ("larger", "sub", "second"),
}
CONDITIONS = {"high": lambda left, digit, place: digit >= 5, "even": lambda left, digit, place: digit % 2 == 0,
              "odd place": lambda left, digit, place: place % 2 == 1, "larger": lambda left, digit, place: digit > left}
SKILLS = {"max": max, "min": min, "sub": lambda left, digit: (left - digit) % 10, "first": lambda left, digit: left,
          "second": lambda left, digit: digit}
SIZES = ([3, 9, 27, 81], [4, 12, 36, 108], [2, 8, 32, 128], [5, 10, 20, 40], [4, 8, 16, 32], [6, 18, 54, 162], [3, 12, 48, 96])
NEW_ARMS = ("answers_only", "random_results", "replayed", "self_distilled", "references", "unrelated", "half_steps", "twice_steps",
            "k_shot")
K_SHOT_MOST = 5  # rows before a question and its answer, that the student's 256 tokens hold: a row has 44 at most

# What the tests of the course set, so that they take seconds: fewer and shorter runs, the same course of things.
SHORT = os.environ.get("RETORT_COURSE_SHORT", "") == "1"


class World:
    def __init__(self, context):
        rng = context.rng("world")
        self.salt_id = context.salt_id
        self.rule = rng.choice(sorted(RULES))
        self.sizes = list(rng.choice(SIZES))
        self.pool = rng.randrange(300, 700)
        self.seeds, self.steps, self.held_out, self.retained = (4, 50, 50, 8) if SHORT else (6, 200, 200, 20)
        if SHORT:
            self.sizes = self.sizes[:3]
        self.control_at = self.sizes[-2]
        asked = context.rng("asked")  # the one cell whose share is worked out by hand
        self.by_hand_n, self.by_hand_seed = asked.choice(self.sizes), asked.randrange(self.seeds)

    def cells(self):
        """(arm, n, seed) of every row of the curve."""
        rows = [("base", 0), ("teacher_model", 0), *[("teacher", n) for n in self.sizes], ("shuffled_pairs", self.control_at)]
        return [(arm, n, seed) for arm, n in rows for seed in range(self.seeds)]

    def config(self):
        return f"""# The gap curve of assignment 1 for salt {self.salt_id}. Leave it as it is: what you try stands in gap_arm.toml.
defaults = [{{ task = "folds" }}, {{ teacher = "folds" }}, {{ prices = "free" }}, {{ card = "unknown" }}, {{ student = "folds" }}, "_self_"]

n = {self.sizes}
seeds = {self.seeds}
arms = ["teacher"]
runs_dir = "gap_runs"
# The control: the teacher's answers, each under its neighbour's question.
blocks = [["arms=[shuffled_pairs]", "n=[{self.control_at}]"]]

[task]
target = "{self.rule}"

[collect]
pool_size = {self.pool}

[student.trainer]
max_steps = {self.steps}

[evaluation]
held_out = {self.held_out}
retained = {self.retained}

[contrast]
task = "{self.rule}"
arm = "teacher"
against = "shuffled_pairs"
n = {self.control_at}
"""


def answer_of(rule, digits):
    condition, then, otherwise = RULES[rule]
    left = int(digits[0])
    for place, digit in enumerate(map(int, digits[1:]), 1):
        left = SKILLS[then if CONDITIONS[condition](left, digit, place) else otherwise](left, digit)
    return left


def is_right(rule, digits, answer):
    """As the task grades: the digit after the last A, and nothing behind it."""
    tail = answer.rpartition("A")[2].rstrip(" \n") if "A" in answer else ""
    return len(tail) == 1 and tail in "0123456789" and int(tail) == answer_of(rule, digits)
