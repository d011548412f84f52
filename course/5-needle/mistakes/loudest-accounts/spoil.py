from pathlib import Path


def spoil(context, folder):
    import importlib.util

    here = Path(__file__).resolve().parents[2]
    spec = importlib.util.spec_from_file_location("needle_solve", here / "reference" / "solve.py")
    solve = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(solve)
    solve.solve(context, folder, here / "starter" / "score.py")
