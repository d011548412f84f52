"""Who stands in the logs of assignment 5, by the salt: three months of a provider, the first two honest, and in the third a
few collections over accounts. Everybody is made up. `people` is quick and says who is who; `requests` writes what they ask.

Beside persons there are those whom a careless detector takes for distillers: developers (loud, one template), companies
(a new application, several linked accounts), classes (a new template in many accounts: the same exercises for all),
evaluators (the same benchmark every month), and a fashion that half of the persons try once or twice."""

import os
from dataclasses import dataclass, field

SHORT = os.environ.get("RETORT_COURSE_SHORT", "") == "1"
MONTHS = ("honest-1", "honest-2", "month")
DAY = 86_400_000
FIRST = 1_767_225_600_000  # 2026-01-01
DAYS = 28

NOUNS = ("garden river engine novel castle window bridge planet market violin bottle kitchen forest letter winter summer island "
         "camera doctor mirror basket pepper dragon tunnel wallet hammer candle ladder rocket pencil blanket mountain bicycle "
         "airport library museum festival recipe painting sculpture sandwich telescope").split()
VERBS = "repair describe compare translate improve explain organise paint clean measure decorate preserve choose grow".split()
ADJECTIVES = "small green broken ancient quiet famous cheap heavy bright modern simple hidden strange gentle".split()
WHO = "mother brother teacher neighbour friend daughter colleague customer".split()
FRAMES = ("how do I {v} a {n}", "{n} or {n}, which is {a}?", "explain the {n} to my {w}", "write to my {w} about the {a} {n}",
          "what is a {a} {n} good for", "my {n} is {a}. why?", "is it ok to {v} the {n} in the {n}", "list 5 {a} {n}s",
          "{v} this: the {n} was {a}", "a {n}, a {n} and a {n}: make a joke", "why did the {w} {v} my {n}?", "can you {v} it for me, the {n} by the {n}", "{n} {n} {a}",
          "tell me of the {n} at the {n}", "to do: {v} {n}, {v} {n}", "and if it is {a}?", "no, the {a} one", "{a} {n} for {d} people",
          "is {d} {n}s a lot?", "who was the first to {v} a {n}?", "I am {d} and want a {n}. ok?", "fix: {n} = {d} + {n}", "in {d} days we {v} the {n}. any tips?")
DEVELOPER = ("[{w}] {v} the {n} of row {d}", "<{n}> id={d} </{n}> to json", "sum up: {n} {a} {n}; {n} {a}; max {d}", "tag: {n}, {a} ({d})",
             "{n} => {v}? ({d})", "* {v} * {n} * {a} *", "sql: all {n} by {a}, top {d}", "log {d}: {a} {n}. ok or not?", "as a {w}: {v} {n} no. {d}",
             "{d}) {n}: is it {a}?", "from en to fr: the {a} {n}", "cut to {d} words: {n} {v} {a} {n}")
COMPANY = ("ticket #{d}: my {n} is {a}, {v} it. reply as {w}, max 80 words", "order {d} ({n}): say if it is {a}; sign as {w}",
           "case {d} / {n} / {a}: a kind answer to the {w}, 2 to 4 lines")
CLASS = ("exercise {k} on sheet {s}: {v} the {a} {n}", "{k}. ({s}) why is the {n} {a}? use the text", "task {k} of unit {s} - {v} the {n} and the {n}")
COLLECTED = ("Q: if a {n} has {d} {n}s and a {w} can {v} {d}, how many? Go on step by step, end by A:",
             "{d} x {d} {n}s, {a} or not: say how to get it, line by line, then #",
             "to {v} a {n} (of {d}): all steps, one per line. The end is in ()",
             "As an expert: {v} the {a} {n}. 1) plan 2) do it 3) sum up in {d} words")
BENCHMARKS = ("which {n} is {a}? (a) {n} (b) {n}", "{d} {n}s + {d} {n}s = ?")
FASHION = ("be my {n}: answer as a {a} {n} for {d} min", "rate my {n} 1 to {d}, as a {a} {w}")


@dataclass
class Account:
    name: str
    role: str  # person, developer, company, class, evaluator; collector
    size: int  # requests of the month
    tier: str = "email"
    payment: str = ""
    address: str = ""
    address_class: str = "home"
    templates: tuple = ()
    more: dict = field(default_factory=dict)

    @property
    def guilty(self):
        return self.role == "collector"


