"""Assignment 4: a collector against a hostile server. What counts is what lies in its output file, and the server's own
record of what it was asked; nothing that the collector says of itself."""

import json

from grading import Assignment, Case, Failed
from grading.box import parse_json

from hostile_server import PATH, HostileServer

STARTER_MOST = 25
MODEL = "teacher-1"
OUT = "answers.jsonl"
RETRY_GAP = 0.2  # seconds that the handout asks for before a question is asked again
TRIES = 5
PROGRAM = "collector.py"


# --- questions


def make_questions(rng, count, hard_text=False):
    """id, prompt, max_tokens, cost: the student's; answer, paid: the server's."""
    questions, words = [], "amber birch cedar delta ember fjord grove heath inlet jetty".split()
    odd = ["line\nbreak", 'quote " and \\', "\u2028 separator", "na\u00efve \u00e9\u00e8", "\U0001f600 smile", "tab\tand \u0007 bell",
           "NUL \u0000 within", "}\n{\"id\": \"q\"}", "", " spaces around  ", "\r\n crlf", "0", "null", "\ufeff mark"]
    for i in range(count):
        answer = " ".join(rng.choice(words) for _ in range(rng.randint(3, 30)))
        if hard_text:
            answer = odd[i % len(odd)] + (rng.choice(words) if i % len(odd) != 8 else "")
        paid = rng.randint(8, 60)
        questions.append({"id": f"q{rng.randrange(10**6):06d}-{i}", "prompt": f"Say something of {rng.choice(words)} {i}.",
                          "max_tokens": 60, "cost": paid + rng.randint(0, 15), "answer": answer, "paid": paid})
    return questions


def question_file(questions):
    return "".join(json.dumps({key: q[key] for key in ("id", "prompt", "max_tokens", "cost")}) + "\n" for q in questions)


