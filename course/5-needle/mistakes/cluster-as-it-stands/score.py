"""The score of one shipped detector, made by build/detect; no look at who rings."""

import csv
import os
import subprocess
import tempfile
from pathlib import Path


def rarity(log, honest):
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([os.environ["RETORT_DETECT"], f"log={log}", f"honest={honest}", f"output_dir={out}"], check=True, capture_output=True)
        with open(Path(out) / "accounts.csv", newline="") as file:
            return {row["account"]: float(row["cluster_rarity"] or 0) for row in csv.DictReader(file)}


def main(logs, out):
    logs = Path(logs)
    with open(out, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["month", "account", "score"])
        for name, before in (("honest-2", "honest-1"), ("month", "honest-2")):
            for account, value in sorted(rarity(logs / name, logs / before).items()):
                writer.writerow([name, account, value])
