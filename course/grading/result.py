"""What a grading has found out, and its JSON: the fields of Gradescope's results.json, which other platforms' importers
read too, and fields of our own that they pass over."""

from dataclasses import dataclass, field


@dataclass
class CaseResult:
    name: str
    points: float
    score: float
    status: str  # passed, partly, failed, error (of the grader: a person must look)
    output: str
    hint: str
    seconds: float


@dataclass
class Result:
    assignment: str
    title: str
    student: str
    salt_id: str
    walls: str  # which sandbox stood
    notes: list = field(default_factory=list)
    cases: list = field(default_factory=list)
    by_hand: list = field(default_factory=list)  # (what, points)
    seconds: float = 0.0

    @property
    def points(self):
        return sum(case.points for case in self.cases)

    @property
    def score(self):
        return sum(case.score for case in self.cases)

    @property
    def percent(self):
        return 100 * self.score / self.points if self.points else 0.0

    @property
    def summary(self):
        """"5 of 14 cases lost 28.6 points", or that none did."""
        lost = [case.points - case.score for case in self.cases if case.score < case.points]
        return f"{len(lost)} of {len(self.cases)} cases lost {sum(lost):.1f} points" if lost else "no case lost any"

    @property
    def errors(self):
        return [case for case in self.cases if case.status == "error"]


def as_json(result):
    """Reference: https://gradescope-autograders.readthedocs.io/en/latest/specs/ (results.json)."""
    tests = []
    for number, case in enumerate(result.cases, 1):
        output = case.output + (f"\nLook at: {case.hint}" if case.hint and case.status != "passed" else "")
        tests.append({"name": case.name, "number": str(number), "score": round(case.score, 4), "max_score": case.points,
                      "status": "passed" if case.status == "passed" else "failed", "output": output, "output_format": "text",
                      "extra_data": {"status": case.status, "seconds": round(case.seconds, 2)}})
    summary = [f"{result.title}: {result.score:.1f} of {result.points:g} points by machine; {result.summary}.", *result.notes]
    summary += [f"To be graded by a person: {what} ({points:g} points)." for what, points in result.by_hand]
    if result.errors:
        summary.append("The grader itself failed in " + ", ".join(case.name for case in result.errors) + ".")
    return {"score": round(result.score, 4), "max_score": result.points, "execution_time": round(result.seconds),
            "output": "\n".join(summary), "output_format": "text", "visibility": "visible",
            "stdout_visibility": "hidden", "tests": tests,
            "extra_data": {"format": "retort-course/1", "assignment": result.assignment, "student": result.student,
                           "salt_id": result.salt_id, "walls": result.walls, "errors": len(result.errors)}}


def as_text(result):
    lines = [f"{result.title} · {result.student} · {result.score:.1f} of {result.points:g} points; {result.summary}"]
    lines += [f"  note: {note}" for note in result.notes]
    for case in result.cases:
        lines.append(f"  {case.score:5.1f} / {case.points:<4g} {case.status:7} {case.name}")
        if case.status != "passed":
            lines += [f"                 {line}" for line in case.output.splitlines()[:12]]
            if case.hint:
                lines.append(f"                 look at: {case.hint}")
    lines += [f"     – / {points:<4g} person  {what}" for what, points in result.by_hand]
    return "\n".join(lines)
