"""Assignments 1, 5 and 6: references earn everything for several students and numbers of threads, and what is handed in
never makes the grader itself fail. course.planted.* has the planted mistakes, and the reference of one more student.

RETORT_COURSE_SHORT=1, the default here, makes the experiments small; with =0 the real sizes are graded (minutes), and with
RETORT_COURSE_THREADS_TOO=1 one student's runs are made with two threads."""

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = os.environ.get("RETORT_BUILD", str(ROOT / "build"))
os.environ.setdefault("RETORT_COURSE_SHORT", "1")
sys.path.insert(0, str(ROOT / "course"))

from grading import catalogue, planted, sandbox  # noqa: E402
from grading.grade import grade  # noqa: E402
from grading.submission import read_submission  # noqa: E402

BROKEN = {
    "empty": b"", "no UTF-8": b"\xff\xfe\x00", "null": b"null", "a number": b"7", "a list": b"[1]", "text": b'"x"', "NaN": b"NaN",
    "deep": b"[" * 5000, "huge number": b"1" + b"0" * 400, "an object of nothing": b"{}", "lists for all": b'{"n50": [], "claims": [[]]}',
}


def reference(name, student):
    context, assignment = catalogue.load(name, student, BUILD)
    with tempfile.TemporaryDirectory() as folder:
        planted.write_reference(name, context, Path(folder))
        files, _ = read_submission(folder, assignment.files + assignment.optional)
    return context, assignment, files


class References(unittest.TestCase):
    def full(self, name, student):
        result = grade(*reference(name, student))
        self.assertEqual([(case.name, case.output) for case in result.cases if case.score < case.points], [])

    def test_gap_curve(self):
        # Two threads wait for each other actively, which takes minutes on a machine that is busy with other tests.
        two = "2" if os.environ.get("RETORT_COURSE_THREADS_TOO") == "1" else "1"
        for student, threads in (("bob", two),):  # each costs half a minute
            with self.subTest(student=student, threads=threads):
                os.environ["RETORT_COURSE_THREADS"] = threads
                self.full("1-gap-curve", student)

    def test_needle(self):
        for student in ("bob", "cy"):
            with self.subTest(student=student):
                self.full("5-needle", student)

    def test_memo(self):
        for student in ("bob", "cy"):
            with self.subTest(student=student):
                self.full("6-memo", student)


class Broken(unittest.TestCase):
    """A file in place of the right one: a no with a reason, and never an error of the grader."""

    def check(self, name, replaced):
        context, assignment, files = reference(name, "self-study")
        for what, data in replaced(files).items():
            result = grade(context, assignment, {**files, **data})
            self.assertEqual([case.output for case in result.errors], [], what)
            self.assertLess(result.percent, 100, what)
            self.assertTrue(all(case.output for case in result.cases if case.score < case.points), what)

    def test_gap_curve(self):
        def replaced(files):
            runs = json.loads(files["runs.json"])
            some = next(name for name in runs if name.endswith("/result.json"))
            broken = {f"runs.json: {what}": {"runs.json": data} for what, data in list(BROKEN.items())[:5]}
            broken["a path that climbs out"] = {"runs.json": json.dumps({**runs, "../../x/items.jsonl": "{}"}).encode()}
            broken["a run of null"] = {"runs.json": json.dumps({**runs, some: "null"}).encode()}
            broken["a score of text"] = {"runs.json": json.dumps({**runs, some: runs[some].replace('"score":', '"score":"x","y":')}).encode()}
            return broken

        self.check("1-gap-curve", replaced)

    def test_needle(self):
        def replaced(files):
            broken = {f"{file}: {what}": {file: data} for file in ("answers.json", "scores.csv") for what, data in BROKEN.items()}
            rows = files["scores.csv"].decode().splitlines()
            for what, line in (("NaN", "month,acct-1,nan"), ("twice", rows[1]), ("fields", "month"), ("month", "may,acct-1,1")):
                broken["scores.csv: " + what] = {"scores.csv": "\n".join([*rows, line]).encode()}
            said = json.loads(files["answers.json"])
            for key in said:
                for value in (None, "x", [], {}, -1, 1e308, True):
                    broken[f"{key}: {value!r}"] = {"answers.json": json.dumps({**said, key: value}).encode()}
            return broken

        self.check("5-needle", replaced)

    def test_memo(self):
        def replaced(files):
            text = files["memo.md"].decode()
            _, front, prose = text.split("---\n", 2)
            said = json.loads(front)
            said["what_if"]["words"] = []  # not what this test is about, and it takes seconds
            broken = {f"memo.md: {what}": {"memo.md": data} for what, data in BROKEN.items()}
            broken.update({f"front matter: {what}": {"memo.md": b"---\n" + data + b"\n---\n" + prose.encode()} for what, data in BROKEN.items()})
            for key in ("claims", "what_if", "moves_most", "salt_id"):
                for value in (None, "x", [], {}, [None], [{"id": "c1"}], 1e308):
                    broken[f"{key}: {value!r}"] = {"memo.md": f"---\n{json.dumps({**said, key: value})}\n---\n{prose}".encode()}
            for key in said["claims"][0]:
                for value in (None, "x", [], {}, 1e308, True):
                    claims = [{**said["claims"][0], key: value}, *said["claims"][1:]]
                    broken[f"a claim's {key}: {value!r}"] = {"memo.md": f"---\n{json.dumps({**said, 'claims': claims})}\n---\n{prose}".encode()}
            return broken

        self.check("6-memo", replaced)


