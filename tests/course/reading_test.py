"""Assignments 1, 5 and 6: references earn everything for several students and numbers of threads, and what is handed in
never makes the grader itself fail. course.planted.* has the planted mistakes, and the reference of one more student.

RETORT_COURSE_SHORT=1, the default here, makes the experiments small; with =0 the real sizes are graded (minutes), and with
RETORT_COURSE_THREADS_TOO=1 one student's runs are made with two threads."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from dataclasses import replace
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
        files, _ = read_submission(folder, assignment.names)
    return context, assignment, files


UNENDED = "b26a" * 16  # a run of a submission for assignment 1


def unended(arm, n, seed=0):
    """Its files, as few_samples leaves them."""
    config = f'arm = "{arm}"\nn = {n}\nseed = {seed}\n\n[task]\nn = 7\n'
    return {f"{UNENDED}/config.toml": config, f"{UNENDED}/identity.txt": "kind x\n"}


class References(unittest.TestCase):
    def full(self, name, student, also=lambda files: {}):
        context, assignment, files = reference(name, student)
        result = grade(context, assignment, {**files, **also(files)})
        self.assertEqual([(case.name, case.output) for case in result.cases if case.score < case.points], [])
        return result

    def test_gap_curve(self):
        # Two threads wait for each other actively, which takes minutes on a machine that is busy with other tests.
        two = "2" if os.environ.get("RETORT_COURSE_THREADS_TOO") == "1" else "1"
        for student, threads in (("bob", two),):  # each costs half a minute
            with self.subTest(student=student, threads=threads):
                os.environ["RETORT_COURSE_THREADS"] = threads
                # A run that did not end, of an arm that was given up, costs nothing.
                result = self.full("1-gap-curve", student, lambda files: {
                    "runs.json": json.dumps({**json.loads(files["runs.json"]), **unended("k_shot", 18)}).encode()})
                self.assertIn("Runs that did not end are passed over: 1 (k_shot, N = 18)", " ".join(result.notes))

    def test_needle(self):
        for student in ("bob", "cy"):
            with self.subTest(student=student):
                self.full("5-needle", student)

    def test_memo(self):
        def as_it_stands_in_the_command_and_in_the_file(files):
            _, front, prose = files["memo.md"].decode().split("---\n", 2)
            said = json.loads(front)
            said["what_if"]["words"] += ["draws=400", "output_dir=mine/what_if"]
            for claim in said["claims"]:
                claim["bound"] += " "  # as kappa_bound of summary.csv had it
            prose += "\nAll of it within the horizon of 365 days, at 90 % of draws and 800 000 requests.\n"
            return {"memo.md": f"---\n{json.dumps(said)}\n---\n{prose}".encode()}

        self.full("6-memo", "bob")
        self.full("6-memo", "cy", as_it_stands_in_the_command_and_in_the_file)


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

    def test_gap_curve_says_which_run_of_the_curve_did_not_end(self):
        context, assignment, files = reference("1-gap-curve", "self-study")
        runs = json.loads(files["runs.json"])
        for name, text in list(runs.items()):
            run = json.loads(text) if name.endswith("/result.json") else {}
            if (run.get("arm"), run.get("seed")) == ("teacher", 0):
                runs = {key: value for key, value in runs.items() if not key.startswith(name.split("/")[0])}
                runs.update(unended("teacher", run["n"]))
        first = replace(assignment, cases=assignment.cases[:1])
        result = grade(context, first, {**files, "runs.json": json.dumps(runs).encode()})
        self.assertIn("It did not end: gap_runs/b26ab26ab26a… (arm teacher, N = ", result.cases[0].output)

    def test_k_shot_is_refused_where_its_rows_do_not_fit(self):
        context, assignment, files = reference("1-gap-curve", "self-study")
        arm = files["gap_arm.toml"].replace(b"answers_only", b"k_shot")
        declared = replace(assignment, cases=[case for case in assignment.cases if "declares" in case.name])
        self.assertIn("256 tokens", grade(context, declared, {**files, "gap_arm.toml": arm}).cases[0].output)

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


class Pack(unittest.TestCase):
    def test_runs_that_did_not_end_are_left_out_and_named(self):
        pack = ROOT / "course/1-gap-curve/starter/pack.py"
        with tempfile.TemporaryDirectory() as place:
            runs = Path(place) / "gap_runs"
            for name, text in {**unended("k_shot", 18), f"{'a' * 64}/result.json": "{}", f"{'a' * 64}/identity.txt": "kind x\n",
                               f"collections/{'c' * 64}/samples.jsonl": "{}"}.items():
                (runs / name).parent.mkdir(parents=True, exist_ok=True)
                (runs / name).write_text(text)
            out = Path(place) / "runs.json"
            ran = subprocess.run([sys.executable, "-B", pack, runs, out], capture_output=True, text=True, check=True)
            packed = json.loads(out.read_text())
        self.assertIn("1 run did not end and is left out: k_shot, N = 18", ran.stdout)
        self.assertEqual({name[:3] for name in packed}, {"aaa", "col"})


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
        self.assertEqual(len(forbidden("It cannot guarantee that, and is by no means certain")), 2)
        self.assertEqual(len(forbidden("It would stop it from that; nobody steals; it eliminates nothing")), 3)

    def test_days_and_dollars_bear_the_bound_of_kappa(self):
        catalogue.module("6-memo")
        from memo_world import TABLE, cell, read_table

        rows = read_table(ROOT / TABLE / "summary.csv")
        row = {"volume": "DeepSeek-R1-Distill", "countermeasure": "reword answers", "distiller": "adaptive", "haystack": "chat"}
        bounds = {column: cell(rows, row, column)["bound"] for column in ("kappa", "added_days", "dollars", "honest")}
        self.assertEqual(bounds, {"kappa": ">=", "added_days": ">=", "dollars": ">=", "honest": ""})
        self.assertEqual(cell(rows, {**row, "countermeasure": "phone"}, "added_days")["bound"], "")


if __name__ == "__main__":
    closed = sandbox.out_of_reach(catalogue.load("3-topk-tail", "reach", BUILD)[0])
    if closed:
        print(closed)
        sys.exit(77)
    unittest.main()
