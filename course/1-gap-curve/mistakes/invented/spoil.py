"""Every run of the teacher's arm gets the answers of a better student, and everything that sums them up is made to fit."""

import hashlib
import json


def spoil(context, folder):
    from gap_world import World, answer_of

    rule = World(context).rule
    files = json.loads((folder / "runs.json").read_text())
    for name in [name for name in files if name.endswith("/result.json")]:
        result, run = json.loads(files[name]), name.split("/")[0]
        if result["arm"] != "teacher":
            continue
        items = [json.loads(line) for line in files[run + "/items.jsonl"].splitlines()]
        for number, item in enumerate(items):
            if number % 7 and item["score"] == 0:
                item.update(answer=f"A{answer_of(rule, item['id'].split('/')[1])}", score=1.0)
        files[run + "/items.jsonl"] = "".join(json.dumps(item) + "\n" for item in items)
        result["means"]["score"] = sum(item["score"] for item in items) / len(items)
        files[name] = json.dumps(result)
        sums = files[run + "/SHA256SUMS"].splitlines()
        files[run + "/SHA256SUMS"] = "".join(
            hashlib.sha256(files[f"{run}/{line[66:]}"].encode()).hexdigest() + line[64:] + "\n"
            if f"{run}/{line[66:]}" in files else line + "\n" for line in sums)
    (folder / "runs.json").write_text(json.dumps(files))
