import json


def spoil(context, folder):
    answers, hypothesis = (json.loads((folder / name).read_text()) for name in ("answers.json", "hypothesis.json"))
    for part in (answers["n50"], answers["n90"], answers["control"], hypothesis["result"]):
        part["low"], part["high"] = part["high"], part["low"]
    (folder / "answers.json").write_text(json.dumps(answers))
    (folder / "hypothesis.json").write_text(json.dumps(hypothesis))
