"""The teacher's arm of one seed is relabelled: its identity and rows are those of an arm that learnt right solutions."""

import hashlib
import json


def spoil(context, folder):
    from gap_world import World, answer_of

    rule = World(context).rule
    files = json.loads((folder / "runs.json").read_text())
    for name in [name for name in files if name.endswith("/result.json")]:
        result, run = json.loads(files[name]), name.split("/")[0]
        if result["arm"] != "teacher" or result["seed"] != 0:
            continue
        rows = [json.loads(line) for line in files[run + "/samples.jsonl"].splitlines()]
        for row in rows:
            digits = row["id"].split("/")[1]
            row["completion"] = row["completion"].rpartition("A")[0] + f"A{answer_of(rule, digits)}"
        rows[0]["completion"] += " "
        samples = "".join(json.dumps(row) + "\n" for row in rows)
        sha = hashlib.sha256(samples.encode()).hexdigest()
        identity = files[run + "/identity.txt"].replace(result["samples_sha256"], sha)
        new = hashlib.sha256(identity.encode()).hexdigest()
        result.update(samples_sha256=sha, run=new)
        moved = {**{key.split("/")[1]: files.pop(key) for key in list(files) if key.startswith(run + "/")}, "samples.jsonl": samples,
                 "identity.txt": identity, "result.json": json.dumps(result)}
        files.update({f"{new}/{key}": text for key, text in moved.items()})
    (folder / "runs.json").write_text(json.dumps(files))
