"""The reference of assignment 1: does what the handout says, by the programs' own tables."""

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from grading.kept import kept

HERE = Path(__file__).resolve().parent
ARM = "answers_only"
THREADS = os.environ.get("RETORT_COURSE_THREADS", "1")
WORKERS = 2 if THREADS == "1" else 1


def solve(context, folder):
    of = [*HERE.parent.glob("*.py"), *HERE.glob("*.py"), HERE.parent / "starter" / "pack.py", context.build / "few_samples"]
    kept(context, f"gap-{THREADS}", folder, lambda place: make(context, place), of)


def make(context, folder):
    for place in (HERE.parent, HERE.parent / "starter"):
        if str(place) not in sys.path:
            sys.path.insert(0, str(place))
    with tempfile.TemporaryDirectory(prefix="retort-gap-") as work:
        answer(context, folder, Path(work))


def answer(context, folder, work):
    from pack import pack
    from gap_world import World

    world = World(context)
    configs = work / "configs"
    configs.mkdir()
    for group in ("task", "teacher", "prices", "card", "student", "models"):
        (configs / group).symlink_to(context.root / "configs" / group)
    (configs / "gap_curve.toml").write_text(world.config(), encoding="utf-8")
    control = f'["arms=[shuffled_pairs]", "n=[{world.control_at}]"]'
    arm = (f'defaults = ["gap_curve", "_self_"]\n\nblocks = [{control}, ["arms=[{ARM}]", "n=[{world.control_at}]"]]\n\n'
           f'[contrast]\narm = "teacher"\nagainst = "{ARM}"\nn = {world.control_at}\n')
    (configs / "gap_arm.toml").write_text(arm, encoding="utf-8")
    (folder / "gap_arm.toml").write_text(arm, encoding="utf-8")

    def run(config, out, *words):
        done = subprocess.run([context.build / "few_samples", "--config-dir=configs", f"--config-name={config}", f"output_dir=out/{out}",
                               f"workers={WORKERS}", f"threads={THREADS}", *words], cwd=work, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return work / "out" / out

    def rows(out, name):
        with open(out / name, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def lead(out, arm):
        text = (out / "table.md").read_text(encoding="utf-8").partition("| against | N |")[2].replace("\\", "").replace("−", "-")
        numbers = re.search(rf"^\| {arm} \| {world.control_at} \| \d+ \| (\S+) \[(\S+), (\S+)\] \|", text, re.M).groups()
        return dict(zip(("difference", "low", "high"), map(float, numbers)))

    def crossing(out, statistic):
        row = next(r for r in rows(out, "summary.csv") if r["arm"] == "teacher" and r["statistic"] == statistic)
        return {"estimate": row["n_text"], "low": row["n_low_text"], "high": row["n_high_text"]}

    tested, curve = run("gap_arm", "arm"), run("gap_curve", "curve")
    shorter = run("gap_curve", "shorter", "--report", f"n={world.sizes[:-1]}".replace(" ", ""))
    n50, n90 = crossing(curve, "n50"), crossing(curve, "n90")
    n, seed = world.by_hand_n, world.by_hand_seed
    score = {(r["arm"], int(r["n"])): float(r["score"]) for r in rows(curve, "cells.csv") if int(r["seed"]) == seed}
    base, top = score["base", 0], score["teacher_model", 0]
    control = lead(curve, "shuffled_pairs")
    says = "pairing" if control["low"] > 0 else "text" if max(abs(control["low"]), abs(control["high"])) <= 0.05 else "open"
    answers = {"salt_id": context.salt_id, "n50": n50, "n90": n90,
               "bounds": [f"{s}.{k}" for s, texts in (("n50", n50), ("n90", n90)) for k, text in texts.items() if text[0] in "<>"],
               "n90_with_a_shorter_grid": crossing(shorter, "n90")["estimate"],
               "closed_by_hand": round((score["teacher", n] - base) / (top - base), 4), "control": {**control, "says": says}}
    result = lead(tested, ARM)
    verdict = "supported" if result["low"] > 0 else "against" if result["high"] < 0 else "open"
    hypothesis = {"claim": "Without its steps an answer teaches less: the teacher's arm leads the bare answers at this size.",
                  "why": "The base knows the skills and not which to take where; the steps show that, a last digit hardly does.",
                  "arm": "teacher", "against": ARM, "n": world.control_at, "prediction": "teacher leads", "smallest": 0.1,
                  "result": result, "verdict": verdict}
    for name, what in (("answers.json", answers), ("hypothesis.json", hypothesis)):
        (folder / name).write_text(json.dumps(what, indent=2) + "\n", encoding="utf-8")
    (folder / "runs.json").write_text(json.dumps(pack(work / "gap_runs")), encoding="utf-8")
