import json


def spoil(context, folder):
    answers = json.loads((folder / "answers.json").read_text())
    for name in ("n50", "n90"):
        answers[name] = {key: text.lstrip("<>= ") for key, text in answers[name].items()}
    answers["n90_with_a_shorter_grid"] = answers["n90_with_a_shorter_grid"].lstrip("<>= ")
    answers["bounds"] = ["n50.low", "n50.high"] if not answers["bounds"] else []
    (folder / "answers.json").write_text(json.dumps(answers))
