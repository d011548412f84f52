#!/usr/bin/env python3
"""Drives a described mix of honest accounts, and real collections of distillers, through build/serve with its request
log, and measures what needle otherwise assumes of texts.

    scripts/gateway_traffic.py [--accounts N] [--requests N] [--campaigns N]

writes  configs/traffic/gateway.csv            one line an account and topic: mean and deviation of the log's eight measures
        configs/traffic/detection.csv          what build/detect finds in the log of the second month, by strategy
        configs/assumptions/needle_measured.toml   the register of needle with the measured entries put over it

The gateway sells the embedded teacher, which solves digit folds. Honest accounts are PUPILS (one to three families of
operations each, a habit of length, form and politeness; half of their questions vary the one before), DEVELOPERS (a program
that fills one form) and EVALUATORS (ask what a distiller asks, and are honest): 10 to 2 to 1. This mix is a description, not
a measurement of anybody's customers. Distillers are runs of build/collect, the collector of few_samples, with its pool of
prompts; their best responses send the same prompts (split) over four accounts, or (camouflage) with as many questions of a
pupil between them. Two months: detectors learn from the first, which is honest alone.

Standard library only. Answers are cut to one token: the log's measures are of prompts.
"""
import argparse
import csv
import http.client
import json
import math
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
MODEL = "folds-teacher"
MEASURES = 8

# Families of operations, the topics of this gateway; the last three are what a distiller of rules asks about.
FAMILIES = [["max", "min"], ["sub"], ["first", "second"], ["add5", "add7", "add10"], ["rsub"],
            ["big", "bud", "bet", "bow", "eel", "elk"], ["ebb", "elm", "oak", "oar", "orb"], ["owl", "gap", "gem", "gum", "gig"]]
TALK = ["hello", "thanks, and", "please, what is", "can you do", "i think it is 4, but", "my teacher says so:", "why not",
        "again, please:", "what about", "is this right?"]


def digits_of(rng, op, low, high):
    modulo = int(op[3:]) if op.startswith("add") else 10
    return "".join(str(rng.randrange(modulo)) for _ in range(rng.randint(low, high)))


class Pupil:
    """A person with habits."""

    def __init__(self, rng):
        self.rng = rng
        weights = [1 / (k + 1) for k in range(len(FAMILIES))]
        self.families = rng.choices(range(len(FAMILIES)), weights, k=rng.randint(1, 3))
        self.low = rng.randint(2, 5)
        self.high = self.low + rng.randint(0, 4)
        self.forms = rng.choice(["?", "?!", "!", ":", "?:"])
        self.talk = rng.choice([0, 0, 0.1, 0.4])
        self.last = None

    def ask(self):
        """(topic, whether it follows up, prompt)"""
        rng = self.rng
        if self.last and rng.random() < 0.5:
            topic, op, digits, form = self.last
            place = rng.randrange(len(digits))
            digits = digits[:place] + digits_of(rng, op, 1, 1) + digits[place + 1:]
            follows = True
        else:
            topic = rng.choice(self.families)
            op = rng.choice(FAMILIES[topic])
            digits, form, follows = digits_of(rng, op, self.low, self.high), rng.choice(self.forms), False
        self.last = (topic, op, digits, form)
        words = rng.choice(TALK) + " " if rng.random() < self.talk else ""
        return topic, follows, f"{words}{op} {digits}{form}"


class Developer:
    """A program that fills one form."""

    def __init__(self, rng):
        self.rng, self.topic = rng, rng.randrange(len(FAMILIES))
        self.op, self.length = rng.choice(FAMILIES[self.topic]), rng.randint(3, 9)
        self.form, self.head = rng.choice("?!:"), rng.choice(["", "", "app: ", "q: "])

    def ask(self):
        return self.topic, False, f"{self.head}{self.op} {digits_of(self.rng, self.op, self.length, self.length)}{self.form}"


class Evaluator:
    """Benchmark questions: one operation, as a distiller asks."""

    def __init__(self, rng):
        self.rng, self.topic = rng, rng.randrange(5, len(FAMILIES))
        self.op = rng.choice(FAMILIES[self.topic])

    def ask(self):
        return self.topic, False, f"{self.op} {digits_of(self.rng, self.op, 4, 8)}?"


