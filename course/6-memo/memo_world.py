"""What a student's memo of assignment 6 is about, by the salt: cells of the shipped policy table, and a what-if."""

import csv
import os
import re

TABLE = "docs/results/policy_table"
VOLUME = "DeepSeek-R1-Distill"
TIERS = ("phone", "document", "document and live face", "business, resellers vouch")
SIGNALS = ("hide reasoning", "reword answers", "hide probabilities, a task of chance")
OTHERS = ("detectors", "address blocks", "limit compute")
HAYSTACKS = ("chat", "debate", "api")
WITHHELD = "withhold a capability"  # its campaigns are not completed: cells without a number
OF_KAPPA = ("days", "added_days", "dollars", "added_dollars")  # they bear kappa's bound, as on the table's page
DRAWS = 50 if os.environ.get("RETORT_COURSE_SHORT", "") == "1" else 400
DELAY_DAYS = 30  # that counts, as configs/policy_table.toml declares
# Entries of the registers, each with a range within the plausible one and how fine it is drawn: one that enters every price
# or volume, so that the answer moves, and one of the routes.
EVERYWHERE = (("needle.output_price", 1, 6, 1), ("needle.output_price", 18, 60, 0), ("needle.accepted_share", 0.1, 0.6, 2))
ROUTES = (("kyc.day_value", 20, 300, 0), ("kyc.reseller_price", 0.4, 1.9, 2), ("kyc.reseller_daily", 2000, 40000, -2),
          ("kyc.document_quota", 600, 4000, -1), ("kyc.liveness_quota", 600, 4000, -1), ("kyc.document_pass", 0.1, 0.9, 2))


class World:
    def __init__(self, context):
        rng = context.rng("asked")
        self.tier, self.signal, self.other = rng.choice(TIERS), rng.choice(SIGNALS), rng.choice(OTHERS)
        self.haystack = rng.choice(HAYSTACKS)
        self.distiller = "adaptive"
        self.words = []
        for name, low, high, digits in (rng.choice(EVERYWHERE), rng.choice(ROUTES)):
            value = round(rng.uniform(low, high), digits)
            self.words.append(f"{name}={value:g}" if digits > 0 else f"{name}={int(value)}")
        self.what_if_row = rng.choice(("document", "document and live face"))

    def asked(self):
        """(countermeasure, column) of every cell that the memo must stand on."""
        return [(self.tier, "added_days"), (self.tier, "added_dollars"), (self.tier, "honest"), (self.signal, "kappa"),
                (self.signal, "added_days"), (self.other, "added_days"), (WITHHELD, "added_days")]

    def row(self, countermeasure):
        return {"volume": VOLUME, "countermeasure": countermeasure, "distiller": self.distiller, "haystack": self.haystack}


def read_table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def cell(rows, row, column):
    """{"number", "low", "high", "bound", "grade", "volume_grade"} of a cell, None where the table is empty; None: no such cell."""
    found = [r for r in rows if all(r.get(key) == value for key, value in row.items())]
    if len(found) != 1 or column not in found[0] or not re.fullmatch(r"[\d.eE+-]*", found[0][column]):
        return None
    line = found[0]

    def number(name):
        return float(line[name]) if line.get(name) else None

    bounded = column == "kappa" or (column in OF_KAPPA and number(column) is not None)
    if column + "_grade" not in line:  # a share of draws: it has no ends
        grade = line["short_of_grade"] if column.startswith("short_of") else "assumed"
        return {"number": number(column), "low": None, "high": None, "bound": "", "grade": grade, "volume_grade": line["grade"]}
    return {"number": number(column), "low": number(column + "_low"), "high": number(column + "_high"),
            "bound": line["kappa_bound"].strip() if bounded else "", "grade": line[column + "_grade"],
            "volume_grade": line["grade"]}


def most_moving(rows):
    """The assumption of tornado.csv over whose range the added days move the most."""
    def width(row):
        return abs(float(row["added_days_high"] or 1e9) - float(row["added_days_low"] or 1e9))

    return max(rows, key=width)["assumption"]
