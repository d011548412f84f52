"""Grades one submission: each case in a box of its own, within its time, and never further than its points."""

import math
import re
import signal
import time
import traceback
from contextlib import contextmanager

from . import sandbox
from .assignment import Failed
from .box import Box
from .result import CaseResult, Result

OUTPUT = 4000  # characters of a case's words
SALT = re.compile(rb'[("]salt(?:": "| )([0-9a-f]{8})[)"]')  # as hand_out() of a checks.py writes it


class OutOfTime(BaseException):
    """Not an Exception: a check that catches those must not go on."""


@contextmanager
def time_limit(seconds):
    def ring(_signal, _frame):
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def grade(context, assignment, files, notes=()):
    """files: {name: bytes}. Main thread only (it uses the alarm)."""
    how, why = sandbox.walls(context)
    result = Result(assignment=assignment.name, title=assignment.title, student=context.student, salt_id=context.salt_id,
                    walls=how, notes=list(notes), by_hand=list(assignment.by_hand))
    if how != "namespaces":
        result.notes.append(f"The sandbox has no namespaces here ({why}): limits alone held this submission, and it could read "
                            "what its user can read.")
    result.notes[:0] = _of_another(context, assignment, files)
    missing = [name for name in assignment.files if name not in files]
    if missing:
        result.notes.append("Missing: " + ", ".join(missing))
    starter = context.root / "course" / assignment.name / "starter"
    unchanged = [name for name in assignment.files if name in files and _is(starter / name, files[name])]
    if unchanged:
        result.notes.append(f"The starter, unchanged: {', '.join(unchanged)}. If yours lies elsewhere, in the tree, copy it into this "
                            "folder.")
    started, kept, shown = time.monotonic(), {}, []
    for case in assignment.cases:
        result.cases.append(_case(context, case, files, kept, shown, result.notes))
    result.seconds = time.monotonic() - started
    return result


def _of_another(context, assignment, files):
    """A note for each file of the hand-out that was made for another ID, or with another secret."""
    notes = []
    for name in assignment.handed_out:
        found = SALT.search(files.get(name, b"")[:100000])
        if found and found[1].decode() != context.salt_id:
            notes.append(f"{name} here is of salt {found[1].decode()}, the one of ID `{context.student}` has "
                         f"{context.salt_id}: is the ID right, the folder this student's, and the secret the course's?")
    return notes


def _is(path, data):
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def _case(context, case, files, kept, shown, notes):
    """`shown`: the Failed that cases before this one have told."""
    started = time.monotonic()
    deadline = started + case.seconds
    box = Box(context, files, case, kept, lambda: max(0.1, deadline - time.monotonic()), notes)
    share, output, status, hint = 0.0, "", None, case.hint
    try:
        with time_limit(case.seconds + 10):
            share = case.check(box)
        share = 1.0 if share is None else float(share)
        if not math.isfinite(share):
            raise ValueError(f"a share of {share}")
        output = "" if share >= 1 else f"{100 * share:.0f} % of it"
    except Failed as failed:
        share, output, hint = failed.share, str(failed), case.hint if failed.hint is None else failed.hint
        if any(failed is one for one in shown):
            output, hint = f"not tried: {failed.later} (see above)", ""
        shown.append(failed)
    except OutOfTime:
        output = f"The time of this case, {case.seconds:g} s, was over."
    except Exception:  # whatever it is, the other cases are graded
        status, hint = "error", ""
        output = "The grader failed, which says nothing of your work:\n" + traceback.format_exc()[-OUTPUT:]
    finally:
        box.close()
    share = min(1.0, max(0.0, share))
    status = status or ("passed" if share >= 1 else "partly" if share > 0 else "failed")
    return CaseResult(name=case.name, points=case.points, score=case.points * share, status=status,
                      output=output[:OUTPUT], hint=hint, seconds=time.monotonic() - started)
