import importlib.util
import os
from pathlib import Path


def spoil(context, folder):
    here = Path(__file__).resolve()
    os.environ["RETORT_DETECT"] = str(context.build / "detect")
    spec = importlib.util.spec_from_file_location("needle_solve", here.parents[2] / "reference" / "solve.py")
    solve = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(solve)
    solve.solve(context, folder, here.parent / "score.py")
