"""Assignment 5: the distiller in a log. Who is who is made again from the salt (log_plan.py), quickly and without the log;
scores are judged by AUC and by the collectors found at so many honest alarms, the rest is the arithmetic of base rates."""

import csv
import io
import json
import math

from grading import Assignment, Case, Failed
from log_format import Writer
from log_plan import MONTHS, Plan

STARTER_MOST = 5
PEOPLE = 700_000_000
AUC_NOTHING, AUC_ALL, FOUND_ALL = 0.7, 0.98, 0.9


def assignment(context):
    plan = Plan(context)
    allowed = plan.false_alarms

    def case(name, points, check, hint):
        return Case(name=name, points=points, check=lambda box: check(box, plan), seconds=20, hint=hint)

    cases = [
        case("every account of both months has one score", 5, scores_are_whole, "score.py of the starter writes such a file"),
        case("collectors rank before honest accounts (AUC)", 18, ranking,
             "section 3, Things to count; and `cluster` in docs/policies.md"),
        case(f"collectors found at {allowed} honest accounts flagged", 18, found,
             "who else uses a template in many accounts, and what is different about them?"),
        case("the flagged: by the threshold, few honest ones, most collectors", 12, flags,
             "flagged = score >= threshold, in this month"),
        case("the false positive rate of an honest month, from above", 9, rate,
             "k / n is the estimate; wanted is the exact upper limit (with k = 0 about 3 / n)"),
        case("precision at 700 million accounts", 9, precision, "Bayes, with the base rate of yours.md"),
        case("honest people flagged", 4, people, "the rate, times the honest ones"),
        case("the false positive rate at which half of the flagged are honest", 5, even_odds, "true and false positives are as many"),
    ]
    return Assignment(name="5-needle", title="Assignment 5: the distiller in a log", cases=cases,
                      files=["scores.csv", "answers.json", "reason.md"], optional=["score.py"], handed_out=["yours.md"],
                      by_hand=[("the reason: what sets the flagged apart, checked on the honest months", 12),
                               ("what the log cannot say: a flag is no proof; what changes at 700 million", 8)])


def hand_out(context, folder):
    plan = Plan(context)
    writer = Writer(context.salt)
    for month in MONTHS:
        (folder / "logs" / month).mkdir(parents=True, exist_ok=True)
        with open(folder / "logs" / month / "log.jsonl", "w", encoding="ascii") as file:
            file.write(writer.head() + "\n")
            for request in plan.requests(month):
                file.write(writer.line(request) + "\n")
    (folder / "yours.md").write_text(f"""# Your logs of assignment 5 (salt {context.salt_id})

- logs/honest-1 and logs/honest-2 hold honest accounts alone; in logs/month there are collectors among them.
- You may flag at most {plan.false_alarms} honest accounts of logs/month.
- For the arithmetic: {plan.distillers:,} of {PEOPLE:,} accounts are a distiller's, and your rule finds {plan.found_share:.2f} of them.
- `salt_id` in answers.json is "{context.salt_id}".
""", encoding="utf-8")
    answers = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    answers["salt_id"] = context.salt_id
    (folder / "answers.json").write_text(json.dumps(answers, indent=2) + "\n", encoding="utf-8")


# --- the scores


def scores(box, plan):
    def make():
        rows = list(csv.reader(io.StringIO(box.text_of("scores.csv"))))
        if not rows or rows[0] != ["month", "account", "score"] or len(rows) > 10000:
            raise Failed("scores.csv: the header is month,account,score")
        found = {"honest-2": {}, "month": {}}
        for number, row in enumerate(rows[1:], 2):
            try:
                month, account, text = row
                value = float(text)
            except ValueError:
                raise Failed(f"scores.csv:{number}: three fields, the last one a number") from None
            if month not in found or not math.isfinite(value):
                raise Failed(f"scores.csv:{number}: the month is honest-2 or month, the score finite")
            if account in found[month]:
                raise Failed(f"scores.csv:{number}: {account[:30]} has a score already")
            found[month][account] = value
        for month, values in found.items():
            true = {account.name for account in plan.months[month]}
            if values.keys().isdisjoint(true):
                raise Failed(f"scores.csv: none of the accounts of {month} is one of yours (salt {box.context.salt_id}): "
                             "are these the logs of another student, or is this graded as another?")
            if values.keys() != true:
                raise Failed(f"scores.csv: of {len(true)} accounts of {month} {len(true - values.keys())} are missing, and "
                             f"{len(values.keys() - true)} are none of it")
        return found

    return box.once("scores", make)


def scores_are_whole(box, plan):
    scores(box, plan)


def area(guilty, honest):
    wins = sum((g > h) + 0.5 * (g == h) for g in guilty for h in honest)
    return wins / (len(guilty) * len(honest))


def sides(box, plan):
    values = scores(box, plan)["month"]
    return [v for a, v in values.items() if a in plan.guilty], [v for a, v in values.items() if a not in plan.guilty]


