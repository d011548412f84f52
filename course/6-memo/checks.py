"""Assignment 6: a policy memo whose every claim names its cell. Numbers, intervals and grades are held to the shipped table,
the what-if is run again, and the prose is searched for numbers that no claim bears and words that the table does not
allow. Whether it is a good memo, a person says."""

import math
import re
import tempfile
from pathlib import Path

from grading import Assignment, Case, Failed
from grading.kept import kept
from memo_text import forbidden, numbers, split, stands_on, words
from memo_world import DELAY_DAYS, DRAWS, TABLE, World, cell, most_moving, read_table

STARTER_MOST = 12
# Haystacks, volumes, the middle 90 % of draws, the delay that counts, the horizon: the handout names them.
KNOWN = (7e8, 3e8, 4e6, 8e5, 76, 90, DELAY_DAYS, 365)
NO_INPUT = ("draws=", "output_dir=")  # words of the what-if's command that are no assumption
WORDS = (350, 1000)
FREE_OF = 3  # so many kinds of words that the table does not allow cost all points


def assignment(context):
    world = World(context)

    def case(name, points, check, hint, seconds=20):
        return Case(name=name, points=points, check=lambda box: check(box, world), seconds=seconds, memory_mb=2000, hint=hint)

    cases = [
        case("the front matter is read, and yours", 4, front_is_read, "--- JSON ---; salt_id stands in yours.md"),
        case("a claim for every cell that was asked for", 6, all_asked, "yours.md lists them: row and column"),
        case("the claims' numbers are those of the table", 12, claim_numbers, "summary.csv: added_days is not days"),
        case("their intervals", 10, claim_intervals, "columns _low and _high of the same row"),
        case("their grades, and the volume's", 7, claim_grades, "columns _grade, and grade of the volume"),
        case("bounds and empty cells are told as such", 4, claim_bounds, "kappa_bound; an empty field is no zero"),
        case("each claim has a caveat of its own", 4, caveats, "docs/provider-side.md: what it does not show"),
        case("the what-if, run again", 12, what_if, f"build/policy_table draws={DRAWS} and the words of yours.md", 90),
        case("which assumption moves the delay most", 4, moves_most, "tornado.csv"),
        case("no number in the prose without a claim", 9, prose_numbers, "cite claims as [c1]; take their numbers, rounded"),
        case("no word that the table does not allow", 6, prose_words, "delays, costs, found, alleged: say what was reckoned"),
        case(f"length: {WORDS[0]} to {WORDS[1]} words", 2, prose_length, "a page and a half"),
    ]
    return Assignment(name="6-memo", title="Assignment 6: the policy memo", cases=cases, files=["memo.md"], handed_out=["yours.md"],
                      by_hand=[("an answer that its reader can act on, and would not misread", 10),
                               ("the caveats that matter most stand where the claim stands; both sides' cost is told", 10)])


def hand_out(context, folder):
    world = World(context)
    lines = "\n".join(f"- `{column}` of \"{countermeasure}\"" for countermeasure, column in world.asked())
    (folder / "yours.md").write_text(f"""# Your memo of assignment 6 (salt {context.salt_id})

The committee asks about "{world.tier}", "{world.signal}" and "{world.other}", and what happens where a capability is withheld,
against the {world.distiller} distiller in the haystack "{world.haystack}", at the volume "DeepSeek-R1-Distill".
Cells of {TABLE}/summary.csv that the memo must stand on:

{lines}

The what-if: `build/policy_table draws={DRAWS} {' '.join(world.words)} output_dir=mine/what_if`; of its summary.csv, `added_days`
and `added_dollars` of "{world.what_if_row}" (same volume, distiller and haystack).

`salt_id` in the front matter is "{context.salt_id}".
""", encoding="utf-8")


# --- the front matter