class Trial:
    """One output file, one server, one or more runs."""

    def __init__(self, box, name, count=6, script=None, budget=10**6, timeout=5, tries=TRIES, hard_text=False, right_key=True):
        rng = box.context.rng(name)
        self.box, self.questions = box, make_questions(rng, count, hard_text)
        self.key = f"sk-{rng.getrandbits(128):032x}"
        ids = [q["id"] for q in self.questions]
        script = {ids[i]: hows for i, hows in (script or {}).items()}
        self.server = HostileServer(self.questions, MODEL, self.key if right_key else "sk-another", script)
        self.budget, self.timeout, self.tries = budget, timeout, tries
        self.ran = None
        box.put("questions.jsonl", question_file(self.questions))

    def run(self, seconds=30, until=None):
        self.box.bytes_of(PROGRAM)
        self.ran = self.box.run(
            ["python3", "-B", str(self.box.files / PROGRAM), "--url", "http://127.0.0.1:{port}" + PATH, "--model", MODEL,
             "--questions", "questions.jsonl", "--out", OUT, "--budget", self.budget, "--timeout", self.timeout,
             "--tries", self.tries],
            seconds=seconds, memory_mb=300, serve=self.server, env={"COLLECTOR_KEY": self.key}, until=until,
            repository=False)
        if self.ran.timed_out:
            raise Failed(f"it had not ended after {seconds} s")
        self.no_key()
        return self

    def no_key(self):
        try:
            kept = self.box.left(OUT)
        except Failed:
            kept = b""
        for where, text in (("stdout", self.ran.out), ("stderr", self.ran.err), (OUT, kept.decode("utf-8", "replace"))):
            if self.key in text or self.key[3:] in text:
                raise Failed(f"the key stands in {where}")

    def lines(self):
        """{id: line} of the output; Failed where it is not as the handout says."""
        try:
            text = self.box.left_text(OUT)
        except Failed as failed:
            raise Failed(f"{failed}; the collector {self.ran.how()}") from None
        lines = {}
        for number, line in enumerate(text.split("\n"), 1):
            if not line:
                continue
            row = parse_json(line, f"{OUT}, line {number}")
            if not isinstance(row, dict) or not isinstance(row.get("id"), str) or type(row.get("tokens")) is not int:
                raise Failed(f"{OUT}, line {number}: not an object with id and tokens")
            if row["id"] in lines:
                raise Failed(f"{OUT}, line {number}: {row['id']} stands there twice")
            lines[row["id"]] = row
        if text and not text.endswith("\n"):
            raise Failed(f"{OUT} ends in the middle of a line")
        return lines

    def has_answers(self, questions=None, but=()):
        """Every question's answer as it was given, with its tokens."""
        lines = self.lines()
        for number, question in enumerate(self.questions if questions is None else questions):
            if number in but:
                continue
            line = lines.get(question["id"])
            if line is None:
                raise Failed(f"question {number + 1} of {len(self.questions)} has no line in {OUT}; the collector "
                             f"{self.ran.how()}")
            if line.get("answer") != question["answer"]:
                raise Failed(f"question {number + 1}: the answer in {OUT} is {str(line.get('answer'))[:80]!r}, "
                             f"not {question['answer'][:80]!r}")
            if line["tokens"] != question["paid"]:
                raise Failed(f"question {number + 1}: {line['tokens']} tokens in {OUT}, {question['paid']} were paid")
        extra = set(lines) - {q["id"] for q in self.questions}
        if extra:
            raise Failed(f"{OUT} has {len(extra)} lines of questions that were never asked")

    def has_error(self, number, tokens=0):
        line = self.lines().get(self.questions[number]["id"])
        if line is None:
            raise Failed(f"question {number + 1} got no answer that can be used, and has no line that says so")
        if "answer" in line or not isinstance(line.get("error"), str) or not line["error"]:
            raise Failed(f"question {number + 1} got no answer that can be used: its line must have an error and no answer")
        if line["tokens"] != tokens:
            raise Failed(f"question {number + 1}: {line['tokens']} tokens in its line, {tokens} were paid")

    def manners(self):
        """What holds of every record: nothing paid is asked again, nobody is hammered, waits are kept."""
        paid, last = set(), {}
        for asked in self.server.record:
            if asked.how == "unasked":
                raise Failed("a request has another model or request_id than it was asked for, or none")
            if asked.id in paid:
                raise Failed(f"{asked.id} was asked again after its answer had been paid")
            if asked.early > 0.05:
                raise Failed(f"after a 429 a request came {asked.early:.2f} s before Retry-After was over")
            if asked.id in last and asked.at - last[asked.id] < 0.9 * RETRY_GAP:
                raise Failed(f"{asked.id} was asked again after {asked.at - last[asked.id]:.2f} s; wait {RETRY_GAP} s at least")
            if asked.paid:
                paid.add(asked.id)
            last[asked.id] = self.over(asked)
        return self

    def over(self, asked):
        """When the collector was done with a request, at the earliest, so that a busy machine makes nobody look hasty."""
        if asked.how == "hold":
            return 0.0  # it was killed: another run may ask at once
        return asked.at + (0.7 * self.timeout if asked.how in ("drip", "silent") else 0)

    def ended(self, rc):
        if self.ran.rc != rc:
            raise Failed(f"it must end with status {rc}; it {self.ran.how()}")
        return self


# --- cases


def friendly(box):
    trial = Trial(box, "friendly", count=12).run().manners().ended(0)
    trial.has_answers()
    for asked in trial.server.record:
        messages = asked.body.get("messages")
        question = trial.server.questions[asked.id]
        if messages != [{"role": "user", "content": question["prompt"]}] or asked.body.get("max_tokens") != question["max_tokens"]:
            raise Failed("a request must carry the prompt as one message of the user, and the question's max_tokens")


def hard_text(box):
    trial = Trial(box, "hard text", count=14, hard_text=True).run().manners()
    trial.has_answers()


def waits(box):
    trial = Trial(box, "waits", count=4, script={1: ["429 1"], 2: ["429 1"]}).run().manners().ended(0)
    trial.has_answers()


