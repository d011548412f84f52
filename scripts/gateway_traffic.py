#!/usr/bin/env python3
"""Drives a described mix of honest accounts, real collections of distillers, and the distillers' best responses through
build/serve, and keeps what its request log has of their texts.

    scripts/gateway_traffic.py [--accounts N] [--requests N] [--collections N] [--responses N] [--seed N]

writes  configs/traffic/texts.csv      the eight measures that the log has of a text, once each, to three digits
        configs/traffic/accounts.csv   a line an account: month, kind, number, and its requests in order, as in texts.csv
        configs/traffic/detection.csv  how well build/detect tells each strategy's accounts from honest ones

build/needle takes its texts from the first two. The gateway sells the embedded teacher, which solves digit folds. Honest
accounts are PUPILS (one to three families of operations each, a habit of length, form and politeness; half of their
questions vary the one before), DEVELOPERS (a program that fills one form) and EVALUATORS (ask what a distiller asks, and
are honest): 10 to 2 to 1. This mix is a description, not a measurement of anybody's customers. Two months: detectors learn
from the first, which is honest alone, and read the second.

Distillers are runs of build/collect, the collector of few_samples, with its pool of prompts. Each asks four times what an
honest account does (ONE account), or sends the same prompts otherwise: CAPPED, over four accounts; DRIP, over so many that
none fills a window; CAMOUFLAGE, with as many questions of a pupil between them; RESELLER, between twice as many requests of
a developer's program; REWORDED, as CAPPED in a pupil's forms and words. Each strategy has a month of its own beside the same
honest accounts.

Standard library only. Answers are cut to one token, since the log's measures are of prompts; of rewording it is measured
apart how many answers stay the same.
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
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
MODEL = "folds-teacher"
MEASURES = 8
TIMES = 4  # what a distiller asks beside an honest account

# Families of operations; the last three are what a distiller of rules asks about.
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
        rng = self.rng
        if self.last and rng.random() < 0.5:
            op, digits, form = self.last
            place = rng.randrange(len(digits))
            digits = digits[:place] + digits_of(rng, op, 1, 1) + digits[place + 1:]
        else:
            op = rng.choice(FAMILIES[rng.choice(self.families)])
            digits, form = digits_of(rng, op, self.low, self.high), rng.choice(self.forms)
        self.last = (op, digits, form)
        words = rng.choice(TALK) + " " if rng.random() < self.talk else ""
        return f"{words}{op} {digits}{form}"


class Developer:
    """A program that fills one form."""

    def __init__(self, rng):
        self.rng = rng
        self.op, self.length = rng.choice(rng.choice(FAMILIES)), rng.randint(3, 9)
        self.form, self.head = rng.choice("?!:"), rng.choice(["", "", "app: ", "q: "])

    def ask(self):
        return f"{self.head}{self.op} {digits_of(self.rng, self.op, self.length, self.length)}{self.form}"


class Evaluator:
    """Benchmark questions: one operation, as a distiller asks."""

    def __init__(self, rng):
        self.rng, self.op = rng, rng.choice(rng.choice(FAMILIES[5:]))

    def ask(self):
        return f"{self.op} {digits_of(self.rng, self.op, 4, 8)}?"


def habits(prompt, pupil):
    """A collector's prompt as the pupil would put it."""
    rng = pupil.rng
    words = rng.choice(TALK) + " " if rng.random() < max(pupil.talk, 0.1) else ""
    return f"{words}{prompt.rstrip('?')}{rng.choice(pupil.forms)}"


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

    def open_accounts(self, names):
        def one(name):
            return run([BUILD / "account", f"file={self.accounts}", f"account={name}", "tier=email"])

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for name, out in zip(names, pool.map(one, names)):
                self.keys[name] = re.search(r"rk-\S+", out).group(0)
        self.places = {name: i for i, name in enumerate(self.keys)}

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
        place = self.places[account]
        return f"127.1.{place // 250}.{place % 250 + 1}"

    def send(self, account, prompts, max_tokens=1):
        """One after the other, so that the log has them in this order; the answers."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=120, source_address=(self.address_of(account), 0))
        answers = []
        for prompt in prompts:
            body = json.dumps({"model": MODEL, "prompt": prompt, "max_tokens": max_tokens, "temperature": 0})
            connection.request("POST", "/v1/completions", body,
                               {"Content-Type": "application/json", "Authorization": f"Bearer {self.keys[account]}"})
            reply = connection.getresponse()
            text = reply.read()
            if reply.status != 200:
                raise SystemExit(f"gateway_traffic: {account}: {reply.status} {text[:200]!r}")
            answers.append(json.loads(text)["choices"][0]["text"])
        connection.close()
        return answers

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
    """By account, in the order of the log: (template's pseudonym, measures)."""
    by_account = {}
    for file in sorted(log.glob("*.jsonl")):
        for line in file.read_text().splitlines()[1:]:
            record = json.loads(line)["record"]
            if record["endpoint"].endswith("completions"):
                by_account.setdefault(record["account"], []).append(
                    (record["template"], tuple(f"{x:.3g}" for x in record["features"][:MEASURES])))
    return by_account


def honest_accounts(month, count, seed):
    kinds = [Pupil] * 10 + [Developer] * 2 + [Evaluator]
    accounts = {}
    for i in range(count):
        kind = kinds[i % len(kinds)]
        accounts[f"{kind.__name__.lower()}-{i}-{month}"] = kind(random.Random(f"{seed}/{month}/{i}"))
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


def responses(c, prompts, each, seed):
    """Collection c by other means: account -> prompts. `each`: what an honest account asks."""
    rng = random.Random(f"{seed}/responses/{c}")

    def honest(kind):
        return kind(random.Random(rng.random()))

    def between(own, other, others):
        """`others` requests of `other` after each of one's own."""
        return [p for prompt in own for p in [prompt, *(other.ask() for _ in range(others))]]

    parts = [prompts[i::TIMES] for i in range(TIMES)]
    few = each // 4
    plans = {f"capped-{c}-{i}": part for i, part in enumerate(parts)}
    plans |= {f"drip-{c}-{i}": prompts[i * few:(i + 1) * few] for i in range(TIMES * each // few)}
    plans |= {f"camouflage-{c}-{i}-{half}": between(part[half::2], honest(Pupil), 1)
              for i, part in enumerate(parts) for half in range(2)}
    plans |= {f"reseller-{c}-{i}": between(part, honest(Developer), 2) for i, part in enumerate(parts)}
    for i, part in enumerate(parts):
        pupil = honest(Pupil)
        plans[f"reworded-{c}-{i}"] = [habits(prompt, pupil) for prompt in part]
    return plans


def write_texts(months, out):
    """`months`: (name, account -> its log), honest accounts and those of the strategies that texts are kept of, which are
    the first 128 of a collection, and two accounts of a rewording."""
    months = [(month, {account: [measures for _, measures in texts[:128]] for account, texts in accounts.items()
                       if not re.fullmatch(r"reworded-\d+-[^01]", account)}) for month, accounts in months]
    counts, lines = {}, []
    for _, accounts in months:
        for texts in accounts.values():
            for measures in texts:
                counts[measures] = counts.get(measures, 0) + 1
    places = {measures: str(i) for i, measures in enumerate(sorted(counts, key=lambda m: (-counts[m], m)))}
    with open(out / "texts.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["text", "log_bytes", "log_words", "digit_share", "upper_share", "punctuation_share",
                         "beyond_ascii_share", "distinct_word_share", "byte_entropy_bits"])
        writer.writerows([i, *measures] for measures, i in places.items())
    for month, accounts in months:
        for account in sorted(accounts, key=lambda name: [int(w) if w.isdigit() else w for w in name.split("-")]):
            kind, number = account.split("-")[:2]
            lines.append([month, kind.replace("one", "collection"), number, " ".join(places[m] for m in accounts[account])])
    with open(out / "accounts.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["month", "kind", "number", "texts"])
        writer.writerows(lines)


def tell_templates(honest, collections):
    """What a comparison of templates has to go by: how usual a distiller's is, and how honest ones change in a month."""
    def shares(accounts):
        count = Counter(template for texts in accounts.values() for template, _ in texts)
        return {template: n / sum(count.values()) for template, n in count.items()}

    earlier, later = map(shares, honest)
    usual = sorted(sum(earlier.get(t, 0) * share for t, share in shares({0: texts}).items()) for texts in collections.values())
    change = sorted(abs(math.log(later.get(t, 1e-9) / share)) for t, share in earlier.items() if share > 0.001)
    print(f"templates: a collection's are {100 * usual[0]:.2g} to {100 * usual[-1]:.2g} % of honest requests (median "
          f"{100 * usual[len(usual) // 2]:.2g} %); those of more than 0.1 % change by a factor of "
          f"{math.exp(change[len(change) // 2]):.2g} in the median from one honest month to the other")


def area(found, others):
    wins = sum((a > b) + 0.5 * (a == b) for a in found for b in others)
    return wins / (len(found) * len(others)) if found and others else None


def detection(folder, strategy, log, first):
    """(strategy, detector, its accounts and honest ones that have a score, AUC)"""
    detected = folder / f"detected-{strategy}"
    run([BUILD / "detect", f"log={log}", f"honest={first}", f"output_dir={detected}"])
    with open(detected / "accounts.csv", newline="") as file:
        accounts = list(csv.DictReader(file))
    for name in (c[:-6] for c in accounts[0] if c.endswith("_score")):
        scores = {True: [], False: []}
        for a in accounts:
            if a[f"{name}_score"] not in ("", "-inf"):
                scores[a["account"].startswith(strategy + "-")].append(float(a[f"{name}_score"]))
        auc = area(scores[True], scores[False])
        yield [strategy, name, len(scores[True]), len(scores[False]), "" if auc is None else f"{auc:.3f}"]


def same_answers(gateway, prompts, reworded):
    """Share of reworded prompts that are answered as they were in the collector's words."""
    name = next(iter(gateway.keys))
    plain, other = (gateway.send(name, some, max_tokens=200) for some in (prompts, reworded))
    last = [[(text.split() or [""])[-1][1:] for text in texts] for texts in (plain, other)]
    return sum(a == b for a, b in zip(*last)) / len(prompts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--accounts", type=int, default=260, help="honest accounts of each month")
    parser.add_argument("--requests", type=int, default=96, help="of each honest account; a distiller needs four times that")
    parser.add_argument("--collections", type=int, default=100, help="distillers")
    parser.add_argument("--responses", type=int, default=12, help="distillers of whom every best response is tried")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="gateway_traffic."))
    try:
        first, second = folder / "earlier", folder / "later"
        gateway = Gateway(folder, first)
        plans = {month: {name: [who.ask() for _ in range(options.requests)]
                         for name, who in honest_accounts(month, options.accounts, options.seed).items()}
                 for month in ("earlier", "later")}
        ones = [f"one-{c}" for c in range(options.collections)]
        gateway.open_accounts([*plans["earlier"], *plans["later"], *ones])
        with gateway:
            drive(gateway, plans["earlier"])

        def month(log, others):
            """A log with the salt of the first month, in which `others` send what they do."""
            log.mkdir()
            shutil.copy2(first / "salt", log / "salt")
            gateway.log = log
            with gateway:
                return others()

        month(second, lambda: drive(gateway, plans["later"]))
        logs = {"one": folder / "one"}
        collected = month(logs["one"], lambda: [gateway.collect(name, c, TIMES * options.requests)
                                                for c, name in enumerate(ones)])
        asked = {}
        for c, prompts in enumerate(collected):
            for name, own in responses(c, prompts, options.requests, options.seed).items():
                if c < options.responses or name in (f"reworded-{c}-0", f"reworded-{c}-1"):
                    asked.setdefault(name.split("-")[0], {})[name] = own
        gateway.open_accounts([name for own in asked.values() for name in own])
        for strategy, own in asked.items():
            logs[strategy] = folder / strategy
            month(logs[strategy], lambda own=own: drive(gateway, own))
        rewordings = [(prompt, habits(prompt, Pupil(random.Random(f"{options.seed}/answers/{i}"))))
                      for i, prompt in enumerate(p for prompts in collected for p in prompts[:16])]
        same = month(folder / "answers", lambda: same_answers(gateway, *map(list, zip(*rewordings))))

        out = ROOT / "configs" / "traffic"
        out.mkdir(exist_ok=True)
        honest, ones = [records(first), records(second)], records(logs["one"])
        write_texts([("earlier", honest[0]), ("later", honest[1] | ones | records(logs["reworded"]))], out)
        with open(out / "detection.csv", "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["strategy", "detector", "accounts", "honest", "auc"])
            for strategy, log in logs.items():
                for part in second.glob("*.jsonl"):
                    shutil.copy2(part, log / f"honest-{part.name}")
                writer.writerows(detection(folder, strategy, log, first))
        tell_templates(honest, ones)
        print((out / "detection.csv").read_text(), end="")
        print(f"of {len(rewordings)} reworded prompts {100 * same:.0f} % are answered as in the collector's words")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