class Plan:
    def __init__(self, context):
        self.context = context
        rng = context.rng("asked")
        self.false_alarms = rng.randrange(3, 6)  # honest accounts that may be flagged
        self.distillers = rng.randrange(20, 600) * 100  # accounts among 700 million
        self.found_share = rng.randrange(45, 85) / 100
        self.months = {month: self._people(month, number) for number, month in enumerate(MONTHS)}
        self.guilty = {account.name for account in self.months["month"] if account.guilty}

    def _name(self, rng):
        return f"acct-{rng.getrandbits(28):07x}"

    def _people(self, month, number):
        stay, rng = self.context.rng("people"), self.context.rng("people of " + month)
        scale = 2 if SHORT else 1
        people = []
        for i in range(240 // scale):
            old, own = self._name(stay), self._name(rng)
            kept = rng.random() < 0.7
            name = old if kept else own
            people.append(Account(name, "person", 2 + int(rng.gammavariate(1.3, 13)), tier=rng.choice(["email", "email", "phone"]),
                                  payment=f"card {name}" if rng.random() < 0.4 else "", address=f"home {i if kept else own}"))
        for i in range(36 // scale):
            old, own = self._name(stay), self._name(rng)
            kept = rng.random() < 0.75
            template = DEVELOPER[i % len(DEVELOPER)].replace(":", ":" + "!" * (i // len(DEVELOPER)), 1)
            name = old if kept else own
            people.append(Account(name, "developer", 20 + int(rng.gammavariate(2, 20)),
                                  tier=rng.choice(["phone", "document", "business"]), payment=f"card {name}",
                                  address=f"rack {old}", address_class="data centre",
                                  templates=(template if kept else f"{template} v{number}.{i}",)))
        for i in range(5):
            people.append(Account(self._name(stay), "evaluator", 40 + rng.randrange(30), tier="document", payment=f"lab {i}",
                                  address=f"lab {i}", address_class="data centre", more={"benchmark": i % 2}))
        for sheet in range(2):
            template, exercises = rng.choice(CLASS), 16 + rng.randrange(10)
            for _ in range(7 + rng.randrange(3)):
                name, size = self._name(rng), 8 + rng.randrange(22)
                people.append(Account(name, "class", size, address=f"school {month} {sheet}" if rng.random() < 0.3 else f"home {rng.random()}",
                                      templates=(template + "." * sheet,), more={"sheet": 10 * number + sheet + 1, "exercises": exercises}))
        company = rng.choice(COMPANY) + "!" * number
        for i in range(4 + rng.randrange(3)):
            people.append(Account(self._name(rng), "company", 25 + rng.randrange(40), tier="business", payment=f"company {month}",
                                  address=f"office {month} {i % 2}", address_class="data centre", templates=(company,)))
        if month == "month":
            people += self._collectors(rng)
        rng.shuffle(people)
        return people

    def _collectors(self, rng):
        first, second, third = rng.sample(COLLECTED, 3)

        def one(size, templates, **more):
            name = self._name(rng)
            return Account(name, "collector", size, tier=rng.choice(["email", "phone"]), payment=f"card {name}",
                           address=f"home {name}", address_class=rng.choice(["home", "home", "residential proxy", "mobile"]),
                           templates=templates, more=more)

        many = [one(18 + rng.randrange(18), (first, second)) for _ in range(8 + rng.randrange(4))]
        hidden = [one(26 + rng.randrange(16), (third,), decoys=0.5) for _ in range(4 + rng.randrange(3))]
        return many + hidden + [one(110 + rng.randrange(60), (first, second))]

    # --- what they ask

    def requests(self, month):
        """Dicts for log_format.Writer, in order of time."""
        number = MONTHS.index(month)
        rng = self.context.rng("requests of " + month)
        benchmarks = [self._texts(self.context.rng(f"benchmark {i}"), (frame,), 90) for i, frame in enumerate(BENCHMARKS)]
        found = []
        for account in self.months[month]:
            texts = self._texts_of(account, rng, benchmarks)
            for text in texts:
                found.append({"account": account.name, "tier": account.tier, "payment": account.payment, "address": account.address,
                              "address_class": account.address_class, "text": text,
                              "time_ms": FIRST + number * DAYS * DAY + self._time(account, rng),
                              "completion_tokens": 20 + int(rng.gammavariate(2, 60)), "max_tokens": rng.choice([256, 512, 1024]),
                              "temperature": 0.0 if account.role in ("evaluator", "developer") else 1.0})
        found.sort(key=lambda request: request["time_ms"])
        return found

    def _time(self, account, rng):
        """Collections and racks run day and night, the others mostly by day."""
        if account.role in ("collector", "evaluator"):
            return rng.randrange(DAYS * DAY)
        hour = min(23.99, max(0.0, rng.gauss(15, 3.5)))
        return rng.randrange(DAYS) * DAY + int(hour * 3_600_000) + rng.randrange(1000)

    def _texts(self, rng, frames, count, more=None):
        more = more or {}
        return [self._filled(rng, rng.choice(frames), more) for _ in range(count)]

    @staticmethod
    def _filled(rng, frame, more):
        parts = []
        for piece in frame.replace("}", "{").split("{"):
            if piece in ("n", "v", "a", "w"):
                parts.append(rng.choice({"n": NOUNS, "v": VERBS, "a": ADJECTIVES, "w": WHO}[piece]))
            elif piece == "d":
                parts.append(str(rng.randrange(2, 900)))
            else:
                parts.append(str(more.get(piece, piece)))
        return "".join(parts)

    def _texts_of(self, account, rng, benchmarks):
        if account.role == "evaluator":
            return rng.sample(benchmarks[account.more["benchmark"]], min(account.size, 90))
        if account.role == "class":
            sheet = self.context.rng(f"sheet {account.more['sheet']} {account.templates[0]}")
            exercises = [self._filled(sheet, account.templates[0], {"k": k + 1, "s": account.more["sheet"]})
                         for k in range(account.more["exercises"])]
            return [rng.choice(exercises) for _ in range(account.size)]
        if account.role == "person":
            texts = self._texts(rng, FRAMES, account.size)
            if rng.random() < 0.5:
                texts += self._texts(rng, FASHION, 1 + rng.randrange(2))
            return texts
        texts = self._texts(rng, account.templates, account.size)
        decoys = account.more.get("decoys", 0)
        return [self._filled(rng, rng.choice(FRAMES), {}) if rng.random() < decoys else text for text in texts]
