"""Assignment 3: the divergence from a few known tokens and the rest, held to the formula in float64.

The reference is written here a second time, from the formula, by math.fsum; the gradients of small rows come from finite
differences of its values and from nothing else. Tolerances were set by the product's own implementation, in float32: how
far it is from them, and how that was tried, stands in docs/course/3-topk-tail.md."""

import json
import math
import struct

from grading import Assignment, Case, Failed

STARTER_MOST = 8  # it compiles, and is never finite
ABSOLUTE, RELATIVE, RELATIVE_HARD = 3e-6, 3e-5, 1e-4
COMPILE = ["g++", "-std=c++20", "-O2", "-Wall", "-Wextra", "-pthread", "-I", "include"]


def float32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


# --- the formula


def log_sum(values):
    top = max(values)
    return top + math.log(math.fsum(math.exp(v - top) for v in values))


def loss_of(row):
    """sum over known of t log(t / s) + rest log(rest / S(rest)), each log S from its own sum."""
    logits, known = row["logits"], dict(zip(row["ids"], row["known"]))
    whole = log_sum(logits)
    terms = [t * (math.log(t) - (logits[i] - whole)) for i, t in known.items() if t > 0]
    others = [z for i, z in enumerate(logits) if i not in known]
    if row["rest"] > 0 and others:
        terms.append(row["rest"] * (math.log(row["rest"]) - (log_sum(others) - whole)))
    return math.fsum(terms)


def slopes_by_differences(row):
    """Of the formula's value, central, in float64; times the row's scale."""
    slopes, step = [], 1e-5
    for i, z in enumerate(row["logits"]):
        ends = []
        for way in (step, -step):
            moved = dict(row, logits=row["logits"][:i] + [z + way] + row["logits"][i + 1:])
            ends.append(loss_of(moved))
        slopes.append(row["scale"] * (ends[0] - ends[1]) / (2 * step))
    return slopes


def slopes_in_closed_form(row):
    """Fast enough for long rows; tests/course/formula_test.py holds it to the differences."""
    logits, known = row["logits"], dict(zip(row["ids"], row["known"]))
    whole = log_sum(logits)
    others = [z for i, z in enumerate(logits) if i not in known]
    rest = row["rest"] if others else 0
    mass = math.fsum(row["known"]) + rest
    tail = log_sum(others) if rest > 0 else 0
    slopes = []
    for i, z in enumerate(logits):
        slope = mass * math.exp(z - whole)
        if i in known:
            slope -= known[i]
        elif rest > 0:
            slope -= rest * math.exp(z - tail)
        slopes.append(row["scale"] * slope)
    return slopes


# --- rows


def make_row(rng, vocab, count, spread=2.0, shift=0.0, scale=1.0, teacher=None):
    """A row of a student's logits and what is known of a teacher's, all of them float32 numbers."""
    logits = [float32(rng.gauss(0, spread) + shift) for _ in range(vocab)]
    taught = teacher or [rng.gauss(0, spread) for _ in range(vocab)]
    whole = log_sum(taught)
    ids = sorted(range(vocab), key=lambda i: -taught[i])[:count]
    known = [float32(math.exp(taught[i] - whole)) for i in ids]
    others = [z for i, z in enumerate(taught) if i not in set(ids)]
    rest = float32(math.exp(log_sum(others) - whole)) if others else 0.0
    together = list(zip(ids, known))
    rng.shuffle(together)
    return {"logits": logits, "ids": [i for i, _ in together], "known": [t for _, t in together], "rest": rest,
            "scale": float32(scale)}


def as_line(row):
    words = [str(len(row["logits"])), str(len(row["ids"]))]
    words += [float(x).hex() if math.isfinite(x) else repr(x) for x in [row["rest"], row["scale"]] + row["logits"]]
    words += [str(i) for i in row["ids"]] + [float(t).hex() for t in row["known"]]
    return " ".join(words)


# --- running


def compiled(box):
    def make():
        for name in ("known_tokens.h", "vectorised.h"):
            box.put(f"include/core/fused/{name}", (box.context.root / "core/fused" / name).read_bytes())
        box.put("known_tokens.cc", box.bytes_of("known_tokens.cc"))
        rows = box.context.build / "course/libcourse_rows.a"  # given/rows.cc, which the build has compiled
        if not rows.exists():
            raise RuntimeError(f"{rows} is not there: build the repository first")
        ran = box.run(COMPILE + ["known_tokens.cc", rows, "-o", "rows"], seconds=90, repository=False, readable=[rows])
        if ran.rc != 0:
            raise Failed("it does not compile: " + ran.why(), later="it does not compile")
        return box.left("rows", 64 << 20)

    return box.once("rows", make)