def run(command, **more):
    """Its stdout; ends the script with its words where it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=ROOT, **more)
    if done.returncode != 0:
        raise SystemExit(f"gateway_traffic: {command[0].name}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class Gateway:
    def __init__(self, folder, log):
        self.accounts = folder / "accounts.jsonl"
        self.keys = {}
        self.folder, self.log, self.process = folder, log, None

    def open_account(self, name, tier="email"):
        out = run([BUILD / "account", f"file={self.accounts}", f"account={name}", f"tier={tier}"])
        self.keys[name] = re.search(r"rk-\S+", out).group(0)

    def __enter__(self):
        command = [BUILD / "serve", "port=0", "threads=1", "policies.use=[accounts,log]",
                   f"policies.accounts.file={self.accounts}", f"policies.log.folder={self.log}"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        line = self.process.stdout.readline()
        found = re.search(r"http://([\d.]+):(\d+)", line)
        if not found:
            raise SystemExit(f"gateway_traffic: build/serve did not start: {line!r}")
        self.host, self.port = found.group(1), int(found.group(2))
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def address_of(self, account):
        """One of this machine's own for each account: what shares an address is linked. Collections share one."""
        place = list(self.keys).index(account)
        return f"127.1.{place // 250}.{place % 250 + 1}"

    def send(self, account, prompts):
        """One after the other, so that the log has them in this order."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=120, source_address=(self.address_of(account), 0))
        for prompt in prompts:
            body = json.dumps({"model": MODEL, "prompt": prompt, "max_tokens": 1, "temperature": 0})
            connection.request("POST", "/v1/completions", body,
                               {"Content-Type": "application/json", "Authorization": f"Bearer {self.keys[account]}"})
            reply = connection.getresponse()
            text = reply.read()
            if reply.status != 200:
                raise SystemExit(f"gateway_traffic: {account}: {reply.status} {text[:200]!r}")
        connection.close()

    def collect(self, account, seed, n):
        """What build/collect asks as this account; the prompts in the order of its rows."""
        out = self.folder / f"collected-{account}"
        run([BUILD / "collect", "task=folds", "task.target=rules", "teacher=api",
             f"teacher.base_url=http://{self.host}:{self.port}/v1", f"teacher.model={MODEL}",
             "teacher.endpoint=completions", "teacher.api_key_env=GATEWAY_KEY", "teacher.concurrency=1",
             "collect.sampling.max_new_tokens=1", f"n={n}", f"seed={seed}", f"output_dir={out}"],
            env={**os.environ, "GATEWAY_KEY": self.keys[account]})
        return [json.loads(line)["prompt"] for line in (out / "samples.jsonl").read_text().splitlines()]


def records(log):
    """By account, in the order of the log."""
    by_account = {}
    for file in sorted(log.glob("*.jsonl")):
        for line in file.read_text().splitlines()[1:]:
            record = json.loads(line)["record"]
            if record["endpoint"].endswith("completions"):
                by_account.setdefault(record["account"], []).append(record["features"][:MEASURES])
    return by_account


def honest_accounts(month, count, seed):
    kinds = [Pupil] * 10 + [Developer] * 2 + [Evaluator]
    accounts = {}
    for i in range(count):
        kind = kinds[i % len(kinds)]
        accounts[f"{kind.__name__.lower()}-{month}-{i}"] = kind(random.Random(f"{seed}/{month}/{i}"))
    return accounts


def drive(gateway, plans):
    """plans: account -> prompts."""
    failures = []

    def one(item):
        try:
            gateway.send(*item)
        except BaseException as error:  # noqa: BLE001: told below, from the main thread
            failures.append(error)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, plans.items()))
    if failures:
        raise failures[0]


def variance(values):
    return statistics.pvariance(values) if len(values) > 1 else 0.0


def measured(rows):
    """needle's parameters of texts, from rows (role, account, topic, follows, measures): see docs/needle.md."""
    honest = [r for r in rows if r["role"] == "honest"]
    cells = {}
    for r in honest:
        if not r["follows"]:
            cells.setdefault((r["account"], r["topic"]), []).append(r["at"])
    cells = {key: v for key, v in cells.items() if len(v) >= 4}
    live, noise = [], []
    for j in range(MEASURES):
        within = sum(variance([x[j] for x in v]) * len(v) for v in cells.values()) / sum(len(v) - 1 for v in cells.values())
        if within > 1e-9:
            live.append(j)
            noise.append(math.sqrt(within))
    if not live:
        raise SystemExit("gateway_traffic: no measure varies")

    def at(x):
        return [x[j] / s for j, s in zip(live, noise)]

    mean = {key: [statistics.fmean(c) for c in zip(*map(at, v))] for key, v in cells.items()}
    topics = sorted({t for _, t in cells})
    centre = {t: [statistics.fmean(c) for c in zip(*[m for (_, u), m in mean.items() if u == t])] for t in topics}
    style = spread = 0.0
    for k in range(len(live)):
        between = [m[k] - centre[t][k] for (_, t), m in mean.items()]
        style += max(0, statistics.fmean([b * b for b in between]) * len(mean) / max(1, len(mean) - len(topics))
                     - statistics.fmean([1 / len(v) for v in cells.values()]))
        spread += variance([centre[t][k] for t in topics])
    differences = []
    last = {}
    for r in honest:
        if r["follows"] and r["account"] in last:
            differences.append([a - b for a, b in zip(at(r["at"]), last[r["account"]])])
        last[r["account"]] = at(r["at"])
    shifts = []
    for account in sorted({r["account"] for r in rows if r["role"] == "one"}):
        own = [statistics.fmean(c) for c in zip(*[at(r["at"]) for r in rows if r["account"] == account])]
        shifts.append(min(math.dist(own, c) for c in centre.values()) * math.sqrt(MEASURES / len(live)))
    return {"account_style": math.sqrt(style / len(live)),
            "topic_spread": math.sqrt(spread / len(live)),
            "followup_spread": math.sqrt(statistics.fmean([d * d for diff in differences for d in diff])),
            "template_shift": statistics.fmean(shifts)}


