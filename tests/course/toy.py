"""What the tests of the grader share: an assignment that costs nothing, and a context for it."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "course"))

from grading import Assignment, Case, Context, Failed  # noqa: E402
from grading import sandbox  # noqa: E402
from grading.grade import grade  # noqa: E402

BUILD = Path(os.environ.get("RETORT_BUILD", ROOT / "build"))


def context(student="toy"):
    return Context(root=ROOT, build=BUILD, student=student, salt=b"s" * 32)


def use_walls(kind):
    """"namespaces" where the system has them, or "limits"."""
    os.environ["RETORT_COURSE_WALLS"] = kind
    sandbox._walls = None


def assignment(seconds=6, memory_mb=200):
    """main.sh must write the sum of two numbers into sum.txt; notes.txt must name a colour."""

    def adds(box):
        a, b = box.context.rng("sum").sample(range(1000, 9999), 2)
        box.bytes_of("main.sh")
        ran = box.run(["sh", str(box.files / "main.sh"), a, b], memory_mb=memory_mb)
        if box.left_text("sum.txt").strip() != str(a + b):
            raise Failed("not the sum; " + ran.why())

    def names_a_colour(box):
        if "blue" not in box.text_of("notes.txt"):
            raise Failed("no colour")

    return Assignment("toy", "A toy", ["main.sh", "notes.txt"],
                      [Case("adds", 6, adds, seconds=seconds, memory_mb=memory_mb), Case("names a colour", 4, names_a_colour, 5)])


def run(script, seconds=6, notes="blue", **options):
    files = {"main.sh": script.encode(), "notes.txt": notes.encode()}
    return grade(context(), assignment(seconds, **options), files)
