"""Grades one submission: each case in a box of its own, within its time, and never further than its points."""

import math
import signal
import time
import traceback
from contextlib import contextmanager

from . import sandbox
from .assignment import Failed
from .box import Box
from .result import CaseResult, Result

OUTPUT = 4000  # characters of a case's words


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
    missing = [name for name in assignment.files if name not in files]
    if missing:
        result.notes.append("Missing: " + ", ".join(missing))
    started, kept = time.monotonic(), {}
    for case in assignment.cases:
        result.cases.append(_case(context, case, files, kept, result.notes))
    result.seconds = time.monotonic() - started
    return result


def _case(context, case, files, kept, notes):
    started = time.monotonic()
    deadline = started + case.seconds
    box = Box(context, files, case, kept, lambda: max(0.1, deadline - time.monotonic()), notes)
    share, output, status = 0.0, "", None
    try:
        with time_limit(case.seconds + 10):
            share = case.check(box)
        share = 1.0 if share is None else float(share)
        if not math.isfinite(share):
            raise ValueError(f"a share of {share}")
        output = "" if share >= 1 else f"{100 * share:.0f} % of it"
    except Failed as failed:
        share, output = failed.share, str(failed)
    except OutOfTime:
        output = f"The time of this case, {case.seconds:g} s, was over."
    except Exception:  # whatever it is, the other cases are graded
        status, output = "error", "The grader failed, which says nothing of your work:\n" + traceback.format_exc()[-OUTPUT:]
    finally:
        box.close()
    share = min(1.0, max(0.0, share))
    status = status or ("passed" if share >= 1 else "partly" if share > 0 else "failed")
    return CaseResult(name=case.name, points=case.points, score=case.points * share, status=status,
                      output=output[:OUTPUT], hint=case.hint, seconds=time.monotonic() - started)
