"""A memo as text: its front matter, the numbers that its prose holds, and the words that the table does not allow."""

import json
import re

from grading import Failed

MOST = 60_000
FORBIDDEN = {  # word -> why the table does not allow it
    r"prevent(s|ed|ing)?|stop(s|ped|ping)?( \w+){1,2} from": "a row delays or costs; none of them prevents",
    r"prov(e|es|ed|en|ing)": "nothing here is a proof",
    r"undetectable|cannot be detected|can not be detected": "what detectors find depends on assumed numbers",
    r"theft|thief|thieves|steal(s|ing)?|stole|stolen(?! keys?\b)": "the table says nothing of right and wrong",
    r"guarantee(s|d|ing)?": "an interval is no guarantee",
    r"impossible": "not within the horizon is not impossible",
    r"certain(ly)?|without (a |any )?doubt": "nearly every constant is assumed",
    r"stop(s|ped) all|eliminat(e|es|ed)": "no row does that",
}
NUMBER = re.compile(r"(?<![\w.])(\$\s?)?([+\-−±]?)(\d{1,3}(?:[,\u00a0\u202f ]\d{3})+|\d+)(\.\d+)?"
                    r"(?:\s*(%|percent|per cent|thousand|million|billion))?(?![\w])")
SCALE = {"thousand": 1e3, "million": 1e6, "billion": 1e9}


def split(text):
    """(front matter, prose)."""
    if len(text) > MOST:
        raise Failed("memo.md is longer than any memo")
    parts = re.split(r"^---[ \t]*\r?$", text, maxsplit=2, flags=re.M)
    if len(parts) != 3 or parts[0].strip():
        raise Failed("memo.md begins with a line ---, then JSON, then a line ---")
    try:
        front = json.loads(parts[1])
    except (ValueError, RecursionError) as problem:
        raise Failed(f"the front matter is no JSON: {str(problem)[:150]}") from None
    if not isinstance(front, dict) or not isinstance(front.get("claims"), list) or len(front["claims"]) > 60:
        raise Failed("the front matter is an object with a list of claims")
    return front, parts[2]


def plain(prose):
    """Without headings' marks, references to claims, links and code."""
    prose = re.sub(r"```.*?```", " ", prose, flags=re.S)
    return re.sub(r"`[^`\n]*`|\]\([^)\n]*\)|\[c\d+\]", " ", prose)


def words(prose):
    return len(re.findall(r"[A-Za-z]+", plain(prose)))


def numbers(prose):
    """[(as it stands, value, half a unit of its last digit, whether in per cent)]. Bare whole numbers up to 12, years and the
    numbers of a list are no findings."""
    found = []
    for match in NUMBER.finditer(re.sub(r"^\s*\d+[.)]\s", "", plain(prose), flags=re.M)):
        money, _, whole, decimals, unit = match.groups()
        value = float(re.sub(r"\D", "", whole) + (decimals or ""))
        if not money and not unit and not decimals and (value <= 12 or 1900 <= value <= 2100):
            continue
        scale = SCALE.get(unit, 1.0)
        digits = len(decimals) - 1 if decimals else 0
        trailing = 0 if decimals or unit else len(re.search(r"0*$", re.sub(r"\D", "", whole)).group())
        found.append((match.group().strip(), value * scale, 0.5 * 10.0 ** (min(trailing, 3) - digits) * scale, unit in ("%", "percent", "per cent")))
    return found


def stands_on(number, values):
    """Whether a number of the prose is one of `values`, rounded as it is written there. In "175 million [52, 293]" the ends
    are millions, too."""
    text, value, half, per_cent = number
    scales = (1, 100) if per_cent else (1,) if any(unit in text for unit in SCALE) else (1, 1e-3, 1e-6, 1e-9)
    return any(abs(value - abs(true) * scale) <= half * 1.02 + 1e-9 for true in values for scale in scales)


def forbidden(prose):
    return [(re.search(rf"\b({pattern})\b", plain(prose), re.I).group(), why) for pattern, why in FORBIDDEN.items()
            if re.search(rf"\b({pattern})\b", plain(prose), re.I)]


def change_memo(folder, edit):
    """For planted mistakes: `edit(front, prose)` changes the front matter in place, and may return other prose."""
    path = folder / "memo.md"
    _, front, prose = path.read_text(encoding="utf-8").split("---\n", 2)
    front = json.loads(front)
    prose = edit(front, prose) or prose
    path.write_text("---\n" + json.dumps(front, indent=1) + "\n---\n" + prose, encoding="utf-8")
