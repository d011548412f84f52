"""python3 course/grading: what scripts/grade starts."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from grading.command import main  # noqa: E402

try:
    status = main()
    sys.stdout.flush()
except BrokenPipeError:  # who reads has seen enough
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    status = 0
sys.exit(status)