def waits_for_a_date(box):
    trial = Trial(box, "date", count=2, script={0: ["429 1 date"]}).run().manners().ended(0)
    trial.has_answers()


def breakages(box):
    script = {0: ["500"], 1: ["reset", "503"], 2: ["cut"], 3: ["truncated"], 4: ["no usage"]}
    trial = Trial(box, "breakages", count=7, script=script).run().manners().ended(0)
    trial.has_answers()


def slow(box):
    trial = Trial(box, "slow", count=4, timeout=1.5, script={1: ["drip"], 2: ["silent"]})
    trial.run(seconds=12).manners().ended(0)
    trial.has_answers()


def endless(box):
    trial = Trial(box, "endless", count=3, timeout=3, script={1: ["endless"]}).run(seconds=12).manners().ended(0)
    trial.has_answers()


def stale(box):
    trial = Trial(box, "stale", count=5, script={1: ["stale"], 3: ["stale"]}).run().manners().ended(0)
    trial.has_answers()


def another_model(box):
    trial = Trial(box, "another model", count=5, script={2: ["another model"]}).run().manners().ended(0)
    trial.has_answers(but={2})
    trial.has_error(2, tokens=trial.questions[2]["paid"])


def no_means_no(box):
    trial = Trial(box, "no", count=5, script={1: ["400"] * 9, 3: ["302"] * 9}).run()
    if any(asked.path != PATH for asked in trial.server.record):
        raise Failed("a redirect was followed, and the key with it")
    trial.manners().ended(0)
    for number, what in ((1, "a 400"), (3, "a redirect")):
        times = len(trial.server.of(trial.questions[number]["id"]))
        if times != 1:
            raise Failed(f"{what} is an answer for good; that question was asked {times} times")
        trial.has_error(number)
    trial.has_answers(but={1, 3})


def wrong_key(box):
    trial = Trial(box, "wrong key", count=4, right_key=False).run().ended(1)
    if len(trial.server.record) != 1:
        raise Failed(f"a 401 ends the run; {len(trial.server.record)} requests were sent")


def gives_up(box):
    trial = Trial(box, "gives up", count=4, tries=3, script={1: ["500"] * 50}).run().manners().ended(0)
    times = len(trial.server.of(trial.questions[1]["id"]))
    if times != 3:
        raise Failed(f"with --tries 3 a question that always fails was asked {times} times")
    trial.has_error(1)
    trial.has_answers(but={1})


def budget(box):
    probe = make_questions(box.context.rng("budget"), 12)
    fits = 7
    limit = sum(q["paid"] for q in probe[:fits - 1]) + probe[fits - 1]["cost"]
    trial = Trial(box, "budget", count=12, budget=limit, script={2: ["500"]}).run().manners()
    spent = trial.server.spent()
    if spent > limit:
        raise Failed(f"{spent} tokens were spent of a budget of {limit}")
    allowed = 0
    spent_by_rule = 0
    for question in trial.questions:
        if spent_by_rule + question["cost"] > limit:
            break
        spent_by_rule += question["paid"]
        allowed += 1
    if len(trial.lines()) != allowed:
        raise Failed(f"{len(trial.lines())} questions were asked; until the first that might not fit there are {allowed}")
    trial.has_answers(trial.questions[:allowed])
    trial.ended(3)
    before = len(trial.server.record)
    trial.run().ended(3)
    if len(trial.server.record) != before:
        raise Failed("started again with nothing left of its budget, it asked again")