class Logs(unittest.TestCase):
    """The logs of assignment 5 are those of the gateway: features and shapes as teacher/provider/text_features.cc makes them."""

    def test_features(self):
        module = catalogue.module("5-needle")  # puts its folder where the import finds it
        from log_format import features, template_shape

        self.assertTrue(module)
        self.assertEqual(features("big 582407?"), [2.4849, 1.0986, 0.5455, 0.0, 0.0909, 0.0, 1.0, 3.4594, 0.0, 0.0, 0.3015, 0.0, 0.0,
                                                   0.0, -0.3015, 0.3015, 0.0, 0.3015, 0.603, 0.3015, 0.0, 0.0, 0.3015, 0.3015])
        self.assertEqual(features("big 67754905?"), [2.6391, 1.0986, 0.6154, 0.0, 0.0769, 0.0, 1.0, 3.3927, -0.378, -0.378, -0.378,
                                                     -0.378, -0.378, 0.0, -0.378, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.378, 0.0])
        self.assertEqual(template_shape('Say "hello you" to 3 old friends, 4.5  times'), 'say "" to 0 old w, 0 w')

    def test_upper_limit(self):
        limit = catalogue.module("5-needle").upper_limit
        self.assertAlmostEqual(limit(0, 300), 1 - 0.05 ** (1 / 300), 9)
        self.assertAlmostEqual(limit(2, 20), 0.28262, 4)  # Clopper & Pearson: the Beta quantile (3, 18) at .95
        self.assertEqual(limit(7, 7), 1)


class Prose(unittest.TestCase):
    def test_numbers_and_words(self):
        catalogue.module("6-memo")
        from memo_text import forbidden, numbers, stands_on

        found = numbers("In 2025 it adds 0.18 days, $1,818, 175.0 million people, 22 % and 3 rows. `kyc.x=41` [c2]\n7. a list\n")
        self.assertEqual([number[0] for number in found], ["0.18", "$1,818", "175.0 million", "22 %"])
        self.assertTrue(stands_on(found[0], [0.1812]) and stands_on(found[1], [1817.6]) and stands_on(found[3], [0.2196]))
        self.assertFalse(stands_on(found[0], [0.19]) or stands_on(found[1], [1830]) or stands_on(found[2], [1.76e8]))
        ends = numbers("+0.18 [\u22120.015, 1.6] days; $1 820 [$30, $6,360]; 175 million [52, 293] people; 12 rows, 30 days")
        self.assertEqual([number[0] for number in ends], ["+0.18", "\u22120.015", "1.6", "$1 820", "$30", "$6,360", "175 million", "52", "293", "30"])
        true = [0.1812, -0.0151, 1.618, 1817.6, 30.2, 6360.4, 1.75e8, 5.19e7, 2.925e8, 30]
        self.assertTrue(all(stands_on(number, [value]) for number, value in zip(ends, true)))
        self.assertEqual(forbidden("stolen keys are a route; improved"), [])
        self.assertEqual(len(forbidden("This proves that it prevents theft")), 3)


if __name__ == "__main__":
    closed = sandbox.out_of_reach(catalogue.load("3-topk-tail", "reach", BUILD)[0])
    if closed:
        print(closed)
        sys.exit(77)
    unittest.main()
