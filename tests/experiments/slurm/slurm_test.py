#!/usr/bin/env python3
"""few_samples on a real Slurm: submitted, a task killed, tasks requeued and pre-empted, the launcher interrupted and
started again while the controller is down; and in the end every file is what the local launcher leaves.

    tests/experiments/slurm/slurm_test.py [build folder]     exit 77: there can be no Slurm here
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is left in the source tree
import cluster

BUILD = Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
OURS = {"times.json", "worker.log", "lock", "owner"}  # when, where and by whom, not what
STEPS = 1200  # long enough that two cells are in training at once on a machine that does other work


def say(what):
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


def wait_for(what, condition, seconds=240):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            say(what)
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s in vain: {what}")


def quoted(path):
    return '"' + str(path).replace('"', '\\"') + '"'


def command(runs, *words):
    return [str(BUILD / "few_samples"), "blocks=[]", "n=[4,16]", "seeds=2", f"student.trainer.max_steps={STEPS}",
            "student.trainer.per_device_train_batch_size=16", "evaluation.held_out=30", "evaluation.retained=5",
            "runs_dir=" + quoted(runs), "output_dir=" + quoted(runs.parent / "tables"), *words]


def on_slurm(runs, *words):
    return command(runs, "launcher.kind=slurm", "launcher.mem_gb=0.5", "launcher.timeout_min=5",
                   "launcher.partition=main", "launcher.poll_seconds=0.5", "launcher.checkpoint_minutes=0.005", *words)


def files(runs):
    return {str(path.relative_to(runs)): path.read_bytes() for path in runs.rglob("*")
            if path.is_file() and path.name not in OURS and "jobs" not in path.relative_to(runs).parts}


class Launcher:
    def __init__(self, slurm, runs, log):
        self.log = log
        with open(log, "w") as out:
            self.process = subprocess.Popen(on_slurm(runs), env=slurm.environment(), stdout=out, stderr=out)

    def text(self):
        return self.log.read_text()

    def end(self, seconds):
        code = self.process.wait(seconds)
        say(f"the launcher ended with {code}")
        return code


def jobs(runs):
    return [json.loads(path.read_text()) | {"folder": path.parent} for path in sorted(runs.glob("jobs/*/job.json"))]


def worker_of(job, index):
    """The process that computes a task now; 0: none."""
    log = job["folder"] / f"task-{index}.log"
    pids = re.findall(r"process (\d+)", log.read_text()) if log.exists() else []
    try:
        command_line = Path(f"/proc/{pids[-1]}/cmdline").read_bytes() if pids else b""
    except OSError:
        return 0
    return int(pids[-1]) if f"--index={index}\0".encode() in command_line else 0


def tasks_in_training(runs):
    """(job, index, cell) of tasks whose worker has trained for a while: it saved a checkpoint."""
    found = []
    for job in jobs(runs):
        for index, cell in enumerate(job["cells"]):
            checkpoint = runs / cell / "checkpoint/state.json"
            try:
                since = (job["folder"] / f"task-{index}.log").stat().st_mtime
                if worker_of(job, index) and checkpoint.stat().st_mtime > since + 0.1:
                    found.append((job, index, cell))
            except OSError:
                pass  # no checkpoint, or not any more
    return found


def kill_worker(job, index):
    pid = worker_of(job, index)
    assert pid, "it was over before it was killed"  # 0 would be every process of this group
    os.kill(pid, signal.SIGKILL)
    say(f"killed the worker of task {job['id']}_{index}, process {pid}")


def resumed_at(runs, cell):
    return [int(step) for step in re.findall(r"goes on from step (\d+)", (runs / cell / "worker.log").read_text())]


def test(folder, slurm):
    local, runs = folder / "local/runs", folder / "of \"50%\", it's/runs"
    started = time.monotonic()
    subprocess.run(command(local), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600)
    say(f"the local launcher took {time.monotonic() - started:.0f} s")
    runs.mkdir(parents=True)
    shutil.copytree(local / "collections", runs / "collections")

    text = subprocess.run(on_slurm(runs, "--dry-run"), env=slurm.environment(), check=True, capture_output=True,
                          text=True, timeout=60).stdout
    print(text)
    assert "#SBATCH --array=0-5%64\n" in text and "for 8 cells" in text, "MaxArraySize is 6"
    assert not jobs(runs) and not slurm.run("squeue", "--noheader").strip(), "a dry run submits nothing"

    refused = subprocess.run(on_slurm(runs, "launcher.partition=nowhere"), env=slurm.environment(), capture_output=True,
                             text=True, timeout=60)
    assert refused.returncode == 2 and "invalid partition" in refused.stderr, refused.stderr
    assert not jobs(runs)

    def two_in_training():
        return len(found := tasks_in_training(runs)) > 1 and found

    first = Launcher(slurm, runs, folder / "first.log")
    (job, index, killed), (_, other, requeued) = wait_for("two cells are in training, with checkpoints",
                                                          two_in_training)[:2]
    kill_worker(job, index)
    slurm.run("scontrol", "requeue", f"{job['id']}_{other}")
    say(f"requeued task {job['id']}_{other}")
    wait_for("the launcher saw the killed task", lambda: f"task {job['id']}_{index} ended as FAILED" in first.text())
    print(slurm.run("squeue", "--array"))
    first.process.send_signal(signal.SIGINT)
    assert first.end(30) == 130
    print(first.text())
    assert (f"job {job['id']} goes on; the same command takes up its results, scancel {job['id']} stops it"
            in first.text())

    slurm.stop("slurmctld")
    say("the controller is down")
    second = Launcher(slurm, runs, folder / "second.log")
    time.sleep(4)
    assert second.process.poll() is None, second.text()
    assert len(jobs(runs)) == 1, "nothing is submitted while nobody can say what is in the queue"
    slurm.start_controller()
    say("the controller is up")
    wait_for("the second launcher took up the job",
             lambda: f"job {job['id']} is in the queue already: waiting for" in second.text())
    preempted = wait_for("two cells are in training", two_in_training)
    slurm.run("sbatch", "--partition=urgent", "--cpus-per-task=2", "--mem=100M", "--output=/dev/null", "--wrap=sleep 2")

    def none_runs():
        running = slurm.run("squeue", "--noheader", "--array", "--states=RUNNING,COMPLETING", "--format=%i ")
        return all(f"{job['id']}_{index} " not in running for job, index, _ in preempted)

    wait_for("they were pre-empted", none_runs)
    preempted = [cell for _, _, cell in preempted if not (runs / cell / "result.json").exists()]
    assert preempted
    print(slurm.run("squeue", "--array"))
    job, index, again = wait_for("one is in training again", lambda: tasks_in_training(runs))[0]
    kill_worker(job, index)
    code = second.end(400)
    print(second.text())
    assert code == 0

    assert f"task {job['id']}_{index} ended as FAILED" in second.text()
    assert [again] == jobs(runs)[-1]["cells"], "what failed under one launcher goes into one further array"
    stops = [killed, requeued, *preempted, again]
    for cell in sorted(set(stops)):
        say(f"cell {cell[:12]}: stopped {stops.count(cell)} times, resumed at {resumed_at(runs, cell)} of {STEPS}")
        assert len(resumed_at(runs, cell)) == stops.count(cell), "a cell that was stopped goes on from its checkpoint"
    for job in jobs(runs):
        say(f"job {job['id']}: {len(job['cells'])} cells")
    expected, found = files(local), files(runs)
    assert expected.keys() == found.keys(), expected.keys() ^ found.keys()
    different = [name for name in expected if expected[name] != found[name]]
    assert not different, different
    say(f"{len(found)} files are those of the local launcher, byte for byte")
    again = subprocess.run(on_slurm(runs), env=slurm.environment(), check=True, capture_output=True, text=True).stdout
    assert "nothing to compute: 8 cells were already done" in again


def main():
    reason = cluster.why_not()
    if reason:
        print(f"slurm_test.py: Skipped\n{reason}")  # the form that scripts/test lists
        return 77
    with tempfile.TemporaryDirectory(prefix="retort-slurm-") as folder:
        (Path(folder) / "slurm").mkdir()
        os.chmod(folder, 0o755)
        with cluster.Cluster(Path(folder) / "slurm", cores=2) as slurm:
            test(Path(folder), slurm)
    return 0


if __name__ == "__main__":
    sys.exit(main())
