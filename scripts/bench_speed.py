"""scripts/bench speed: training and decoding beside Transformers and TRL, in turn in one run."""

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = "build/speed_bench"
PEERS = Path("benchmarks/peers")
SMOLLM2 = "models/SmolLM2-135M-Instruct"
RUNS = 5
CHARACTERS = "0123456789+-*=() ,.?:QASTabcdefghijklmnopqrstuvwxyz\n"
CELL_SHAPE = "64 192 4 2"  # D F HEADS LAYERS; 56 ids
SMALL = "64 192 4 2 56"    # and VOCAB
MIDDLE = "128 384 4 4 64"
SMOLLM2_PRODUCTS = "576 1536 9 3 64 30 49152"


def has(*packages):
    try:
        return all(importlib.metadata.version(package) for package in packages)
    except importlib.metadata.PackageNotFoundError:
        return False


HAS_HF = has("torch", "transformers")
HAS_TRL = HAS_HF and has("trl", "datasets")


def environment(threads):
    return os.environ | {"OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


def run(command, threads):
    """The figures of the last line that a program prints, and its wall time as `wall`."""
    began = time.monotonic()
    done = subprocess.run(command, env=environment(threads), capture_output=True, text=True)
    wall = time.monotonic() - began
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nfailed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1]) | {"wall": wall}


def ours(use, threads, words):
    return lambda: run([PROGRAM, use, str(threads), *words.split()], threads)


def hf(use, threads, words):
    command = [sys.executable, PEERS / "hf.py", use, str(threads), *words.split()]
    return (lambda: run(command, threads)) if HAS_HF else None


def in_turn(**programs):
    """Each program once, then each again, RUNS times: {name: [figures of each run]}; None: its peer is not there."""
    results = {name: [] for name, program in programs.items() if program}
    for _ in range(RUNS):
        for name in results:
            results[name].append(programs[name]())
    return results


class Table:
    """One line a comparison. What is `better` is "more" or "less"; a target of times or of a share."""

    def __init__(self):
        print("| row | peer | Retort: min, median, max | peer: min, median, max | ratio | peak MB, Retort / peer "
              "| at least | aim |\n| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")

    @staticmethod
    def _spread(values, unit):
        digits = 0 if min(values) >= 1000 else 1 if min(values) >= 20 else 2
        spread = (min(values), statistics.median(values), max(values))
        return (", ".join(f"{v:,.{digits}f}" for v in spread) + f" {unit}").strip()

    @staticmethod
    def _peaks(results):
        peaks = [statistics.median(r["peak_mb"] for r in runs) for runs in results if runs and "peak_mb" in runs[0]]
        return " / ".join(f"{peak:,.0f}" for peak in peaks)

    @staticmethod
    def _line(*cells):
        print("| " + " | ".join(cells) + " |", flush=True)

    def compare(self, row, peer, mine, theirs, key, unit, least="", aim="", less=False):
        a = [r[key] for r in mine]
        if theirs is None:
            self._line(row, f"{peer}: not installed", self._spread(a, unit), "", "", self._peaks([mine]), least, aim)
            return
        b = [r[key] for r in theirs]
        ratio = statistics.median(a) / statistics.median(b)
        self._line(row, peer, self._spread(a, unit), self._spread(b, unit), f"{1 / ratio if less else ratio:.2f}",
                   self._peaks([mine, theirs]), least, aim)

    def share(self, row, of, values, limits, unit, least, aim):
        """`values`: shares of a limit, run by run; `limits`: the limit itself."""
        self._line(row, of, self._spread([100 * v for v in values], "%"), self._spread(limits, unit),
                   f"{statistics.median(values):.2f}", "", least, aim)

    def plain(self, row, values, unit, least="", aim=""):
        self._line(row, "", self._spread(values, unit), "", "", "", least, aim)


