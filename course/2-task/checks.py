"""Assignment 2: a task and its grader, held to what every task of the house must hold and to the rule of the student's card.

The rule is computed here, from the card; what the student's program says of its own answers is only compared with it."""

import itertools
import json
import re

from grading import Assignment, Case, Failed
from grading.box import parse_json

STARTER_MOST = 12  # it compiles, and refuses whatever it is shown
SOURCE = "ring_task.cc"
CONSONANTS, VOWELS = "bcdfghjklmnprstvwz", "aeiou"


# --- the card and its rule


def card(context):
    rng = context.rng("card")
    size = rng.choice([11, 13, 17, 19])
    word = "".join(rng.choice(letters) for letters in (CONSONANTS, VOWELS, CONSONANTS, CONSONANTS))
    up, mirror, times = rng.sample([c for c in CONSONANTS if c not in word], 3)
    return {"word": word, "size": size, "step": rng.randint(2, size - 2), "factor": rng.randint(2, 5),
            "trap": rng.randint(1, size - 2), "up": up, "mirror": mirror, "times": times}


def positions(of, start, moves):
    at, seen = start, []
    for letter in moves:
        if letter == of["up"]:
            at = (at + of["step"]) % of["size"]
        elif letter == of["mirror"]:
            at = of["size"] - 1 - at
        else:
            at = of["factor"] * at % of["size"]
        if at == of["trap"]:
            at = (at + 1) % of["size"]
        seen.append(at)
    return seen


def prompt_of(of, start, moves, form="?"):
    return f"{of['word']} {start} {moves}{form}"


def completion(of, start, moves, form="?"):
    seen = positions(of, start, moves)
    return (" ".join(map(str, seen)) + " " if form == "?" else "") + f"A{seen[-1]}"


def parse_prompt(of, prompt):
    """(start, moves, form), or Failed."""
    letters = of["up"] + of["mirror"] + of["times"]
    match = re.fullmatch(rf"{of['word']} (0|[1-9]\d?) ([{letters}]+)([?!])", prompt) if isinstance(prompt, str) else None
    if not match or int(match[1]) >= of["size"]:
        raise Failed(f"{prompt!r} is no question of your card: {prompt_of(of, 3, letters)!r} is one", hint="")
    return int(match[1]), match[2], match[3]


def in_words(value):
    """Of a program in C++, not of JSON in Python."""
    return "nullopt" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)


# --- the student's program


def link_line(box):
    """What the build links its own `ring` with, from build.ninja: libraries differ from system to system."""
    build = box.context.build
    try:
        text = (build / "build.ninja").read_text(encoding="utf-8")
        libraries = re.search(r"^build ring: .*?^  LINK_LIBRARIES = (.*?)$", text, re.M | re.S)[1].split()
    except (OSError, TypeError) as error:
        raise RuntimeError(f"{build}: not a build of this repository by ninja ({error})") from None
    return [str(build / word) if word.endswith(".a") else word for word in libraries]


def compiled(box):
    def make():
        root, build = box.context.root, box.context.build
        box.put(SOURCE, box.bytes_of(SOURCE))
        ran = box.run(["g++", "-std=c++20", "-O1", "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-DFMT_SHARED",
                       "-I", build / "fmt_first", "-I", root, SOURCE, "-o", "ring", *link_line(box)],
                      seconds=150, readable=[root / "core", root / "course/2-task/given"])
        if ran.rc != 0:
            raise Failed("it does not compile: " + ran.why(), later="it does not compile")
        return box.left("ring", 64 << 20)

    return box.once("ring", make)


def ask(box, questions, seconds=20, slow=""):
    """The program's answers to questions, each a dict. `slow`: the hint where they take longer."""
    program = box.put("program", compiled(box))
    program.chmod(0o755)
    text = "".join(json.dumps(question) + "\n" for question in questions)
    ran = box.run(["./program", "answer", "out.jsonl"], seconds=seconds, input=text, memory_mb=600)
    lines = []
    if ran.rc == 0 or ran.killed:
        lines = box.left_text("out.jsonl").splitlines()
    if ran.rc != 0 or len(lines) != len(questions):
        raise Failed(f"of {len(questions)} questions the program with your task answered {len(lines)}, and {ran.how()}",
                     hint=slow if ran.timed_out else "")
    answers = [parse_json(line, "out.jsonl") for line in lines]
    if not all(isinstance(answer, dict) for answer in answers):
        raise Failed("out.jsonl: not the answers that were asked for", hint="")
    return answers


def items(split, n, seed, least=3, most=6):
    return {"do": "items", "split": split, "n": n, "seed": seed, "min": least, "max": most}


