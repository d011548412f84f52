"""The reference of assignment 6: cells looked up in the shipped table, the what-if run, the prose written around them."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from grading.kept import kept

HERE = Path(__file__).resolve().parent
CAVEATS = {
    "added_days": "an expectation over assumed prices and paces; the ends are the middle 90 % of draws, and no chance of being right",
    "added_dollars": "reckoned at registered prices, most of them assumed; what the distiller values a day at moves it",
    "honest": "people who are turned away or give up, by an assumed share; what losing the service means to them is not asked",
    "kappa": "measured on small students of one made-up world, carried over to a large one without evidence that it holds there",
}


def amount(value, column):
    if column in ("added_dollars",):
        return f"${abs(value):,.0f}" if value >= 0 else f"-${abs(value):,.0f}"
    if column == "honest":
        return f"{value / 1e6:.1f} million" if value >= 1e5 else f"{value:,.0f}"
    return f"{value:.2f}"


def span(claim, column):
    return f"{amount(claim['number'], column)} [{amount(claim['low'], column)} to {amount(claim['high'], column)}]"


def solve(context, folder):
    of = [*HERE.parent.glob("*.py"), *HERE.glob("*.py"), *(context.root / "docs" / "results").glob("*/*.csv"), context.build / "policy_table"]
    kept(context, "memo", folder, lambda place: make(context, place), of)


def make(context, folder):
    if str(HERE.parent) not in sys.path:
        sys.path.insert(0, str(HERE.parent))
    from memo_world import DRAWS, TABLE, World, cell, most_moving, read_table

    world = World(context)
    rows = read_table(context.root / TABLE / "summary.csv")
    claims = []
    for number, (countermeasure, column) in enumerate(world.asked(), 1):
        true = cell(rows, world.row(countermeasure), column)
        bound = "not within the horizon" if true["number"] is None else true["bound"]
        claims.append({"id": f"c{number}", "says": f"{column} of {countermeasure}", "row": world.row(countermeasure), "column": column,
                       **{key: true[key] for key in ("number", "low", "high")}, "bound": bound, "grade": true["grade"],
                       "volume_grade": true["volume_grade"], "caveat": f"{countermeasure}: {CAVEATS[column]}"})
    with tempfile.TemporaryDirectory(prefix="retort-memo-") as out:
        subprocess.run([context.build / "policy_table", f"draws={DRAWS}", *world.words, f"output_dir={out}/what_if"], cwd=context.root,
                       check=True, capture_output=True)
        table = read_table(Path(out) / "what_if" / "summary.csv")
    tried = [cell(table, world.row(world.what_if_row), column) for column in ("added_days", "added_dollars")]
    what_if = {"words": world.words, "delays_by_a_month": tried[0]["number"] is None or tried[0]["number"] >= 30}
    for name, true in zip(("added_days", "added_dollars"), tried):
        what_if[name] = {key: true[key] for key in ("number", "low", "high")}
    front = {"salt_id": context.salt_id, "claims": claims, "what_if": what_if,
             "moves_most": most_moving(read_table(context.root / TABLE / "tornado.csv"))}
    c = {f"c{i + 1}": claim for i, claim in enumerate(claims)}
    text = f"""# To the committee: what three countermeasures are worth, as far as anybody has reckoned

**In short.** Under the assumptions of the register, and against a distiller that takes its best response at a published volume of
800 000 requests, none of the three countermeasures that you ask about adds a month. What they add is cost, to the distiller and, for
some of them far more, to people who did nothing. Nearly every constant behind these sentences is assumed; where a number was
measured, it was measured on small students in a made-up world.

**"{world.tier}".** It adds {span(c['c1'], 'added_days')} days [c1], and {span(c['c2'], 'added_dollars')} to what the distiller
spends [c2]. In brackets stand the ends of the middle 90 % of draws over what the register holds plausible: how far an answer
moves, not how likely it is. A negative delay is no slip: where one route becomes dear, a faster and dearer one may be the cheapest.
Against that stand the honest people who are turned away or give up, {span(c['c3'], 'honest')} [c3]. The share that gives up is
assumed, and what the service means to them is not asked. I would not take this row as an argument for or against before that share
is known from a trial.

**"{world.signal}".** How many more samples a student then needs was measured here, on small students: at least
{amount(c['c4']['number'], 'kappa')} times as many [c4], a bound, since the students did not get there within the sizes tried. Carried
over to the published volume it adds at least {span(c['c5'], 'added_days')} days [c5]. That it carries over from a network of a hundred
thousand parameters to a large model is an assumption, and the weakest link of this memo.

**"{world.other}".** It adds {span(c['c6'], 'added_days')} days [c6]. A provider may want it for other reasons; as a means against an
adaptive distiller the table gives it little.

**Withholding a capability.** The campaign is then not completed within the horizon [c7], and the cell has no number. That is not the
same as being out of reach: in another experiment of this project, students that had distilled the rest relearnt what was withheld
faster than others, and teachers whose weights are open are a route that no provider touches.

**What if.** With {' and '.join(f'`{word}`' for word in world.words)} in place of the registered values, "{world.what_if_row}" adds
{span(what_if['added_days'], 'added_days')} days and {span(what_if['added_dollars'], 'added_dollars')}. Whether that is plausible is
for the committee to say; the register calls both ends of its ranges plausible and no more. Of all assumptions `{front['moves_most']}`
moves the delay most, so it is the first that a hearing should ask about.

**What this cannot say.** A published volume is what a report states, not what a campaign needs. Other providers, who would be asked
in place of this one, are in the table only as a price. Nothing here says who distilled whom, nor whether that was allowed. And the
distiller of the table makes no mistakes; real ones do, which speaks for the detectors more than the table can.
"""
    (folder / "memo.md").write_text("---\n" + json.dumps(front, indent=1) + "\n---\n" + text, encoding="utf-8")