def cell_files(folder):
    """What a cell reads: 64 samples, 200 questions, and a random checkpoint to begin from."""
    chance = random.Random(7)

    def sample():
        digits = [chance.randrange(10) for _ in range(chance.randint(4, 8))]
        total, steps = digits[0], []
        for digit in digits[1:]:
            following = (total + digit) % 10
            steps.append(f"{total}{digit}{following}")
            total = following
        return {"prompt": f"add {''.join(map(str, digits))}?", "completion": f"{' '.join(steps)} A{total}"}

    folder = Path(folder)
    (folder / "samples.jsonl").write_text("".join(json.dumps(sample()) + "\n" for _ in range(64)))
    (folder / "questions.txt").write_text("".join(sample()["prompt"] + "\n" for _ in range(200)))
    run([PROGRAM, "make-cell", folder / "base", CHARACTERS, *CELL_SHAPE.split()], 1)


def our_cell(folder, steps=400):
    return [PROGRAM, "cell", "1", f"{folder}/base", f"{folder}/samples.jsonl", f"{folder}/questions.txt", str(steps)]


def trl_cell(folder, steps=400):
    return [sys.executable, PEERS / "trl_cell.py", "1", f"{folder}/samples.jsonl", f"{folder}/questions.txt",
            str(steps), CHARACTERS, *CELL_SHAPE.split()]


def cell(table):
    with tempfile.TemporaryDirectory() as folder:
        cell_files(folder)
        results = in_turn(mine=lambda: run(our_cell(folder), 1), trl=HAS_TRL and (lambda: run(trl_cell(folder), 1)))
    for key, name, unit, less, least, aim in (
            ("wall", "cell: whole process", "s", True, "3", "4.5"),
            ("steps_per_second", "cell: training", "steps/s", False, "", ""),
            ("generate_seconds", "cell: 200 answers", "s", True, "", ""),
            ("answer_tokens", "cell: tokens of the answers", "", False, "", "")):
        table.compare(name, "TRL", results["mine"], results.get("trl"), key, unit, least, aim, less)


def start(table):
    with tempfile.TemporaryDirectory() as folder:
        cell_files(folder)
        results = in_turn(mine=lambda: run(our_cell(folder, 1), 1),
                          trl=HAS_TRL and (lambda: run(trl_cell(folder, 1), 1)),
                          nothing=lambda: run([PROGRAM, "nothing"], 1))
    table.compare("start: process start to the end of the first step", "TRL", results["mine"], results.get("trl"),
                  "first_step_seconds_after_process_start", "s", "0.6 s", "0.4 s", less=True)
    table.plain("start: loading LibTorch alone, whole process", [r["wall"] for r in results["nothing"]], "s")


def two_cells(table):
    def both(command):
        began = time.monotonic()
        running = [subprocess.Popen(command, env=environment(1), stdout=subprocess.DEVNULL) for _ in range(2)]
        if any([process.wait() for process in running]):
            sys.exit("a cell failed")
        return {"wall": time.monotonic() - began}

    with tempfile.TemporaryDirectory() as folder:
        cell_files(folder)
        results = in_turn(one=lambda: run(our_cell(folder), 1), two=lambda: both(our_cell(folder)))
    one, two = ([r["wall"] for r in results[name]] for name in ("one", "two"))
    speedups = [2 * a / b for a, b in zip(one, two)]
    table.plain("two-cells: one alone", one, "s")
    table.plain("two-cells: two side by side", two, "s")
    table.plain("two-cells: cells a second against one alone", speedups, "times", least="1.8", aim="1.95")


def train_row(table, name, shape, steps, eager_targets):
    d, f, heads, layers, vocab = map(int, shape.split())
    words = f"{shape} 32 48 {steps}"
    results = in_turn(mine=ours("train", 1, words), eager=hf("train", 1, words),
                      compiled=hf("train", 1, words + " compile"),
                      gemm=ours("gemm", 1, f"{d} {f} {heads} {heads} {d // heads} {layers} {vocab} 1536 1536"))
    table.compare(name, "Transformers, eager", results["mine"], results.get("eager"), "tokens_per_second", "tokens/s",
                  *eager_targets)
    table.compare(name, "Transformers, torch.compile", results["mine"], results.get("compiled"), "tokens_per_second",
                  "tokens/s", "1.1", "1.5")
    share_of_products(table, name, results, "65 %", "80 %")