def rows_of(answer, n=None):
    if "error" in answer:
        raise Failed(f"an Error where there is none: {str(answer['error'])[:200]}", hint="")
    rows = answer.get("items")
    if not isinstance(rows, list) or not all(isinstance(row, dict) and isinstance(row.get("prompt"), str) for row in rows):
        raise Failed("out.jsonl: not the answers that were asked for", hint="")
    if n is not None and len(rows) != n:
        raise Failed(f"`Items` returned {len(rows) or 'nothing'} where n = {n} and the world has more", hint="")
    return rows


def prompts(answer, n=None):
    return [row["prompt"] for row in rows_of(answer, n)]


def judge(prompt, expected, text):
    return {"do": "judge", "prompt": prompt, "expected": expected,
            "hex": (text if isinstance(text, bytes) else text.encode()).hex()}


# --- cases


def compiles(box):
    compiled(box)


def seed_of(box, name):
    return box.context.rng(name).randrange(1 << 40)


def items_are_right(box):
    of = card(box.context)
    rows = rows_of(ask(box, [items("train", 300, seed_of(box, "items"), 2, 7)])[0], 300)
    lengths, letters, starts = set(), set(), set()
    for row in rows:
        start, moves, form = parse_prompt(of, row["prompt"])
        if form != "?":
            raise Failed(f"{row['prompt']!r}: items ask for the steps, with '?'", hint="")
        if not 2 <= len(moves) <= 7:
            raise Failed(f"{row['prompt']!r} has {len(moves)} moves, asked for were 2 to 7", hint="")
        good = str(positions(of, start, moves)[-1])
        if row.get("answer") != good:
            raise Failed(f"{row['prompt']!r}: your item's answer is {row.get('answer')!r}, by your card it is {good!r}",
                         hint="`answer` is the last position alone, without the A" if row.get("answer") == "A" + good else None)
        if row.get("role") != "" or row.get("messages") != 1:
            raise Failed("a prompt is one message with no role", hint="")
        lengths.add(len(moves)), letters.update(moves), starts.add(start)
    if len({row["prompt"] for row in rows}) < 300 or len({row.get("id") for row in rows}) < 300:
        raise Failed("prompts or ids come twice", hint="")
    if lengths != set(range(2, 8)) or len(letters) != 3 or len(starts) != of["size"]:
        raise Failed("among 300 items not all lengths, letters and starts come up", 0.5, hint="")


def same_again(box):
    one = seed_of(box, "seed one")
    seeds = [one, one + 1, one + 2, one + (1 << 32), seed_of(box, "seed two")]  # a part of a seed is no seed
    questions = [items("train", 100, seed) for seed in seeds]
    first, again = ask(box, questions), ask(box, questions)
    if [rows_of(a) for a in first] != [rows_of(a) for a in again]:
        raise Failed("the same seed gives other items when the program runs again")
    pools = [set(prompts(answer, 100)) for answer in first]
    for (a, one_pool), (b, other) in itertools.combinations(zip(seeds, pools), 2):
        if len(one_pool & other) > 60:
            raise Failed(f"seeds {a} and {b} share {len(one_pool & other)} of 100 items: each seed has a pool of its own",
                         hint="the whole seed goes into the stream")


def first_of_many(box):
    seed = seed_of(box, "first of many")
    answers = ask(box, [items(split, n, seed) for split in ("train", "held_out") for n in (1, 37, 150)])
    for group in (answers[:3], answers[3:]):
        few, more, most = (prompts(answer, n) for answer, n in zip(group, (1, 37, 150)))
        if more[:1] != few or most[:37] != more:
            raise Failed("the first k of n items are not those of k")


def disjoint(box):
    rng = box.context.rng("disjoint")
    questions = [items("held_out", 400, rng.randrange(1 << 30))]
    questions += [items("train", 1500, rng.randrange(1 << 30)) for _ in range(4)]
    questions += [items("train", 800, rng.randrange(1 << 30), 1, 6), items("train", 150, 0, 3, 3)]
    answers = ask(box, questions)
    held_out = set(prompts(answers[0], 400))
    for question, answer in zip(questions[1:], answers[1:]):
        shared = held_out & set(prompts(answer))
        if shared:
            raise Failed(f"{len(shared)} held-out prompts are in the training pool of seed {question['seed']} "
                         f"(moves {question['min']} to {question['max']}), {sorted(shared)[0]!r} is one")
    prompts(answers[1], 1500)


