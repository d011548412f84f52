import json


def spoil(context, folder):
    files = json.loads((folder / "runs.json").read_text())
    gone = {name.split("/")[0] for name, text in files.items()
            if name.endswith("/result.json") and json.loads(text)["seed"] == 1 and json.loads(text)["arm"] == "teacher"}
    (folder / "runs.json").write_text(json.dumps({k: v for k, v in files.items() if k.split("/")[0] not in gone}))