def losses_and_slopes(box, rows, threads=1):
    program = compiled(box)
    path = box.put("program", program)
    path.chmod(0o755)
    box.put("rows.txt", "".join(as_line(row) + "\n" for row in rows))
    ran = box.run(["./program", threads, "rows.txt", "out.txt"], seconds=30, repository=False)
    if ran.rc != 0:
        raise Failed("the program with your function " + ran.how(), hint="")
    lines = box.left_text("out.txt").splitlines()
    if len(lines) != len(rows):
        raise Failed(f"of {len(rows)} rows {len(lines)} came back", hint="")
    results = []
    for line, row in zip(lines, rows):
        try:
            loss, *slopes = (float.fromhex(word) for word in line.split())
        except (ValueError, OverflowError):
            raise Failed("what came back is no row of numbers", hint="") from None
        if len(slopes) != len(row["logits"]):
            raise Failed(f"a gradient of {len(slopes)} numbers for {len(row['logits'])} logits", hint="")
        results.append((loss, slopes))
    return results


def near(found, expected, absolute, relative):
    return math.isfinite(found) and abs(found - expected) <= absolute + relative * abs(expected)


def problem_of(row, result, slopes_of, what="both", relative=RELATIVE):
    """(what, hint) of a row's first number that is wrong; None where all are right."""
    loss, slopes = result
    shape = f"{len(row['logits'])} logits, {len(row['ids'])} known"
    expected = loss_of(row) if what != "slopes" else loss
    if what != "slopes" and not near(loss, expected, ABSOLUTE, relative):
        scaled = near(loss, row["scale"] * expected, ABSOLUTE, relative)
        return f"{shape}: the loss is {loss:.7g}, not {expected:.7g}", "the loss is returned without `scale`" if scaled else None
    absolute = ABSOLUTE * max(1.0, row["scale"])
    for i, (found, good) in enumerate(zip(slopes, slopes_of(row)) if what != "loss" else ()):
        if not near(found, good, absolute, relative):
            kind = "a known token" if i in row["ids"] else "one of the others"
            return (f"{shape}: the gradient by logit {i}, {kind}, is {found:.7g}, not {good:.7g}",
                    "the sign: the logits become the gradient, not a step" if near(-found, good, absolute, relative) else None)
    return None


def in_words(wrong, rows):
    return f"{len(wrong)} of {len(rows)} rows {'is' if len(wrong) == 1 else 'are'} wrong. {wrong[0][0]}"


def compare(rows, results, slopes_of=None, what="both"):
    """1 where all rows are right; Failed with the first that is not."""
    wrong = [problem for row, result in zip(rows, results) if (problem := problem_of(row, result, slopes_of, what))]
    if wrong:
        raise Failed(in_words(wrong, rows), 0 if len(wrong) * 4 > len(rows) else 0.5, hint=wrong[0][1])
    return 1


# --- cases


def beyond(check):
    """Of a case with rows of some special kind: while plain ones are wrong it teaches nothing but that."""

    def plain_are_wrong(box):
        rng = box.context.rng("plain")
        rows = [make_row(rng, 9, 3) for _ in range(3)]
        try:
            compare(rows, losses_and_slopes(box, rows), slopes_by_differences)
        except Failed:
            return True
        return False

    def checked(box):
        compiled(box)
        try:
            return check(box)
        except Failed as failed:
            if box.once("plain", lambda: plain_are_wrong(box)):
                failed.hint = "your plain rows are wrong already: mend those first"
            raise

    return checked


def compiles(box):
    compiled(box)


def values(box):
    rng = box.context.rng("values")
    rows = [make_row(rng, vocab, count) for vocab in (2, 7, 50, 1000, 4001) for count in (1, 5, 20) if count < vocab]
    return compare(rows, losses_and_slopes(box, rows), what="loss")


def gradients(box):
    rng = box.context.rng("gradients")
    rows = [make_row(rng, rng.randint(3, 12), rng.randint(1, 2)) for _ in range(12)]
    return compare(rows, losses_and_slopes(box, rows), slopes_by_differences, what="slopes")


def long_gradients(box):
    rng = box.context.rng("long gradients")
    rows = [make_row(rng, vocab, count, spread=3) for vocab in (300, 2048, 5003) for count in (1, 20, 100)]
    return compare(rows, losses_and_slopes(box, rows), slopes_in_closed_form, what="slopes")


