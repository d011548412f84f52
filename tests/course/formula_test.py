"""Assignment 3's checks hold a student to a closed form: here it is held to finite differences of the formula, and the
product's own implementation to the checks."""

import random
import sys
import unittest

import toy
from grading import catalogue
from grading.grade import grade

checks = catalogue.module("3-topk-tail")


class Formula(unittest.TestCase):
    def test_the_closed_form_is_the_slope_of_the_formula(self):
        rng = random.Random(1)
        for vocab, count in ((2, 1), (5, 2), (5, 5), (40, 7)):
            for scale in (1.0, 0.25):
                row = checks.make_row(rng, vocab, count, scale=scale)
                for closed, slope in zip(checks.slopes_in_closed_form(row), checks.slopes_by_differences(row)):
                    self.assertAlmostEqual(closed, slope, delta=1e-8)

    def test_the_product_passes_but_for_the_students_own_row(self):
        context, assignment = catalogue.load("3-topk-tail", "product", toy.BUILD)
        source = (toy.ROOT / "core/fused/known_tokens.cc").read_bytes()
        result = grade(context, assignment, {"known_tokens.cc": source, "answers.json": b"{}"})
        lost = [case.name for case in result.cases if case.score < case.points]
        self.assertEqual(lost, ["your row, by hand (answers.json)"])


if __name__ == "__main__":
    closed = toy.sandbox.out_of_reach(toy.context())
    if closed:
        print(closed)
        sys.exit(77)
    unittest.main()