def memo(box, world):
    def make():
        front, prose = split(box.text_of("memo.md"))
        if front.get("salt_id") != box.context.salt_id:
            raise Failed(f"salt_id is {str(front.get('salt_id'))[:20]!r}, yours is {box.context.salt_id}")
        claims = [claim for claim in front["claims"] if isinstance(claim, dict)]
        ids = [claim.get("id") for claim in claims]
        if not all(isinstance(i, str) and re.match(r"c\d{1,3}\Z", i) for i in ids) or len(set(ids)) != len(front["claims"]):
            raise Failed("every claim is an object with an id of its own: c1, c2, ...")
        return front, claims, prose

    return box.once("memo", make)


def front_is_read(box, world):
    memo(box, world)


def place(claim):
    row = claim.get("row")
    ok = isinstance(row, dict) and all(isinstance(value, str) for value in row.values()) and isinstance(claim.get("column"), str)
    return ({key: row.get(key, "") for key in ("volume", "countermeasure", "distiller", "haystack")}, claim["column"]) if ok else ({}, "")


def true_cells(box, world):
    """[(claim, its cell)], of all claims; a claim without a cell has None. Missing ones of the asked count as None, too."""

    def make():
        rows = read_table(box.context.root / TABLE / "summary.csv")
        _, claims, _ = memo(box, world)
        found = [(claim, cell(rows, *place(claim)) if place(claim)[0] else None) for claim in claims]
        for countermeasure, column in world.asked():
            if (world.row(countermeasure), column) not in [place(claim) for claim in claims]:
                found.append(({"id": f'{column} of "{countermeasure}"'}, None))
        return found

    return box.once("cells", make)


def all_asked(box, world):
    _, claims, _ = memo(box, world)
    places = [place(claim) for claim in claims]
    missing = [asked for asked in world.asked() if (world.row(asked[0]), asked[1]) not in places]
    if missing:
        raise Failed(f"no claim stands on {missing[0][1]} of \"{missing[0][0]}\" in the asked row",
                     share=1 - len(missing) / len(world.asked()))


def each(box, world, right, words_):
    cells = true_cells(box, world)
    wrong = [claim.get("id", "?") for claim, true in cells if true is None or not right(claim, true)]
    if wrong:
        raise Failed(f"{words_}: {', '.join(wrong[:6])}", share=max(0.0, 1 - 2 * len(wrong) / len(cells)))


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def near(said, true):
    """Rounded to three digits or more, two below 10; an empty cell is null."""
    if true is None or said is None:
        return said is None and true is None
    return is_number(said) and abs(said - true) <= max(0.05 * abs(true) if abs(true) < 10 else 0.01 * abs(true), 0.006)


def claim_numbers(box, world):
    each(box, world, lambda claim, true: "number" in claim and near(claim["number"], true["number"]), "not the table's number")


def claim_intervals(box, world):
    each(box, world, lambda claim, true: near(claim.get("low"), true["low"]) and near(claim.get("high"), true["high"]), "not the table's interval")


def claim_grades(box, world):
    each(box, world, lambda claim, true: claim.get("grade") == true["grade"] and claim.get("volume_grade") == true["volume_grade"],
         "not the table's grade, or not the volume's")


def claim_bounds(box, world):
    def right(claim, true):
        bound = "not within the horizon" if true["number"] is None else true["bound"]
        return str(claim.get("bound", "")).strip() == bound

    each(box, world, right, "a bound, or an empty cell, is told wrongly")


def caveats(box, world):
    _, claims, _ = memo(box, world)
    texts = [str(claim.get("caveat", "")).strip().lower() for claim in claims]
    short = [claim["id"] for claim, text in zip(claims, texts) if len(text.split()) < 6]
    if not claims or short:
        raise Failed(f"a caveat of fewer than six words: {', '.join(short[:6])}", share=0.5 * (1 - len(short) / max(1, len(claims))))
    if len(set(texts)) < 0.6 * len(texts):
        raise Failed("one caveat for all of them says nothing of any", share=0.25)


# --- the what-if