def share_of_products(table, name, results, least="", aim=""):
    """How much of a step would be left if it were nothing but its matrix products."""
    table.share(f"{name}: share of the matrix products' rate", "products alone",
                [g["seconds_per_step"] / m["seconds_per_step"] for g, m in zip(results["gemm"], results["mine"])],
                [g["gflops"] for g in results["gemm"]], "GFLOP/s", least, aim)


def train_115k(table):
    train_row(table, "train-115k", SMALL, 60, ("", ""))


def train_870k(table):
    train_row(table, "train-870k", MIDDLE, 15, ("1.3", "1.7"))


def objectives(table):
    """Each objective beside sft, on the same batch and of the same student; the teacher's logits are kept."""
    names = ("fkl", "rkl", "jsd", "skew_fkl", "skew_rkl", "topk")
    results = in_turn(sft=ours("train", 1, f"{SMALL} 32 48 60"),
                      **{name: ours("train-objective", 1, f"{SMALL} {name} 32 48 60") for name in names})
    for name in names:
        table.compare(f"objectives: {name}", "sft", results[name], results["sft"], "tokens_per_second", "tokens/s")


def train_135m(table):
    words = f"{SMOLLM2} 4 256 2"
    results = in_turn(mine=ours("train-checkpoint", 2, words), eager=hf("train-checkpoint", 2, words),
                      gemm=ours("gemm", 2, f"{SMOLLM2_PRODUCTS} 1024 1024"))
    table.compare("train-135m", "Transformers, eager", results["mine"], results.get("eager"), "tokens_per_second",
                  "tokens/s", "1.25", "1.5")
    table.compare("train-135m: peak memory", "Transformers, eager", results["mine"], results.get("eager"), "peak_mb",
                  "MB", "1.43 (1 / 0.7)", "", less=True)
    share_of_products(table, "train-135m", results)


def train_135m_rows(table):
    words = f"{SMOLLM2} 4 4"
    results = in_turn(mine=ours("train-rows", 2, words), eager=hf("train-rows", 2, words))
    table.compare("train-135m-rows: unlike lengths, answers supervised", "Transformers, eager", results["mine"],
                  results.get("eager"), "tokens_per_second", "tokens/s", "1.25", "1.5")


def decode_870k(table):
    words = f"{MIDDLE} 64 16 64"
    results = in_turn(mine=ours("decode", 1, words), theirs=hf("decode", 1, words))
    table.compare("decode-870k", "generate()", results["mine"], results.get("theirs"), "tokens_per_second", "tokens/s",
                  "3", "6")


def decode_135m_b1(table, folder=SMOLLM2, name="decode-135m-b1"):
    words = f"{folder} 1 64 32"
    weights = ours("decode-checkpoint", 2, f"{folder} 1 1 2")()["weight_bytes"]
    results = in_turn(mine=ours("decode-checkpoint", 2, words), theirs=hf("decode-checkpoint", 2, words),
                      memory=ours("bandwidth", 2, str(round(weights / 1e6))))
    table.compare(name, "generate(), float32", results["mine"], results.get("theirs"), "tokens_per_second", "tokens/s")
    limits = [r["gigabytes_per_second"] for r in results["memory"]]
    for key, what, targets in (
            ("tokens_per_second_after_prompt", "tokens after the prompt", ("75 %", "90 %")),
            ("tokens_per_second", "prompt included", ("", ""))):
        # A share of the best pass of all runs: what the memory gave once it can give.
        table.share(f"{name}: share of the memory's rate, {what}", "reading the weights alone",
                    [r[key] * weights / 1e9 / max(limits) for r in results["mine"]], limits, "GB/s", *targets)


