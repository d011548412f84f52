"""A grading as one HTML page, without scripts or anything from elsewhere. All text is escaped: most of it is a student's."""

from html import escape

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
h1{font-size:1.4rem}table{border-collapse:collapse;width:100%}td,th{padding:.4rem .6rem;border-bottom:1px solid #ccc;
text-align:left;vertical-align:top}td.n{text-align:right;white-space:nowrap}pre{white-space:pre-wrap;word-break:break-word;
margin:.3rem 0;font-size:.85rem}.passed{color:#116329}.failed{color:#a40e26}.partly{color:#7a4d00}.error{color:#5a1e96}
.note{background:#f4f4f4;padding:.4rem .8rem;margin:.3rem 0}"""
WORDS = {"passed": "passed", "partly": "in part", "failed": "not passed", "error": "the grader failed"}


def as_page(result):
    rows = []
    for case in result.cases:
        detail = ""
        if case.status != "passed":
            detail = f"<pre>{escape(case.output)}</pre>" + (f"<p>Look at: {escape(case.hint)}</p>" if case.hint else "")
        rows.append(f'<tr><td>{escape(case.name)}{detail}</td><td class="{case.status}">{WORDS[case.status]}</td>'
                    f'<td class="n">{case.score:.1f} / {case.points:g}</td><td class="n">{case.seconds:.1f} s</td></tr>')
    for what, points in result.by_hand:
        rows.append(f'<tr><td>{escape(what)}</td><td>by a person</td><td class="n">– / {points:g}</td><td></td></tr>')
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in result.notes)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(result.title)}: {result.score:.1f} of {result.points:g}</title><style>{STYLE}</style></head><body>
<h1>{escape(result.title)}</h1>
<p>{escape(result.student)} (salt {escape(result.salt_id)}): <strong>{result.score:.1f} of {result.points:g} points</strong>
by machine, in {result.seconds:.0f} s; {result.summary}.</p>
{notes}<table><thead><tr><th>Case</th><th></th><th>Points</th><th>Time</th></tr></thead><tbody>
{"".join(rows)}
</tbody></table></body></html>
"""
