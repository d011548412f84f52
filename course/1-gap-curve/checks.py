"""Assignment 1: a gap curve, read and questioned. Every number is made again from the runs that were handed in, by our own
programs; the answers in them are graded anew by gap_world.py; and some runs, which the salt chooses, are computed again.

Tolerances: the same cell gave the same 200 answers with 1 and 2 threads, with vector units switched off and with the
plain numerics (docs/course/1-gap-curve.md), so a score may differ by .05 and one answer in ten."""

import csv
import io
import json
import os
import re

import gap_evidence as evidence
from grading import Assignment, Case, Failed
from gap_world import K_SHOT_MOST, NEW_ARMS, SHORT, World, is_right

STARTER_MOST = 0
RERUN = int(os.environ.get("RETORT_COURSE_RERUN", "2" if SHORT else "6"))
SCORE_OFF, ANSWERS_SAME = 0.05, 0.9
GROUPS = ("task/folds.toml", "teacher/folds.toml", "prices/free.toml", "card/unknown.toml", "student/folds.toml")
MAY_CHANGE = ("student.trainer.max_steps", "student.trainer.learning_rate")


def assignment(context):
    world = World(context)

    def case(name, points, check, hint, seconds=60):
        return Case(name=name, points=points, check=lambda box: check(box, world), seconds=seconds, memory_mb=4000, hint=hint)

    cases = [
        case("the runs are there, whole, and yours", 10, runs_are_whole, "pack.py; did the curve run to its end?"),
        case("runs computed again give the same scores", 14, runs_are_real, "hand in what the program wrote, unchanged", 150),
        case("N50 with its interval", 6, crossing("n50"), "the table 'samples that close half and nine tenths'"),
        case("N90 with its interval", 6, crossing("n90"), "the table 'samples that close half and nine tenths'"),
        case("which of the six numbers are bounds", 6, bounds, "docs/reading-the-tables.md: <= and >"),
        case("N90, had the grid ended one size earlier", 6, shorter_grid, "--report with n=[...]: nothing is extrapolated"),
        case(f"gap closed at N = {world.by_hand_n}, seed {world.by_hand_seed}, by hand", 6, by_hand,
             "cells.csv: (S_N - S_0) / (S_T - S_0) of that seed"),
        case("what the control says", 6, control, "the table 'arm teacher against the others at equal N'"),
        case("the new arm's config declares one contrast, and changes nothing else", 8, arm_is_declared, "docs/configuration.md"),
        case("the contrast's difference and interval", 8, contrast, "the same table, on the page of gap_arm"),
        case("the verdict follows from the interval", 4, verdict, "the three rules in the handout"),
    ]
    return Assignment(name="1-gap-curve", title="Assignment 1: a gap curve", cases=cases,
                      files=["answers.json", "hypothesis.json", "gap_arm.toml", "runs.json"], handed_out=["yours.md"],
                      by_hand=[("the hypothesis: a reason, made before the run, that this arm can speak against", 12),
                               ("what the result does not show: seeds, sizes, this small world", 8)])


def hand_out(context, folder):
    world = World(context)
    (folder / "gap_curve.toml").write_text(world.config(), encoding="utf-8")
    (folder / "yours.md").write_text(f"""# Your world of assignment 1 (salt {world.salt_id})

- The rule is `{world.rule}`; the sizes are {', '.join(map(str, world.sizes))}; {world.seeds} seeds.
- The control `shuffled_pairs` runs at N = {world.control_at}.
- `closed_by_hand` asks for N = {world.by_hand_n} and seed {world.by_hand_seed}.
- `n90_with_a_shorter_grid` asks for the grid {world.sizes[:-1]}.
- `salt_id` in answers.json is "{world.salt_id}".
""", encoding="utf-8")
    answers = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    answers["salt_id"] = world.salt_id
    (folder / "answers.json").write_text(json.dumps(answers, indent=2) + "\n", encoding="utf-8")