def one_held_out_set(box):
    rng = box.context.rng("held out")
    answers = ask(box, [items("held_out", 200, rng.randrange(1 << 40)) for _ in range(3)])
    if not prompts(answers[0], 200) == prompts(answers[1], 200) == prompts(answers[2], 200):
        raise Failed("held-out items change with the seed: then no two students are measured by the same questions")


def small_world(box):
    of = card(box.context)
    answers = ask(box, [items("train", 10000, seed_of(box, "small"), 1, 2), items("held_out", 10000, 0, 1, 2),
                        items("retained", 10, 0)], seconds=15, slow="a draw that finds nothing new must give up one day")
    train, held_out = prompts(answers[0]), prompts(answers[1])
    whole = of["size"] * (3 + 9)
    if len(set(train)) != len(train) or len(set(held_out)) != len(held_out):
        raise Failed("where all is asked for, items come twice")
    if set(train) & set(held_out):
        raise Failed("training and held-out items share a prompt", hint="let each walk's own hash say which side it is on")
    if len(train) + len(held_out) < 0.97 * whole:
        raise Failed(f"there are {whole} questions of 1 or 2 moves; asked for all, your task gave {len(train)} for training and "
                     f"{len(held_out)} held out", hint="a draw must not give up before the last walk has come" if train else "")
    if not 0.08 * whole <= len(held_out) <= 0.45 * whole:
        raise Failed(f"{len(held_out)} of {whole} questions are held out; a tenth to four tenths is reasonable", 0.5)
    if prompts(answers[2]):
        raise Failed("there are no old skills here: Split::kRetained is empty")


def references(box):
    of = card(box.context)
    rows = rows_of(ask(box, [items("train", 60, seed_of(box, "references"))])[0], 60)
    for row in rows:
        start, moves, _ = parse_prompt(of, row["prompt"])
        if row.get("reference") != completion(of, start, moves):
            raise Failed(f"{row['prompt']!r}: your reference is {in_words(row.get('reference'))}, by your card it is "
                         f"{completion(of, start, moves)!r}", hint="the rule and the example of your own card, the trap too")
        bare = row.get("bare")
        expected = {"id": row.get("id"), "prompt": prompt_of(of, start, moves, "!"), "answer": row.get("answer"),
                    "reference": completion(of, start, moves, "!")}
        if bare != expected:
            found = "nullopt" if bare is None else json.dumps(bare).replace("null", "nullopt")
            raise Failed(f"{row['prompt']!r}: AnswerOnly is {found}, it must be {json.dumps(expected)}", 0.5,
                         hint="'!' in the place of '?'; id and answer stay")
    one, both = of["up"], (of["up"] + of["times"]) * 16
    known = {prompt_of(of, 1, moves, form): completion(of, 1, moves, form) for moves in (one, both) for form in "?!"}
    strange = ["", of["word"], f"{of['word']} 3", prompt_of(of, of["size"], one), prompt_of(of, 3, "?"), "big 4729?",
               prompt_of(of, 3, one, "."), prompt_of(of, 3, "", "?"), f"{of['word']} 1  {one}?", f"{of['word']}  1 {one}?",
               f" {of['word']} 1 {one}?", f"{of['word']} 01 {one}?", f"{of['word']} +1 {one}?", f"{of['word']} 1 {one}?\n"]
    asked = [*known, *strange]
    for prompt, answer in zip(asked, ask(box, [{"do": "reference", "prompt": p, "min": 3, "max": 6} for p in asked])):
        if answer.get("reference") != known.get(prompt):
            raise Failed(f"the reference of {prompt!r} is {in_words(answer.get('reference'))}, it must be "
                         f"{in_words(known.get(prompt))}", 0.7, hint="questions of your card of 1 to 32 letters, whatever the "
                         "config, with one blank between their parts; any other text is nullopt")


def walks(box, name, count):
    of, rng = card(box.context), box.context.rng(name)
    letters = of["up"] + of["mirror"] + of["times"]
    for _ in range(count):
        yield rng.randrange(of["size"]), "".join(rng.choice(letters) for _ in range(rng.randint(2, 6)))


def verdicts(box, cases, score, parsed):
    """cases: (prompt, expected, text, what it is). The share of the kinds that are judged as they must be."""
    answers = ask(box, [judge(*case[:3]) for case in cases])
    wrong, score_right = {}, False
    for (prompt, _, text, what), grade in zip(cases, answers):
        if grade.get("score") != score or grade.get("parsed") is not parsed:
            wrong.setdefault(what, f"{prompt!r}: {str(text)[:60]!r} ({what}) gets {grade.get('score')}, parsed "
                                   f"{in_words(grade.get('parsed'))}; it must get {score}, parsed {in_words(parsed)}")
            score_right = score_right or grade.get("score") == score
    if wrong:
        kinds = len({what for _, _, _, what in cases})
        raise Failed("; ".join(list(wrong.values())[:3]), max(0.0, 1 - 2 * len(wrong) / kinds) * 0.8,
                     hint="parsed and score are two things" if score_right else None)