def partly(share, words):
    if share < 1:
        raise Failed(words, share=max(0.0, share))


def ranking(box, plan):
    auc = area(*sides(box, plan))
    partly((auc - AUC_NOTHING) / (AUC_ALL - AUC_NOTHING), f"AUC {auc:.2f}: {AUC_NOTHING} earns nothing, {AUC_ALL} all")


def found(box, plan):
    guilty, honest = sides(box, plan)
    bar = sorted(honest, reverse=True)[plan.false_alarms]  # above it lie so many honest ones at most
    share = sum(value > bar for value in guilty) / len(guilty)
    partly(share / FOUND_ALL, f"{100 * share:.0f} % of the collectors; {100 * FOUND_ALL:.0f} % earn all")


# --- the flags and the arithmetic


def answers_of(box, plan):
    answers = box.json_of("answers.json")
    if not isinstance(answers, dict):
        raise Failed("answers.json is no object")
    if answers.get("salt_id") != plan.context.salt_id:
        raise Failed(f"salt_id is {str(answers.get('salt_id'))[:20]!r}, yours is {plan.context.salt_id}")
    return answers


def number(answers, name):
    value = answers.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        raise Failed(f"answers.json: {name} is no number")
    return value


def flagged(box, plan):
    answers = answers_of(box, plan)
    threshold, values = number(answers, "threshold"), scores(box, plan)
    by_threshold = {account for account, value in values["month"].items() if value >= threshold}
    before = sum(value >= threshold for value in values["honest-2"].values())
    return answers, by_threshold, before, len(values["honest-2"])


def flags(box, plan):
    answers, by_threshold, _, _ = flagged(box, plan)
    said = answers.get("flagged")
    if not isinstance(said, list) or not all(isinstance(account, str) for account in said):
        raise Failed("flagged is a list of accounts")
    if set(said) != by_threshold:
        raise Failed(f"{len(set(said) ^ by_threshold)} accounts are flagged against the threshold")
    honest, guilty = len(by_threshold - plan.guilty), len(by_threshold & plan.guilty)
    if honest > plan.false_alarms:
        raise Failed(f"{honest} honest accounts are flagged; {plan.false_alarms} were allowed")
    partly(guilty / len(plan.guilty) / FOUND_ALL, f"{guilty} of {len(plan.guilty)} collectors are flagged, and {honest} honest accounts")


def upper_limit(k, n):
    """The exact one-sided 95 % limit of a rate (Clopper & Pearson 1934): the rate at which k or fewer of n have a chance of .05."""
    if k >= n:
        return 1.0
    low, high = k / n, 1.0
    for _ in range(60):
        p = (low + high) / 2
        chance = math.fsum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))
        low, high = (p, high) if chance > 0.05 else (low, p)
    return (low + high) / 2


def near(said, true, name, within=0.02):
    if abs(said - true) > within * abs(true):
        raise Failed(f"{name}: {said:.6g} does not follow from your scores, your threshold and yours.md")


def true_rate(box, plan):
    """(k, n, upper limit) of the honest month, at the student's own threshold."""
    _, _, k, n = flagged(box, plan)
    return k, n, upper_limit(k, n)


def own_rate(box, plan):
    """The student's limit: later steps are judged by what they make of it, so that k / n for the limit costs once. Nothing is
    made of 0, nor of a rate that is far from the honest month's."""
    answers = answers_of(box, plan)
    said = number(answers, "false_positive_rate_upper")
    k, n, limit = true_rate(box, plan)
    if not 0 < said < 1:
        raise Failed("it stands on a false positive rate that is none, or all: none seen is not 0")
    if not min(0.99 * k / n if k else limit, 0.5 * limit) <= said <= 2 * limit:
        raise Failed("it stands on a false positive rate that your honest month does not give")
    return answers, said


def rate(box, plan):
    answers = answers_of(box, plan)
    k, n, limit = true_rate(box, plan)
    if (number(answers, "honest_flagged_before"), number(answers, "honest_before")) != (k, n):
        raise Failed("honest_flagged_before of honest_before: not what the threshold gives on honest-2")
    said = number(answers, "false_positive_rate_upper")
    if not (k == 0 and abs(said - 3 / n) <= 0.01 * 3 / n):
        near(said, limit, "false_positive_rate_upper", 0.03)


def precision(box, plan):
    answers, limit = own_rate(box, plan)
    hits = plan.distillers * plan.found_share
    near(number(answers, "precision"), hits / (hits + (PEOPLE - plan.distillers) * limit), "precision")


def people(box, plan):
    answers, limit = own_rate(box, plan)
    near(number(answers, "honest_people_flagged"), (PEOPLE - plan.distillers) * limit, "honest_people_flagged")


def even_odds(box, plan):
    answers = answers_of(box, plan)
    near(number(answers, "false_positive_rate_for_even_odds"), plan.distillers * plan.found_share / (PEOPLE - plan.distillers),
         "false_positive_rate_for_even_odds")