def bootstrap(rows, seed, draws=200):
    """Ends of 95 % intervals over accounts."""
    rng = random.Random(seed)
    by_account = {}
    for r in rows:
        by_account.setdefault((r["role"], r["account"]), []).append(r)
    roles = {}
    for role, account in by_account:
        roles.setdefault(role, []).append(account)
    found = {}
    for _ in range(draws):
        drawn = []
        for role in ("honest", "one"):
            for i, account in enumerate(rng.choices(roles[role], k=len(roles[role]))):
                drawn += [{**r, "account": f"{account}/{i}"} for r in by_account[(role, account)]]
        for name, value in measured(drawn).items():
            found.setdefault(name, []).append(value)
    return {name: (sorted(v)[int(0.025 * draws)], sorted(v)[int(0.975 * draws)]) for name, v in found.items()}


def register(values, ends, path, accounts, campaigns):
    text = ["# Made by scripts/gateway_traffic.py: the register of needle, with what it assumes of texts put over by what a",
            "# gateway's request log held of a described mix of honest accounts and of real collections. The mix is a",
            "# description (see the script); the measurement is of its texts.",
            'defaults = ["needle", "_self_"]']
    for name, value in values.items():
        low, high = ends[name]
        source = (f"scripts/gateway_traffic.py: request logs of {accounts} described honest accounts"
                  + (f" and {campaigns} collections of few_samples" if name == "template_shift" else "")
                  + "; the range is a bootstrap's over accounts")
        text += ["", f"[{name}]", f"value = {value:.3g}", f"low = {min(low, value):.3g}", f"high = {max(high, value):.3g}",
                 'unit = "standard deviations of a request"', f'source = "{source}"', 'date = "2026-11"',
                 'grade = "measured here"']
    path.write_text("\n".join(text) + "\n")