def again(box, world):
    """(added_days, added_dollars) cells of our own run, which is kept: no word of it is the student's."""

    def make():
        with tempfile.TemporaryDirectory() as place:
            of = [*(box.context.root / "docs" / "results").glob("*/*.csv"), *(box.context.root / "configs" / "assumptions").glob("*.toml"),
                  box.context.build / "policy_table"]
            kept(box.context, f"what-if-{'-'.join(world.words)}", place, run, of)
            rows = read_table(Path(place) / "summary.csv")
        return [cell(rows, world.row(world.what_if_row), column) for column in ("added_days", "added_dollars")]

    def run(place):
        results = box.context.root / "docs" / "results"
        ran = box.run([box.context.build / "policy_table", f"results={results}", f"draws={DRAWS}", *world.words, "output_dir=what_if", "threads=2"],
                      readable=[results])
        if ran.rc != 0:
            raise RuntimeError(f"policy_table: {ran.why()}")
        (place / "summary.csv").write_bytes(box.left("what_if/summary.csv"))

    return box.once("what-if", make)


def what_if(box, world):
    front, _, _ = memo(box, world)
    said = front.get("what_if")
    if not isinstance(said, dict):
        raise Failed("the front matter has no what_if")
    said_words = said.get("words") if isinstance(said.get("words"), list) else []
    if sorted(word for word in map(str, said_words) if not word.startswith(NO_INPUT)) != sorted(world.words):
        raise Failed(f"what_if: words are the two assumptions of yours.md: {', '.join(world.words)}")
    found = again(box, world)
    right, of = 0, 0
    for name, true in zip(("added_days", "added_dollars"), found):
        part = said.get(name)
        part = part if isinstance(part, dict) else {}
        of += 3
        right += sum(name_ in part and near(part[name_], true[name_]) for name_ in ("number", "low", "high"))
    days = found[0]["number"]
    delays = days is None or days >= DELAY_DAYS
    of += 1
    right += said.get("delays_by_a_month") is delays
    if right < of:
        raise Failed(f"{right} of {of} values are those of our run", share=right / of)


def moves_most(box, world):
    front, _, _ = memo(box, world)
    true = most_moving(read_table(box.context.root / TABLE / "tornado.csv"))
    if front.get("moves_most") != true:
        raise Failed("the widest bar of the tornado is another one")


# --- the prose


def prose_of(box, world):
    front, claims, prose = memo(box, world)
    if words(prose) < WORDS[0] / 2:
        raise Failed("there is no memo yet below the front matter")
    return front, claims, prose


def prose_numbers(box, world):
    front, claims, prose = prose_of(box, world)
    values = list(KNOWN)
    said = front.get("what_if") if isinstance(front.get("what_if"), dict) else {}
    for part in [*claims, said.get("added_days"), said.get("added_dollars")]:
        if isinstance(part, dict):
            values += [part[key] for key in ("number", "low", "high") if is_number(part.get(key))]
    values += [float(word.split("=")[1]) for word in world.words]
    uncited = [claim["id"] for claim in claims if f"[{claim['id']}]" not in prose]
    alone = [number[0] for number in numbers(prose) if not stands_on(number, values)]
    share = 1 - 0.15 * len(alone) - 0.5 * len(uncited) / max(1, len(claims))
    if alone:
        raise Failed(f"{', '.join(alone[:6])}: in no claim. Cite one that has it, or write it in words", share=max(0.0, share))
    if uncited:
        raise Failed(f"not cited: {', '.join(uncited[:6])}", share=max(0.0, share))


def prose_words(box, world):
    _, claims, prose = prose_of(box, world)
    found = forbidden(prose + " " + " ".join(str(claim.get("says", "")) for claim in claims))
    if found:
        raise Failed("; ".join(f"{word!r}: {why}" for word, why in found), share=max(0.0, 1 - len(found) / FREE_OF))


def prose_length(box, world):
    _, _, prose = memo(box, world)
    if not WORDS[0] <= words(prose) <= WORDS[1]:
        raise Failed(f"it has {words(prose)} words")
