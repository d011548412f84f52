import json


def spoil(context, folder):
    files = json.loads((folder / "runs.json").read_text())
    name = next(name for name in files if name.endswith("/result.json") and json.loads(files[name])["arm"] == "teacher")
    result = json.loads(files[name])
    result["means"]["score"] += 0.05
    files[name] = json.dumps(result)
    (folder / "runs.json").write_text(json.dumps(files))
