"""python3 course/grading: what scripts/grade starts."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from grading.command import main  # noqa: E402

sys.exit(main())
