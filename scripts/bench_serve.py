"""scripts/bench serve: build/serve under load, beside the same prompts in process and beside `transformers serve`.

Each side has a core of its own. Client: build/serve_bench, eight digits a question, greedy, 29 tokens an answer, as
fast as answers come. `transformers serve` gets a copy of the checkpoint with a chat template, since it serves chats only.
"""
import argparse
import importlib.metadata
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

MODEL = "configs/models/folds-teacher"
BENCH = "build/serve_bench"
SERVER_CORE, CLIENT_CORE = "0", "1"
TEMPLATE = "{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}"


def run(core, *words):
    done = subprocess.run(["taskset", "-c", core, *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}\nfailed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def answers_to(port, path):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2).status == 200
    except OSError:
        return False


class Server:
    """A server on its core until the end of a with block, and what it took."""

    def __init__(self, port, path, *words, environment=None):
        self.port, self.path, self.words, self.environment = port, path, words, environment

    def __enter__(self):
        self.process = subprocess.Popen(["taskset", "-c", SERVER_CORE, *map(str, self.words)],
                                        env=os.environ | (self.environment or {}), stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        end = time.monotonic() + 180
        while not answers_to(self.port, self.path):
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit(f"{' '.join(map(str, self.words))} does not serve")
            time.sleep(0.3)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def rss(self):
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024

    def cpu(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def load(self, model, clients, seconds, *how):
        before = self.cpu()
        figures = run(CLIENT_CORE, BENCH, "load", self.port, model, clients, seconds, *how)
        figures["cpu_ms_an_answer"] = 1000 * (self.cpu() - before) / max(figures["answers"], 1)
        return figures


def ours(port, batch):
    return Server(port, "/health", "build/serve", f"port={port}", "threads=1", f"teacher.batch_size={batch}")


def theirs(port, folder):
    return Server(port, "/health", Path(sys.executable).parent / "transformers", "serve", folder, "--continuous-batching",
                  "--device", "cpu", "--dtype", "float32", "--port", port,
                  environment={"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"})


def row(name, runs):
    middle = {key: statistics.median(r[key] for r in runs) for key in runs[0] if isinstance(runs[0][key], (int, float))}
    text = ", ".join(f"{r['tokens_per_second']:,.0f}" for r in sorted(runs, key=lambda r: r["tokens_per_second"]))
    latency = f"{middle['p50_ms']:.0f} | {middle['p99_ms']:.0f}" if "p50_ms" in middle else " | "
    cpu = f"{middle['cpu_ms_an_answer']:.2f}" if "cpu_ms_an_answer" in middle else ""
    print(f"| {name} | {text} | {latency} | {cpu} | {sum(r.get('errors', 0) for r in runs)} |", flush=True)
    return middle


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench serve")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--minute", type=float, default=60, help="seconds of the long load")
    parser.add_argument("--peer-seconds", type=float, default=30)
    arguments = parser.parse_args()
    try:
        peer = importlib.metadata.version("transformers") if importlib.metadata.version("fastapi") else None
    except importlib.metadata.PackageNotFoundError:
        peer = None
    print("| | tokens/s, each run | p50 ms | p99 ms | server's CPU ms an answer | errors |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    asked, served = [], []
    with ours(18181, 64) as server:
        server.load("folds-teacher", 64, 2)
        for _ in range(arguments.runs):  # in turn, so that both meet the same hour; each alone on the core
            os.kill(server.process.pid, signal.SIGSTOP)
            before = os.times()
            figures = run(SERVER_CORE, BENCH, "ask", MODEL, 64, 6000)
            after = os.times()
            os.kill(server.process.pid, signal.SIGCONT)
            used = after.children_user + after.children_system - before.children_user - before.children_system
            asked.append(figures | {"cpu_ms_an_answer": 1000 * used / 6000})
            served.append(server.load("folds-teacher", 64, 12))
    in_process = row("LocalModel::Ask, batch 64", asked)
    over_http = row("serve, 64 clients", served)
    with ours(18182, 256) as server:
        server.load("folds-teacher", 200, 3)
        start = server.rss()
        row("serve, 200 clients, whole answers", [server.load("folds-teacher", 200, arguments.minute)])
        middle = server.rss()
        row("serve, 200 clients, streams", [server.load("folds-teacher", 200, arguments.minute / 2, "stream", "chat")])
        end = server.rss()
    if peer:
        with tempfile.TemporaryDirectory() as temp:
            folder = Path(temp) / "model"
            shutil.copytree(MODEL, folder)
            config = json.loads((folder / "tokenizer_config.json").read_text())
            (folder / "tokenizer_config.json").write_text(json.dumps(config | {"chat_template": TEMPLATE}))
            with theirs(18183, folder) as server:
                while server.load(folder, 1, 20, "chat")["answers"] == 0:  # it loads more at its first request
                    pass
                server.load(folder, 64, 5, "chat")
                figures = [server.load(folder, 64, arguments.peer_seconds, "chat") for _ in range(arguments.runs)]
            row(f"transformers serve {peer}, continuous batching, 64 clients", figures)
    else:
        print("| transformers serve | not installed here (BENCH_VENV) | | | | |")
    print(f"\nIn process / over HTTP: {in_process['tokens_per_second'] / over_http['tokens_per_second']:.2f} by the clock, "
          f"{over_http['cpu_ms_an_answer'] / in_process['cpu_ms_an_answer']:.2f} by processor time.")
    print(f"Resident memory of serve with 200 clients: {start:.0f} MB at the start, {middle:.0f} after whole answers, "
          f"{end:.0f} after streams.")


if __name__ == "__main__":
    main()