# --- our programs on the student's files


def prepare(box, world, arm_toml=None, folder="configs"):
    """A folder of configs in the scratch, as configs/ of the repository is."""
    source = box.context.root / "configs"
    for name in GROUPS:
        box.put(f"{folder}/{name}", (source / name).read_bytes())
    (box.scratch / folder / "models").symlink_to(source / "models")
    box.put(f"{folder}/gap_curve.toml", world.config())
    if arm_toml is not None:
        box.put(f"{folder}/gap_arm.toml", arm_toml)


def few_samples(box, config, *words, seconds=None):
    ran = box.run([box.context.build / "few_samples", "--config-dir=configs", f"--config-name={config}", "output_dir=out",
                   "workers=2", "threads=1", *words], seconds=seconds, out_limit=1 << 20)
    if ran.rc != 0:
        raise Failed(f"build/few_samples does not read your files: {ran.why()}")


def tables(box):
    def rows(name):
        return list(csv.DictReader(io.StringIO(box.left_text("out/" + name))))

    return {"cells": rows("cells.csv"), "summary": rows("summary.csv"), "leads": leads(box.left_text("out/table.md"))}


def leads(text):
    """{(arm, n): (difference, low, high)} of the table of the primary arm against the others, to two decimals."""
    table = text.partition("| against | N |")[2].partition("\n\n")[0]
    plain = re.sub(r"\\([\[\]_])", r"\1", table).replace("−", "-")
    found = {}
    for arm, n, *numbers in re.findall(r"^\| (\w+) \| (\d+) \| \d+ \| ([+-]?\d+\.\d+) \[([+-]?\d+\.\d+), ([+-]?\d+\.\d+)\] \|", plain, re.M):
        found[arm, int(n)] = tuple(map(float, numbers))
    return found


def did_not_end(box, missing):
    """What to do about cells (arm, n, seed) that are missing."""
    broken = [run for run in evidence.unended(box) if (run.arm, run.n, run.seed) in {tuple(map(str, cell)) for cell in missing}]
    if not broken:
        return "The same few_samples command makes what is missing; then pack.py again."
    return f"It did not end: {broken[0].name}. The same few_samples command tries it again; then pack.py again."


def report(box, world, config, *words):
    prepare(box, world, None if config == "gap_curve" else box.bytes_of("gap_arm.toml"))
    evidence.write(evidence.files_of(box), box)
    few_samples(box, config, "--report", *words)
    return tables(box)


def curve(box, world):
    """The tables of the curve, and of the new arm where its config stands: one report."""

    def make():
        found = report(box, world, config_of(box, world))
        there = {(row["arm"], int(row["n"]), int(row["seed"])) for row in found["cells"]}
        missing = [cell for cell in world.cells() if cell not in there]
        if missing:
            raise Failed(f"{len(missing)} of {len(world.cells())} cells of your curve are not in runs.json, the first: "
                         f"{missing[0][0]}, N = {missing[0][1]}, seed {missing[0][2]}. {did_not_end(box, missing)}")
        return found

    return box.once("curve", make)


# --- the runs


def whole(box, world):
    def make():
        files = evidence.files_of(box)
        runs = evidence.runs_of(files)
        ours = {row["run"] for row in curve(box, world)["cells"]}
        for name, run in runs.items():
            problem = run.wrong(world.rule, world.held_out, is_right)
            if problem:
                raise Failed(f"run {name[:12]} ({run.arm}, N = {run.n}, seed {run.seed}): {problem}")
        if not ours <= runs.keys():
            raise Failed("a cell of the curve has no run")
        return runs

    return box.once("whole", make)


def runs_are_whole(box, world):
    """A run that did not end costs nothing but what is read off it: `curve` and `lead` miss it where they need it."""
    broken = evidence.unended(box)
    if broken:
        kinds = sorted({f"{run.arm}, N = {run.n}" for run in broken})
        box.note(f"Runs that did not end are passed over: {len(broken)} ({'; '.join(kinds[:6])}). pack.py leaves them out.")
    whole(box, world)