def decode_135m_b1_bf16(table):
    with tempfile.TemporaryDirectory() as folder:
        run([PROGRAM, "to-bfloat16", SMOLLM2, folder], 2)
        decode_135m_b1(table, folder, "decode-135m-b1-bf16")


def decode_135m_b16(table):
    words = f"{SMOLLM2} 16 64 32"
    results = in_turn(mine=ours("decode-checkpoint", 2, words), theirs=hf("decode-checkpoint", 2, words))
    table.compare("decode-135m-b16", "generate()", results["mine"], results.get("theirs"), "tokens_per_second",
                  "tokens/s", "3", "5")


ROWS = {"cell": cell, "start": start, "two-cells": two_cells, "train-115k": train_115k, "train-870k": train_870k,
        "objectives": objectives, "train-135m": train_135m, "train-135m-rows": train_135m_rows, "decode-870k": decode_870k, "decode-135m-b1": decode_135m_b1,
        "decode-135m-b1-bf16": decode_135m_b1_bf16, "decode-135m-b16": decode_135m_b16}


def processor_seconds():
    """So far: used by all processes, taken by the host for others, used by what this one started, of all cores."""
    with open("/proc/stat") as file:
        user, nice, system, idle, wait, irq, softirq, steal = (int(word) for word in file.readline().split()[1:9])
    tick = os.sysconf("SC_CLK_TCK")
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = (user + nice + system + irq + softirq) / tick
    return used, steal / tick, children.ru_utime + children.ru_stime, used + (idle + wait + steal) / tick


def print_disturbance(before):
    """A table that was made beside other work is known by this line."""
    used, stolen, own, whole = (after - then for after, then in zip(processor_seconds(), before))
    print(f"\nMeanwhile other processes had {max(0, used - own) / whole:.0%} of the processor, and the host took "
          f"{stolen / whole:.0%}.")


def print_machine():
    info = {}
    with open("/proc/cpuinfo") as file:
        for line in file:
            key, _, value = line.partition(":")
            info.setdefault(key.strip(), value.strip())
    flags = info.get("flags", "").split()
    wide = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16") if name in flags]
    versions = [f"LibTorch {run([PROGRAM, 'nothing'], 1)['libtorch']}"]
    versions += [f"{name} {importlib.metadata.version(name)}" for name in ("torch", "transformers", "trl") if has(name)]
    print(f"\n{info.get('model name', platform.machine())}, {len(os.sched_getaffinity(0))} cores, "
          f"{' '.join(wide) or 'no wide vectors known'}; {datetime.date.today()}; {', '.join(versions)}; "
          f"{RUNS} run{'s' if RUNS > 1 else ''} in turn.")


def main():
    global RUNS, PROGRAM
    parser = argparse.ArgumentParser(prog="scripts/bench speed", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="row", help="all, or of: " + ", ".join(ROWS))
    parser.add_argument("--runs", type=int, default=int(os.environ.get("RUNS", RUNS)),
                        help="of each program, in turn (%(default)s)")
    parser.add_argument("--program", default=PROGRAM, help="the speed_bench to measure (%(default)s)")
    arguments = parser.parse_args()
    RUNS, PROGRAM = arguments.runs, arguments.program
    unknown = [row for row in arguments.rows if row not in ROWS]
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    before = processor_seconds()
    table, skipped = Table(), []
    for name in arguments.rows or ROWS:
        if "135m" in name and not Path(SMOLLM2, "config.json").exists():
            skipped.append(name)
            continue
        ROWS[name](table)
    if skipped:
        print(f"\nLeft out, since {SMOLLM2} is not there (scripts/fetch-smollm2): {', '.join(skipped)}")
    print_disturbance(before)
    print_machine()


if __name__ == "__main__":
    main()