def power_cut(box):
    trial = Trial(box, "power cut", count=9, script={2: ["500"], 5: ["hold"]})
    trial.run(until=trial.server.held.is_set)
    if trial.ran.killed != "asked":
        raise Failed(f"its 6th question was never asked: it {trial.ran.how()}")
    kept = trial.box.left(OUT)
    try:
        whole = [parse_json(line) for line in kept.decode("utf-8").split("\n")[:-1]]
    except (UnicodeDecodeError, Failed):
        whole = []
    if len(whole) != 5:
        raise Failed(f"killed while it waited for its 6th answer, it had {len(whole)} of the 5 answers before in its file")
    # The power went while a line was written: half of it is there. Its question is the one that was never answered.
    torn = json.dumps({"id": trial.questions[5]["id"], "answer": "half an ans"})[:-3].encode()
    box.append(OUT, torn)
    trial.run().manners().ended(0)
    trial.has_answers()
    if [asked for asked in trial.server.record[-1:] if asked.how == "hold"]:
        raise Failed("started again, it asked nothing")


def resumes_within_budget(box):
    """What an earlier run has spent counts, also for an answer that could not be used."""
    probe = make_questions(box.context.rng("two runs"), 10)
    limit = sum(q["paid"] for q in probe[:6]) + probe[6]["cost"] - 1
    trial = Trial(box, "two runs", count=10, budget=limit, script={1: ["another model"], 4: ["hold"]})
    trial.run(until=trial.server.held.is_set)
    if trial.ran.killed != "asked":
        raise Failed(f"its 5th question was never asked: it {trial.ran.how()}")
    trial.run().manners().ended(3)
    spent = trial.server.spent()
    if spent > limit:
        raise Failed(f"{spent} tokens were spent of a budget of {limit}, over two runs")
    trial.has_answers(trial.questions[:6], but={1})
    if len(trial.lines()) != 6:
        raise Failed(f"6 questions fit into the budget, {len(trial.lines())} have a line")


def keeps_the_key(box):
    trial = Trial(box, "key", count=3, tries=2, script={0: ["500 echo"] * 9, 1: ["500 echo"]}).run().manners()
    trial.has_error(0)
    trial.has_answers(but={0})
    Trial(box, "key refused", count=2, right_key=False).run()


def hand_out(context, folder):
    questions = make_questions(context.rng("handed out"), 20)
    (folder / "questions.jsonl").write_text(question_file(questions), encoding="utf-8")


def assignment(context):
    return Assignment(
        name="4-collector", title="4. A collector and a hostile server", files=[PROGRAM], optional=["report.md"],
        by_hand=[("report.md: what is still lost or paid twice, and when", 10),
                 ("the code: small, readable, one place for each decision", 10)],
        cases=[
            Case("a friendly server", 8, friendly, 60, 300, "the protocol of the handout"),
            Case("answers of every kind of text", 5, hard_text, 60, 300, "JSON lines: one line is one JSON object, whatever it says"),
            Case("429 with Retry-After in seconds", 5, waits, 60, 300, "nothing at all is asked before the time is over"),
            Case("429 with Retry-After as a date", 2, waits_for_a_date, 60, 300, "RFC 9110, section 10.2.3; email.utils"),
            Case("500, 503, cut connections, broken JSON", 8, breakages, 60, 300, "each of them is asked again, after a pause"),
            Case("slow bodies and silence", 6, slow, 60, 300, "a socket's timeout is of one read; --timeout is of the whole request"),
            Case("a body without end", 3, endless, 60, 300, "read no more than an answer can be"),
            Case("another question's answer", 4, stale, 60, 300, "request_id comes back"),
            Case("another model's answer", 4, another_model, 60, 300, "paid, not usable, not asked again"),
            Case("a no that is meant: 400 and redirects", 5, no_means_no, 60, 300, "urllib follows redirects by itself"),
            Case("an unknown key", 2, wrong_key, 60, 300, "a 401 ends the run with status 1"),
            Case("a question that always fails", 3, gives_up, 60, 300, "--tries, then a line with an error"),
            Case("the budget", 7, budget, 60, 300, "before asking: what is spent, and what this one may cost"),
            Case("killed, with half a line, and started again", 10, power_cut, 60, 300, "flush each line before the next question"),
            Case("the budget over two runs", 4, resumes_within_budget, 60, 300, "what was spent stands in the output"),
            Case("the key is kept", 4, keeps_the_key, 60, 300, "also from an error message that has it in it"),
        ])
