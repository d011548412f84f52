"""runs.json of a submission: the files of its runs, as starter/pack.py puts them together. All of it is hostile: names are
checked before anything is written, and every number is made anew from the answers to the held-out questions."""

import hashlib
import json
import re

from grading import Failed

NAME = re.compile(r"(?:[0-9a-f]{64}|collections/[0-9a-f]{64})/(?:identity\.txt|config\.toml|result\.json|items\.jsonl|"
                  r"samples\.jsonl|manifest\.json|journal\.jsonl|SHA256SUMS)\Z")
MOST_FILES = 1200


def files_of(box):
    """{"<hash>/items.jsonl": text}, without the runs that did not end: nothing is read off them."""
    return split(box)[0]


def unended(box):
    """[Unended]: runs without result.json."""
    return split(box)[1]


def split(box):
    def make():
        files = all_files(box)
        names = {name.split("/")[0] for name in files if not name.startswith("collections/")}
        broken = {name for name in names if name + "/result.json" not in files}
        kept = {name: text for name, text in files.items() if name.split("/")[0] not in broken}
        return kept, [Unended(name, files.get(name + "/config.toml", "")) for name in sorted(broken)]

    return box.once("files", make)


class Unended:
    """`arm`, `n`, `seed`: as its config.toml says, which is a student's. `name`: for whom it is to find."""

    def __init__(self, folder, config):
        said = dict(re.findall(r'(?m)^(arm|n|seed) = "?(\w{1,40})"?$', config.partition("\n[")[0]))
        self.arm, self.n, self.seed = said.get("arm", "?"), said.get("n", "?"), said.get("seed", "?")
        self.name = f"gap_runs/{folder[:12]}… (arm {self.arm}, N = {self.n}, seed {self.seed})"


def all_files(box):
    files = box.json_of("runs.json")
    if not isinstance(files, dict) or len(files) > MOST_FILES:
        raise Failed("runs.json is no object of file names and texts: make it with pack.py")
    for name, text in files.items():
        if not NAME.match(name) or not isinstance(text, str):
            raise Failed(f"runs.json: {name[:80]!r} is no file of a run: make it with pack.py")
    return files


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def lines_of(text, what):
    try:
        return [json.loads(line) for line in text.splitlines()]
    except ValueError:
        raise Failed(f"{what} holds a line that is no JSON") from None


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class Run:
    """One run as handed in."""

    def __init__(self, name, files):
        self.name = name
        try:
            self.result = json.loads(files[name + "/result.json"])
            self.items = lines_of(files[name + "/items.jsonl"], f"items.jsonl of run {name[:12]}")
            self.identity = files[name + "/identity.txt"]
            self.arm, self.n, self.seed = self.result["arm"], self.result["n"], self.result["seed"]
            self.score = self.result["means"]["score"]
            self.answers = {item["id"]: item["answer"] for item in self.items}
            self.scores = {item["id"]: item["score"] for item in self.items}
        except (KeyError, TypeError, ValueError, RecursionError) as problem:
            raise Failed(f"run gap_runs/{name[:12]}… is not whole: {problem}") from None
        self.samples = files.get(name + "/samples.jsonl")
        if not all(map(number, [self.score, *self.scores.values()])) or not all(isinstance(a, str) for a in self.answers.values()):
            raise Failed(f"run {name[:12]}: a score is no number, or an answer no text")

    def wrong(self, rule, questions, judge):
        """What does not fit together, or "". `judge(rule, digits, answer)` is the grader's own."""
        if sha256(self.identity) != self.name:
            return "identity.txt is not what its folder is named after"
        says = dict(line.split(" ", 1) for line in self.identity.splitlines() if re.match(r"(samples|target|seed) ", line))
        if says.get("target") != rule:
            return f"it is about {says.get('target')!r}, not {rule!r}"
        if says.get("seed") not in (None, str(self.seed)):
            return f"identity.txt is of seed {says.get('seed')}, result.json of {self.seed}"
        if self.samples is not None and "samples" in says and sha256(self.samples) != says["samples"]:
            return "samples.jsonl is not the file that identity.txt names"
        if len(self.items) != questions or len(self.answers) != questions:
            return f"it has {len(self.answers)} held-out answers, not {questions}"
        for name, answer in self.answers.items():
            target, _, digits = name.partition("/")
            if target != rule or not re.match(r"[0-9]{4,8}\Z", digits):
                return f"{name[:30]!r} is no question of {rule}"
            if self.scores[name] != float(judge(rule, digits, answer)):
                return f"the answer to {name} is graded {self.scores[name]}, which it is not"
        mean = sum(self.scores.values()) / questions
        if abs(mean - self.score) > 1e-9:
            return f"result.json says {self.score}, its answers {mean:.4f}"
        return ""


def runs_of(files):
    names = sorted({name.split("/")[0] for name in files if not name.startswith("collections/")})
    return {name: Run(name, files) for name in names}


def write(files, box, folder="gap_runs", leave_out=lambda name: False):
    for name, text in files.items():
        if not leave_out(name):
            box.put(f"{folder}/{name}", text)