def right_answers(box):
    of, cases = card(box.context), []
    for start, moves in walks(box, "right", 12):
        prompt, good = prompt_of(of, start, moves), str(positions(of, start, moves)[-1])
        cases += [(prompt, good, completion(of, start, moves), "the reference"), (prompt, good, f"A{good}", "no steps"),
                  (prompt, good, completion(of, start, moves) + " \t\r\n", "white space at the end"),
                  (prompt, good, f"9 9 9 A{good}", "wrong steps, right answer"),
                  (prompt, good, f"A{(int(good) + 1) % of['size']} no: A{good}", "the last A counts"),
                  (prompt_of(of, start, moves, "!"), good, f"A{good}", "the bare form")]
    verdicts(box, cases, 1, True)


def near_misses(box):
    of, refused, wrong = card(box.context), [], []
    for start, moves in walks(box, "near", 12):
        prompt, good = prompt_of(of, start, moves), positions(of, start, moves)[-1]
        shown = completion(of, start, moves)
        # A grader that looks for the answer anywhere takes some of these.
        for text, what in ((shown + ".", "something after it"), (f"a{good}", "a small letter"), (f"A {good}", "a space between"),
                           (f"A0{good}", "a leading zero"), (f"A+{good}", "a sign"), (f"A{good}A", "an A after it"),
                           (f"A{good}.0", "a decimal"), (f"{good}", "no mark"), (f"A{good} {good}", "two numbers"),
                           (f"A{good}\v", "a vertical tab after it"), (f"A{good}\f", "a form feed after it"),
                           (f"A{good}\n\nbut", "words after it"), (shown[:-len(str(good))], "cut off"),
                           (f"A{good + of['size']}", "off the ring"), (f"A-{good}", "a negative number")):
            refused.append((prompt, str(good), text, what))
        wrong.append((prompt, str(good), f"A{(good + 1) % of['size']}", "one beside it"))
        wrong.append((prompt, str(good), f"A{good} A{(good + 2) % of['size']}", "an A before the last"))
    verdicts(box, refused, 0, False)
    verdicts(box, wrong, 0, True)


def hostile_text(box):
    of, cases = card(box.context), []
    start, moves = next(walks(box, "hostile", 1))
    prompt, good = prompt_of(of, start, moves), str(positions(of, start, moves)[-1])
    fullwidth = "".join(chr(0xFF10 + int(d)) for d in good)
    for text, what in (("", "nothing"), ("A", "only A"), ("A" * 100000, "many As"), (b"A" + b"9" * 200000, "many digits"),
                       (b"\xff\xfe\x00A\x80", "no UTF-8"), (f"A{good}\0", "a NUL at the end"), ("A" + fullwidth, "fullwidth digits"),
                       (" " * 300000, "only spaces"), (b"\xc3", "half a letter"), (f"\u0391{good}", "a Greek Alpha"),
                       (f"A{good}\u00a0", "a no-break space"), ("A4294967296", "2^32"), ("A18446744073709551616", "2^64")):
        cases.append((prompt, good, text, what))
    verdicts(box, cases, 0, False)
    odd = ["", "?", "\0", of["word"] + " 1 ?", "x" * 100000, prompt_of(of, 10**9, "q")]
    for prompt, grade in zip(odd, ask(box, [judge(p, good, f"A{good}") for p in odd])):
        if grade.get("score") != 1:
            raise Failed(f"of an item with the prompt {prompt[:40]!r} and the answer {good!r}, 'A{good}' gets "
                         f"{grade.get('score')}; it must get 1", 0.5, hint="compare with item.answer and nothing else")


