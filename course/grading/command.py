"""scripts/grade: what it is asked for, and what it prints."""

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import catalogue, planted, salt, sandbox
from .asked import AskedWrongly
from .grade import grade
from .page import as_page
from .result import as_json, as_text
from .submission import NotASubmission, read_submission


MARKDOWN = """# The grading table

Made by `scripts/grade --self-check --markdown`. Points are those that the machine gives. The reference of each assignment must
earn all of them, an untouched starter and each planted mistake less, within the bounds; `scripts/test` fails otherwise.
With `RETORT_COURSE_SHORT=1`, as the tests have it, assignment 1 runs on a small grid.

| assignment | submission | points | must be, % | what it is |
| --- | --- | --- | --- | --- |"""


def main(words=None):
    parser = argparse.ArgumentParser(
        prog="scripts/grade", description="Grades what a student of the course handed in (docs/course/README.md).",
        epilog="RETORT_COURSE_SECRET: the course's secret, or @FILE that holds it; without it the published one is used, "
               "for self-study. Exit status: 0 graded (whatever the score), 2 asked wrongly, 3 the grader itself failed; of "
               "--self-check also 77: it cannot run the repository's programs here.")
    parser.add_argument("submission", nargs="?", help="a folder or an archive (zip, tar) of a student's files")
    parser.add_argument("--assignment", metavar="N", help="1 to 6, or a name; default: the one whose files are there")
    parser.add_argument("--student", metavar="ID", help="whose salt is meant; default: self-study")
    parser.add_argument("--json", metavar="FILE", help="the result as results.json of Gradescope (- for stdout)")
    parser.add_argument("--html", metavar="FILE", help="the result as a page")
    parser.add_argument("--build", metavar="DIR", help="folder of the binaries; default: build")
    parser.add_argument("--hand-out", metavar="N", help="write a student's own material for an assignment into SUBMISSION")
    parser.add_argument("--self-check", action="store_true",
                        help="grade the reference and every planted mistake, of --assignment or of all")
    parser.add_argument("--markdown", action="store_true", help="of --self-check: as a Markdown table")
    parser.add_argument("--jobs", type=int, default=2, help="of --self-check: so many at once")
    parser.add_argument("--planted", metavar="NAME", help=argparse.SUPPRESS)  # one of --self-check, as JSON
    options = parser.parse_args(words)
    try:
        return _answer(parser, options, options.student or salt.SELF_STUDY)
    except (AskedWrongly, NotASubmission) as problem:
        print(f"scripts/grade: {problem}", file=sys.stderr)
        return 2


def _answer(parser, options, student):
    if options.planted:
        return _planted(options, student)
    if options.self_check:
        return _self_check(options, student)
    if not options.submission:
        parser.error("what is to be graded?")
    if options.hand_out:
        return _hand_out(options, student)
    return _grade(options, student)


def _fits(path):
    """The one assignment whose files lie in a submission."""
    held = {}
    for name in catalogue.folders():
        _, assignment = catalogue.load(name, salt.SELF_STUDY)
        files, _ = read_submission(path, assignment.files)
        held[name] = len(files) / len(assignment.files)
    best = max(held.values(), default=0)
    fits = [name for name, share in held.items() if share == best]
    if best == 0 or len(fits) != 1:
        raise AskedWrongly("which assignment is this? Say it with --assignment; there are: " + ", ".join(held))
    return fits[0]


def _grade(options, student):
    secret, published = salt.course_secret()
    name = catalogue.find(options.assignment) if options.assignment else _fits(options.submission)
    context, assignment = catalogue.load(name, student, options.build, secret)
    files, notes = read_submission(options.submission, assignment.names)
    closed = sandbox.out_of_reach(context)
    if closed:
        print(f"scripts/grade: {closed}", file=sys.stderr)
        return 3
    for doubt in salt.doubts(secret, published):
        notes.append(doubt)
        if not published:  # whoever has set a secret that is none must hear of it
            print(f"scripts/grade: {doubt}", file=sys.stderr)
    result = grade(context, assignment, files, notes)
    if options.json == "-":
        print(json.dumps(as_json(result), indent=1))
    else:
        print(as_text(result))
        if options.json:
            Path(options.json).write_text(json.dumps(as_json(result), indent=1) + "\n", encoding="utf-8")
    if options.html:
        Path(options.html).write_text(as_page(result), encoding="utf-8")
    return 3 if result.errors else 0


def _hand_out(options, student):
    name = catalogue.find(options.hand_out)
    module = catalogue.module(name)
    folder = Path(options.submission)
    folder.mkdir(parents=True, exist_ok=True)
    starter = catalogue.folders()[name] / "starter"
    if starter.is_dir():
        from .box import copy_tree

        copy_tree(starter, folder)
    secret, published = salt.course_secret()
    context = catalogue.context_of(name, student, options.build, secret)
    if hasattr(module, "hand_out"):
        module.hand_out(context, folder)
    print(f"{name} for {student} (salt {context.salt_id}): {folder}")
    for doubt in salt.doubts(secret, published):
        print(doubt, file=sys.stdout if published else sys.stderr)
    return 0


def _planted(options, student):
    result, says = planted.grade_planted(catalogue.find(options.assignment), student, options.planted, options.build)
    print(json.dumps({"says": says, "wrong": planted.wrong_with(options.planted, result, says), "result": as_json(result)}))
    return 0


def _self_check(options, student):
    names = [catalogue.find(options.assignment)] if options.assignment else list(catalogue.folders())
    closed = sandbox.out_of_reach(catalogue.context_of(names[0], student, options.build, salt.course_secret()[0]))
    if closed:
        print(closed)
        return 77
    todo = [(name, which) for name in names for which in planted.all_planted(name)]

    def one(work):
        words = [sys.executable, __file__.replace("command.py", "__main__.py"), "--planted", work[1], "--assignment", work[0],
                 "--student", student] + (["--build", options.build] if options.build else [])
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            return work, None, ran.stderr[-3000:]
        return work, json.loads(ran.stdout), ""

    wrong = 0
    with ThreadPoolExecutor(max(1, options.jobs)) as pool:
        rows = pool.map(one, todo)
        if options.markdown:
            print(MARKDOWN)
        for (name, which), graded, error in rows:
            problem = error or graded["wrong"]
            wrong += 1 if problem else 0
            if graded:
                result, says = graded["result"], graded["says"]
                score = f"{result['score']:.1f} of {result['max_score']:g}"
                score += f" ({100 * result['score'] / result['max_score']:.0f} %)"
                bounds = "100" if which == "reference" else f"{says['least']} to {says['most']}"
                line = (f"| {name} | {which} | {score} | {bounds} | {says['what']} |" if options.markdown else
                        f"{name:14} {which:26} {score:>22}  ({bounds:>9} %)  {says['what']}")
                print(line, flush=True)
            if problem:
                print(f"{name} {which}: {problem}", file=sys.stderr, flush=True)
    return 3 if wrong else 0