def equality(box):
    rng = box.context.rng("equality")
    rows = []
    for vocab, count in ((6, 2), (40, 5), (900, 30)):
        taught = [float32(rng.gauss(0, 2)) for _ in range(vocab)]
        row = make_row(rng, vocab, count, teacher=taught)
        rows.append(dict(row, logits=[float32(z + 4) for z in taught]))
    for row, (loss, slopes) in zip(rows, losses_and_slopes(box, rows)):
        if not abs(loss) <= 3e-6:
            raise Failed(f"student and teacher are equal, and the loss is {loss:.3g}, not 0")
        worst = max(abs(s) for s in slopes)
        if not worst <= 3e-6:
            raise Failed(f"student and teacher are equal, and the gradient reaches {worst:.3g}, not 0", hint="")


def all_known(box):
    rng = box.context.rng("all known")
    rows = [make_row(rng, vocab, vocab) for vocab in (2, 5, 9, 64)]
    return compare(rows, losses_and_slopes(box, rows), slopes_in_closed_form)


def tail(box):
    """Little is known: almost all mass lies in the rest. Merging tokens loses divergence, so more known gives more."""
    rng = box.context.rng("tail")
    rows = []
    for _ in range(6):
        row = make_row(rng, 400, 3, spread=0.3)
        rows.append(row)
    compare(rows, losses_and_slopes(box, rows), slopes_in_closed_form)


def bound(box):
    rng = box.context.rng("bound")
    rows, counts = [], (1, 2, 8, 40, 119, 120)
    logits = [float32(rng.gauss(0, 2)) for _ in range(120)]
    taught = [rng.gauss(0, 2) for _ in range(120)]
    for count in counts:
        rows.append(dict(make_row(rng, 120, count, teacher=taught), logits=logits))
    losses = [loss for loss, _ in losses_and_slopes(box, rows)]
    for (a, k), (b, more) in zip(zip(losses, counts), zip(losses[1:], counts[1:])):
        if not -1e-5 <= a <= b + 1e-5:
            raise Failed(f"{k} known tokens give {a:.6g} and {more} give {b:.6g}: merging tokens can only lose divergence, "
                         "and none gives less than 0")
    return compare(rows, [(loss, []) for loss in losses], what="loss")


def hard(box):
    rng = box.context.rng("hard")
    rows = [make_row(rng, 50, 5, shift=shift) for shift in (3e4, -3e4, 900.0, -900.0)]
    # The student leaves next to nothing to the others, the teacher does not: from e^-32 on 1 - (the known) has too few digits in
    # double, too. And the other way round.
    for gap in (20.0, 32.0, 34.0, 36.0, 40.0, 45.0, -12.0, -45.0):
        row = make_row(rng, 30, 3)
        rows.append(dict(row, logits=[float32(z + (gap if i in row["ids"] else 0)) for i, z in enumerate(row["logits"])]))
    problems = [problem for row, result in zip(rows, losses_and_slopes(box, rows))
                if (problem := problem_of(row, result, slopes_in_closed_form, relative=RELATIVE_HARD))]
    if problems:
        raise Failed(in_words(problems, rows), (1 - len(problems) / len(rows)) / 2)


def contract(box):
    rng = box.context.rng("contract")
    rows = [make_row(rng, 20, 4, scale=scale) for scale in (0.125, 3.0)]
    zero = make_row(rng, 20, 4)  # a known token that the teacher never says
    zero["rest"] = float32(zero["rest"] + zero["known"][2])
    zero["known"][2] = 0.0
    none_left = make_row(rng, 20, 4)  # the teacher leaves nothing to the others
    mass = math.fsum(none_left["known"])
    none_left = dict(none_left, rest=0.0, known=[float32(t / mass) for t in none_left["known"]])
    nothing_known = dict(make_row(rng, 20, 4), ids=[], known=[], rest=1.0)
    rows += [zero, none_left, nothing_known]
    return compare(rows, losses_and_slopes(box, rows), slopes_in_closed_form)


