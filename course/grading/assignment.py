"""The nouns of a checks.py: an assignment is a list of cases, each worth points; a check returns a share in [0, 1]."""

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable


class Failed(Exception):
    """A check's no, in words for the student. Anything else that a check raises is an error of the grader, not a zero.
    `share`: what was earned all the same. `hint`: in the place of the case's own; "" where no hint fits. `later`: why, for the
    cases that fail by the same (`Box.once`)."""

    def __init__(self, why, share=0.0, hint=None, later=""):
        super().__init__(why)
        self.share, self.hint, self.later = share, hint, later or why


@dataclass(frozen=True)
class Case:
    name: str
    points: float
    check: Callable  # check(box) -> share in [0, 1] (None: 1), or raises Failed
    seconds: float = 60  # of the whole check, with all that it runs
    memory_mb: int = 2000  # of all processes that one box.run starts, in sum
    hint: str = ""  # what to look at when it fails


@dataclass(frozen=True)
class Assignment:
    name: str  # the folder in course/: "3-topk-tail"
    title: str
    files: list  # names that a submission must hold; a missing one is said, its cases run without it
    cases: list = field(default_factory=list)
    optional: list = field(default_factory=list)  # names that it may hold; all else is ignored
    handed_out: list = field(default_factory=list)  # names of the student's own material that tell its salt: read if there
    by_hand: list = field(default_factory=list)  # (what a person grades, points): shown, never given by the machine

    @property
    def names(self):
        """All that is read of a submission."""
        return self.files + self.optional + self.handed_out


@dataclass(frozen=True)
class Context:
    """What checks.py is called with. All chance of an assignment comes from `rng`, so that a student's grade can be
    repeated."""

    root: Path  # of the repository
    build: Path  # folder of the binaries
    student: str
    salt: bytes

    def rng(self, name):
        """Named streams: what one draws changes no other."""
        return random.Random(self.salt + b"/" + name.encode())

    @property
    def salt_id(self):
        """What may be shown of the salt: it stands in what a student is handed out."""
        from .salt import shown

        return shown(self.salt)