def real(box, world):
    """The teacher is asked again for all that was learnt from, and some cells are computed again. A cell whose rows come out
    as other ones is another cell, and is computed again, too."""

    def make():
        runs = whole(box, world)
        config = config_of(box, world)
        rng = box.context.rng("rerun")
        curve_runs = sorted(name for name, run in runs.items() if run.arm == "teacher")
        others = sorted(name for name, run in runs.items() if run.arm != "teacher" and run.n > 0)
        of_curve = min(len(curve_runs), RERUN - RERUN // 3)  # most of what is read off is read off the curve
        chosen = set(rng.sample(curve_runs, of_curve) + rng.sample(others, min(len(others), RERUN - of_curve)))
        prepare(box, world, box.bytes_of("gap_arm.toml") if config == "gap_arm" else None)
        evidence.write(evidence.files_of(box), box, leave_out=lambda name: name.split("/")[0] in chosen | {"collections"})
        few_samples(box, config, seconds=140)
        made = {(row["arm"], row["n"], row["seed"]): row["run"] for row in tables(box)["cells"]}
        for name, run in sorted(runs.items()):
            now = made.get((run.arm, str(run.n), str(run.seed)))
            if now is None or (now == name and name not in chosen):
                continue  # of an arm that neither config has: nothing is read off it; or found as it was handed in
            items = [json.loads(line) for line in box.left_text(f"gap_runs/{now}/items.jsonl").splitlines()]
            score = sum(item["score"] for item in items) / len(items)
            same = sum(run.answers.get(item["id"]) == item["answer"] for item in items) / len(items)
            if abs(score - run.score) > SCORE_OFF or same < ANSWERS_SAME:
                raise Failed(f"{run.arm}, N = {run.n}, seed {run.seed}: you hand in a score of {run.score:.3f}; computed again it "
                             f"is {score:.3f}, with {100 * same:.0f} % of the same answers")
        return runs

    return box.once("real", make)


def runs_are_real(box, world):
    real(box, world)


def trusted(box, world):
    """The curve's tables, where its runs are real: numbers read off invented runs earn nothing."""
    try:
        real(box, world)
    except Failed:
        raise Failed("not read: the runs do not stand (the first two cases)", hint="") from None
    return curve(box, world)


# --- the curve, read


def answers_of(box, world):
    answers = box.json_of("answers.json")
    if not isinstance(answers, dict):
        raise Failed("answers.json is no object")
    if answers.get("salt_id") != world.salt_id:
        raise Failed(f"salt_id is {str(answers.get('salt_id'))[:20]!r}, yours is {world.salt_id}")
    return answers


def part(answers, name):
    value = answers.get(name)
    if not isinstance(value, dict):
        raise Failed(f"answers.json: {name} is no object")
    return value


def bound_of(text):
    """("<=" | ">" | "", number) of "<= 4", "> 64", "6.65", 6.65."""
    found = re.match(r"\s*(<=|>=|<|>|≤)?\s*([0-9]+(?:\.[0-9]+)?)\s*\Z", str(text))
    if not found:
        raise Failed(f"{str(text)[:40]!r} is neither a number nor a bound such as \"> 64\"")
    return (found.group(1) or "").replace("≤", "<="), float(found.group(2))


def same_bound(said, true):
    (sign, value), (true_sign, true_value) = bound_of(said), bound_of(true)
    return sign == true_sign and abs(value - true_value) <= 0.011 * abs(true_value)


def crossing_texts(found, statistic):
    row = next((r for r in found["summary"] if r["arm"] == "teacher" and r["statistic"] == statistic), None)
    if row is None or not row["n_text"]:
        raise Failed(f"your runs have no {statistic.upper()}")
    return {"estimate": row["n_text"], "low": row["n_low_text"], "high": row["n_high_text"]}


def crossing(statistic):
    def check(box, world):
        true, said = crossing_texts(trusted(box, world), statistic), part(answers_of(box, world), statistic)
        right = [name for name in true if same_bound(said.get(name), true[name])]
        wrong = [name for name in true if name not in right]
        if wrong:
            raise Failed(f"{', '.join(wrong)}: not what your runs give", share=len(right) / 3 if "estimate" in right else 0)

    return check


def bounds(box, world):
    found = trusted(box, world)
    true = {f"{statistic}.{name}" for statistic in ("n50", "n90") for name, text in crossing_texts(found, statistic).items()
            if bound_of(text)[0]}
    said = answers_of(box, world).get("bounds")
    if not isinstance(said, list) or not all(isinstance(name, str) for name in said):
        raise Failed("bounds is a list of names such as \"n90.high\"")
    if set(said) != true:
        raise Failed(f"{len(set(said) ^ true)} of the six are told wrongly")


def shorter_grid(box, world):
    trusted(box, world)
    found = box.once("shorter", lambda: report(box, world, "gap_curve", f"n={json.dumps(world.sizes[:-1])}"))
    true, said = crossing_texts(found, "n90")["estimate"], answers_of(box, world).get("n90_with_a_shorter_grid")
    if not same_bound(said, true):
        raise Failed(f"{str(said)[:40]!r} is not it")


def by_hand(box, world):
    score = {(r["arm"], int(r["n"])): float(r["score"]) for r in trusted(box, world)["cells"] if int(r["seed"]) == world.by_hand_seed}
    base, teacher, student = score["base", 0], score["teacher_model", 0], score["teacher", world.by_hand_n]
    said = answers_of(box, world).get("closed_by_hand")
    if not evidence.number(said):
        raise Failed("closed_by_hand is a number: 0.62 for 62 %")
    if teacher == base or abs(said - (student - base) / (teacher - base)) > 0.006:
        raise Failed(f"{said} is not what cells.csv gives for that seed")


def close(said, true, names=("difference", "low", "high")):
    wrong = [name for name, value in zip(names, true) if not evidence.number(said.get(name)) or abs(said[name] - value) > 0.0101]
    if wrong:
        raise Failed(f"{', '.join(wrong)}: not what your runs give")


def control(box, world):
    true = trusted(box, world)["leads"].get(("shuffled_pairs", world.control_at))
    if true is None:
        raise Failed("your runs have no comparison with shuffled_pairs")
    said = part(answers_of(box, world), "control")
    close(said, true)
    means = "pairing" if true[1] > 0 else "text" if max(abs(true[1]), abs(true[2])) <= 0.05 else "open"
    if said.get("says") != means:
        raise Failed(f"says: not {str(said.get('says'))[:20]!r}, by this interval", share=0.5)


# --- the new arm


def composed(box, name):
    ran = box.run([box.context.build / "compose", "--config-dir=declared", f"--config-name={name}"], seconds=20, out_limit=1 << 20)
    if ran.rc != 0:
        raise Failed(f"gap_arm.toml does not compose: {ran.why()}")
    return json.loads(ran.out)


def config_of(box, world):
    try:
        arm_config(box, world)
        return "gap_arm"
    except Failed:
        return "gap_curve"


def words_of(block):
    if not isinstance(block, list) or not all(isinstance(word, str) and "=" in word for word in block):
        raise Failed("a block is a list of words such as \"n=[16]\"")
    return dict(word.replace(" ", "").split("=", 1) for word in block)


def arm_config(box, world):
    """(arm, n) that gap_arm.toml declares."""

    def make():
        prepare(box, world, box.bytes_of("gap_arm.toml"), "declared")
        mine, theirs = composed(box, "gap_curve"), composed(box, "gap_arm")
        for key in sorted((mine.keys() | theirs.keys()) - {"blocks", "contrast"}):
            if mine.get(key) != theirs.get(key):
                raise Failed(f"{key} is not the curve's: an arm that differs in more than its block compares nothing")
        blocks = theirs.get("blocks")
        if not isinstance(blocks, list) or len(blocks) != 2 or words_of(blocks[0]) != words_of(mine["blocks"][0]):
            raise Failed("blocks: the curve's control first, then one of yours")
        words = words_of(blocks[1])
        arm, n = words.pop("arms", ""), words.pop("n", "")
        others = [key for key in words if key not in MAY_CHANGE]
        if others:
            raise Failed(f"{others[0]} may not stand in the block")
        arm = arm.strip("[]\"'")
        if arm not in NEW_ARMS or n.strip("[]") not in map(str, world.sizes):
            raise Failed(f"the block is one new arm ({', '.join(NEW_ARMS)}) at one size of the curve")
        if arm == "k_shot" and int(n.strip("[]")) > K_SHOT_MOST:
            raise Failed(f"k_shot needs an N of {K_SHOT_MOST} or less: the student reads 256 tokens. Take another arm or size; "
                         "runs that did not end need not be removed")
        said = theirs.get("contrast", {})
        declared = {"arm": "teacher", "against": arm, "n": int(n.strip("[]"))}
        if {key: said.get(key) for key in declared} != declared or said.get("task", world.rule) != world.rule:
            raise Failed(f"the declared contrast is not teacher against {arm} at N = {n.strip('[]')}")
        return arm, int(n.strip("[]"))

    return box.once("arm", make)


def arm_is_declared(box, world):
    arm_config(box, world)


def hypothesis_of(box, world):
    arm, n = arm_config(box, world)
    said = box.json_of("hypothesis.json")
    if not isinstance(said, dict):
        raise Failed("hypothesis.json is no object")
    if (said.get("arm"), said.get("against"), said.get("n")) != ("teacher", arm, n):
        raise Failed("hypothesis.json is about another contrast than gap_arm.toml declares")
    if len(str(said.get("claim", "")).split()) < 5:
        raise Failed("claim: say in a sentence what you expect")
    return said


def lead(box, world):
    arm, n = arm_config(box, world)
    found = trusted(box, world)
    if (arm, n) not in found["leads"]:
        raise Failed(f"runs.json holds no comparison of teacher with {arm} at N = {n}. "
                     + did_not_end(box, [(arm, n, seed) for seed in range(world.seeds)]))
    there = {int(row["seed"]) for row in found["cells"] if row["arm"] == arm and row["n"] == str(n)}
    missing = [(arm, n, seed) for seed in range(world.seeds) if seed not in there]
    if missing:
        raise Failed(f"seeds of {arm} are missing: the comparison is of all {world.seeds}. {did_not_end(box, missing)}")
    return found["leads"][arm, n]


def contrast(box, world):
    said = hypothesis_of(box, world)
    true = lead(box, world)
    close(part(said, "result"), true)


def verdict(box, world):
    said = hypothesis_of(box, world)
    _, low, high = lead(box, world)
    smallest, prediction = said.get("smallest"), said.get("prediction")
    if not evidence.number(smallest) or smallest <= 0:
        raise Failed("smallest: the smallest difference in score that would matter to you, above 0")
    if prediction == "no difference that matters":
        follows = ("supported" if -smallest <= low and high <= smallest else
                   "against" if low > smallest or high < -smallest else "open")
    elif prediction in ("teacher leads", "teacher lags"):
        ends = (low, high) if prediction == "teacher leads" else (-high, -low)
        follows = "supported" if ends[0] > 0 else "against" if ends[1] < 0 else "open"
    else:
        raise Failed("prediction: \"teacher leads\", \"teacher lags\" or \"no difference that matters\"")
    if said.get("verdict") != follows:
        raise Failed(f"{str(said.get('verdict'))[:20]!r} does not follow from {low:+.2f} to {high:+.2f}")