def not_finite(box):
    rng = box.context.rng("not finite")
    rows = []
    for bad in (math.nan, math.inf):
        row = make_row(rng, 12, 3)
        row["logits"][rng.randrange(12)] = bad
        rows.append(row)
    never = make_row(rng, 12, 3)  # of probability 0: one of the others, and a known one that the teacher never says either
    at = next(i for i in range(12) if i not in never["ids"])
    never = dict(never, rest=float32(never["rest"] + never["known"][0]), known=[0.0] + never["known"][1:],
                 logits=[-math.inf if i in (at, never["ids"][0]) else z for i, z in enumerate(never["logits"])])
    *results, last = losses_and_slopes(box, rows + [never])
    problem = problem_of(never, last, slopes_in_closed_form)
    if problem:
        raise Failed(f"two of the logits are -inf. {problem[0]}", 0.5, hint="a logit of -inf is a token of probability 0")
    for row, (loss, _) in zip(rows, results):
        if not math.isnan(loss):
            raise Failed(f"one of the logits is {next(z for z in row['logits'] if not math.isfinite(z))}, and the loss is "
                         f"{loss:.6g}: a student that has gone astray must show")


def threads(box):
    rng = box.context.rng("threads")
    rows = [make_row(rng, 1500, 20) for _ in range(12)]
    one = losses_and_slopes(box, rows, 1)
    compare(rows[:3], one[:3], slopes_in_closed_form)
    for count in (2, 4):
        if repr(losses_and_slopes(box, rows, count)) != repr(one):
            raise Failed(f"{count} threads at once give other numbers than one: what does your function share between calls?")


def own_row(context):
    rng = context.rng("own row")
    row = make_row(rng, 6, 2, spread=1.0)
    for key in ("logits", "known"):
        row[key] = [float32(round(x, 2)) for x in row[key]]
    row["rest"] = float32(1 - math.fsum(row["known"]))
    return row


def by_hand(box):
    row = own_row(box.context)
    answers = box.json_of("answers.json")
    if not isinstance(answers, dict) or not isinstance(answers.get("gradient"), list):
        raise Failed('answers.json must hold {"loss": number, "gradient": [six numbers]}')
    found = [answers.get("loss")] + answers["gradient"]
    expected = [loss_of(row)] + slopes_by_differences(row)
    if len(found) != len(expected) or not all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in found):
        raise Failed('answers.json must hold {"loss": number, "gradient": [six numbers]}')
    right = sum(abs(f - e) <= 6e-4 for f, e in zip(found, expected))
    if right < len(expected):
        raise Failed(f"{right} of {len(expected)} numbers are those of your row (three decimals are enough)",
                     0.5 * right / len(expected))


def hand_out(context, folder):
    row = own_row(context)
    text = {"salt": context.salt_id, "logits": [round(z, 2) for z in row["logits"]],
            "known": {str(i): round(t, 2) for i, t in zip(row["ids"], row["known"])}, "rest": round(row["rest"], 2),
            "scale": 1}
    (folder / "row.json").write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")


def assignment(context):
    return Assignment(
        name="3-topk-tail", title="3. The top-k objective with a tail", files=["known_tokens.cc", "answers.json"],
        by_hand=[("derivation.md: the gradient, derived step by step", 10),
                 ("derivation.md: why a renormalised top-k is no bound, with an example of your own", 10)],
        optional=["derivation.md"], handed_out=["row.json"],
        cases=[
            Case("your row, by hand (answers.json)", 5, by_hand, hint="row.json of your own hand-out; natural logarithms"),
            Case("it compiles", 5, compiles, 120, hint="g++ -std=c++20 -O2 -Wall -Wextra; no other file of yours is seen"),
            Case("losses", 9, values, 120, hint="the formula of the handout, term by term"),
            Case("gradients by finite differences", 12, gradients, 120,
                 hint="differentiate log S(rest) as well: every logit outside the known tokens stands in it"),
            Case("gradients of long rows", 5, long_gradients, 120, hint="known tokens and others get different gradients"),
            Case("nothing where student and teacher are equal", 8, equality, 120,
                 hint="a divergence has the teacher's own entropy in it; a cross-entropy has not"),
            Case("all tokens known: the full KL", 6, beyond(all_known), 120, hint="then there is no bucket, and no logarithm of 0"),
            Case("most of the mass in the tail", 6, beyond(tail), 120, hint="the teacher's known probabilities are not made 1"),
            Case("a bound that rises with k", 4, beyond(bound), 120, hint="the data-processing inequality"),
            Case("hard logits", 14, beyond(hard), 120,
                 hint="subtract the largest; sum the others by themselves, 1 - (the known) has no digits left"),
            Case("scale, a known probability of 0, no rest", 3, beyond(contract), 120, hint="the comment in the header"),
            Case("logits that are not finite", 1, beyond(not_finite), 120, hint="a maximum by > passes over NaN"),
            Case("from several threads at once", 2, beyond(threads), 120, hint="no static, no global buffer"),
        ])