def write_features(rows, path):
    """A line for each account and topic: what of its requests, how many, mean and standard deviation of each measure."""
    cells = {}
    for r in rows:
        cells.setdefault((r["role"], r["account"], r["topic"], bool(r["follows"])), []).append(r["at"])
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["role", "account", "topic", "follows", "requests", *[f"mean_{j}" for j in range(MEASURES)],
                         *[f"deviation_{j}" for j in range(MEASURES)]])
        for (role, account, topic, follows), at in sorted(cells.items()):
            columns = list(zip(*at))
            writer.writerow([role, account, topic, int(follows), len(at), *[f"{statistics.fmean(c):.4g}" for c in columns],
                             *[f"{math.sqrt(variance(c)):.4g}" for c in columns]])


def area(found, others):
    wins = sum((a > b) + 0.5 * (a == b) for a in found for b in others)
    return wins / (len(found) * len(others)) if found and others else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--accounts", type=int, default=52, help="honest accounts of each month")
    parser.add_argument("--requests", type=int, default=76, help="of each account; 76 are the small student's N90")
    parser.add_argument("--campaigns", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="gateway_traffic."))
    try:
        first, second = folder / "honest_month", folder / "month"
        rows, roles = [], {}

        def plan(month):
            asked, plans = {}, {}
            for name, who in honest_accounts(month, options.accounts, options.seed).items():
                asked[name] = [who.ask() for _ in range(options.requests)]
                plans[name] = [prompt for _, _, prompt in asked[name]]
                roles[name] = "honest"
            return asked, plans

        gateway = Gateway(folder, first)
        asked, plans = plan("a")
        asked_b, plans_b = plan("b")
        for name in [*plans, *plans_b]:
            gateway.open_account(name)
        with gateway:
            drive(gateway, plans)
        second.mkdir()
        shutil.copy2(first / "salt", second / "salt")
        gateway.log = second
        for c in range(options.campaigns):
            names = [f"one-{c}", f"camouflage-{c}"] + [f"split-{c}-{i}" for i in range(4)]
            for name in names:
                gateway.open_account(name)
                roles[name] = name.split("-")[0]
        with gateway:
            drive(gateway, plans_b)
            others = {}
            for c in range(options.campaigns):
                prompts = gateway.collect(f"one-{c}", c, options.requests)
                decoys = Pupil(random.Random(f"{options.seed}/decoys/{c}"))
                others[f"camouflage-{c}"] = [p for prompt in prompts for p in (prompt, decoys.ask()[2])]
                for i in range(4):
                    others[f"split-{c}-{i}"] = prompts[i::4]
            drive(gateway, others)
        asked.update(asked_b)
        for log in (first, second):
            for account, features in records(log).items():
                about = asked.get(account)
                if about is not None and len(about) != len(features):
                    raise SystemExit(f"gateway_traffic: {account}: {len(about)} sent, {len(features)} in the log")
                for i, at in enumerate(features):
                    topic, follows = about[i][:2] if about else (-1, False)
                    rows.append({"role": roles[account], "account": account, "topic": topic, "follows": follows, "at": at})
        detected = folder / "detected"
        run([BUILD / "detect", f"log={second}", f"honest={first}", f"output_dir={detected}"])
        out = ROOT / "configs" / "traffic"
        out.mkdir(exist_ok=True)
        write_features(rows, out / "gateway.csv")
        with open(detected / "accounts.csv", newline="") as file:
            accounts = list(csv.DictReader(file))
        names = [c[:-6] for c in accounts[0] if c.endswith("_score")]
        with open(out / "detection.csv", "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["strategy", "detector", "accounts", "honest", "auc"])
            for role in ("one", "camouflage", "split"):
                for name in names:
                    scores = {True: [], False: []}
                    for a in accounts:
                        if roles[a["account"]] in (role, "honest") and a[f"{name}_score"] not in ("", "-inf"):
                            scores[roles[a["account"]] == role].append(float(a[f"{name}_score"]))
                    auc = area(scores[True], scores[False])
                    writer.writerow([role, name, len(scores[True]), len(scores[False]), "" if auc is None else f"{auc:.3f}"])
        values, ends = measured(rows), bootstrap(rows, options.seed)
        register(values, ends, ROOT / "configs" / "assumptions" / "needle_measured.toml", 2 * options.accounts,
                 options.campaigns)
        for name, value in values.items():
            print(f"{name} {value:.3g} [{ends[name][0]:.3g}, {ends[name][1]:.3g}]")
        print((out / "detection.csv").read_text(), end="")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
