"""The autograder of the course: what an assignment's checks.py is written with (docs/course/README.md).

Standard library only. Everything that a student hands in is hostile until it has been read by this package: files come as
bytes through `Box`, programs run in a sandbox, and a number counts only where the grader has computed it itself.
"""

from .assignment import Assignment, Case, Context, Failed
from .box import Box
from .sandbox import Ran

__all__ = ["Assignment", "Box", "Case", "Context", "Failed", "Ran"]