def steps(box):
    of, questions, expected = card(box.context), [], []
    rng = box.context.rng("step places")
    for start, moves in walks(box, "steps", 10):
        seen = positions(of, start, moves)
        good, prompt = str(seen[-1]), prompt_of(of, start, moves)
        k = rng.randrange(len(seen))
        bad = [(p + 1) % of["size"] if i == k else p for i, p in enumerate(seen)]
        shifted = [(seen[0] + 1) % of["size"]] + seen  # one step too many at the front
        for shown, share in ((seen, 1.0), (bad, 1 - 1 / len(seen)), ([], 0.0), (seen[:1], 1 / len(seen)),
                             (shifted, sum(a == b for a, b in zip(shifted, seen)) / len(seen))):
            questions.append(judge(prompt, good, " ".join(map(str, shown)) + f" A{good}"))
            expected.append(share)
        questions.append(judge(prompt, good, " ".join(map(str, seen))))  # without an A all words are steps
        expected.append(1.0)
        questions.append(judge(prompt_of(of, start, moves, "!"), good, f"A{good}"))
        expected.append(None)
    for question, grade, share in zip(questions, ask(box, questions), expected):
        found = grade.get("steps")
        fits = found is None if share is None else isinstance(found, (int, float)) and abs(found - share) < 1e-9
        if not fits:
            raise Failed(f"{question['prompt']!r}: {bytes.fromhex(question['hex']).decode()!r} has step_accuracy "
                         f"{in_words(found)}, not {in_words(share)}",
                         hint="a question with '?' has one, any other has none" if None in (found, share) else None)


def about(box):
    of = card(box.context)
    asked = [{"do": "about", "min": 3, "max": most} for most in (6, 6, 32)]
    answers = ask(box, asked)
    small, again, large = answers
    if not re.fullmatch(r"[0-9a-f]{64}", str(small.get("hash"))) or small.get("hash") != again.get("hash"):
        raise Failed("ContentHash must be a SHA-256 in hex, the same each time")
    if small.get("target") != of["word"]:
        raise Failed(f"Target is {small.get('target')!r}, the word of your card is {of['word']!r}")
    for answer, most in ((small, 6), (large, 32)):
        needed = len("10 " * most + "A10") + 1
        if not isinstance(answer.get("max_new_tokens"), int) or not needed <= answer["max_new_tokens"] <= 3 * needed:
            raise Failed(f"max_new_tokens is {answer.get('max_new_tokens')} for {most} moves: {needed - 1} characters, if every "
                         f"position had two digits, a token each, and one for the end: {needed}, and no more than {3 * needed}")


def bad_configs(box):
    bad = [(0, 6, "min_moves"), (-3, 6, "min_moves"), (7, 6, "min_moves"), (3, 33, "max_moves"), (3, 10**9, "max_moves")]
    answers = ask(box, [items("train", 1, 0, least, most) for least, most, _ in bad])
    for answer, (least, most, name) in zip(answers, bad):
        if name not in str(answer.get("error", "")):
            found = f"its words are {answer['error'][:100]!r}" if "error" in answer else "no Error was thrown"
            raise Failed(f"min_moves = {least}, max_moves = {most} must be an Error that names {name}; {found}")


def hand_out(context, folder):
    of = card(context)
    text = dict(of, salt=context.salt_id, example={"prompt": prompt_of(of, 1, of["up"] + of["times"] + of["mirror"]),
                                                  "completion": completion(of, 1, of["up"] + of["times"] + of["mirror"])})
    (folder / "card.json").write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")


def assignment(context):
    return Assignment(
        name="2-task", title="2. A task and its grader", files=[SOURCE], optional=["report.md"],
        handed_out=["card.json"],
        by_hand=[("report.md: what your task can and cannot measure, and what would fool its grader", 10),
                 ("the code: small, readable, comments that say why", 10)],
        cases=[
            Case("it compiles", 4, compiles, 180, 2500, "g++ -std=c++20 against core/ and the given header; no other file of yours is seen"),
            Case("items and their answers", 12, items_are_right, 60, hint="the rule of your own card, the trap too"),
            Case("the same seed, the same items", 6, same_again, 60, hint="RandomStream, named; no clock, no address, no std::hash"),
            Case("the first k of n are those of k", 5, first_of_many, 60, hint="n decides only where to stop"),
            Case("training and held-out share no prompt", 10, disjoint, 60, hint="let each walk's own hash say which side it is on"),
            Case("one held-out set for all seeds", 4, one_held_out_set, 60, hint="core/data/task.h, Items"),
            Case("a small world comes to its end", 6, small_world, 60),
            Case("reference solutions", 8, references, 60, hint="Reference parses the prompt; AnswerOnly keeps the id"),
            Case("right answers are accepted", 6, right_answers, 60, hint="the last A, then digits, then white space at most"),
            Case("near misses are refused", 8, near_misses, 60, hint="between the last A and the end a position in plain digits, and nothing else"),
            Case("hostile text", 3, hostile_text, 60, hint="an int has ten digits; ASCII only"),
            Case("steps", 4, steps, 60, hint="a step counts at its own place"),
            Case("what the task says of itself", 2, about, 60, hint="core/data/task.h"),
            Case("configs that make no sense", 2, bad_configs, 60, hint="Error, with the option's name"),
        ])
