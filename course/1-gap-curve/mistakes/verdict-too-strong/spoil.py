import json


def spoil(context, folder):
    said = json.loads((folder / "hypothesis.json").read_text())
    said.update(prediction="no difference that matters", smallest=0.001, verdict="supported")
    (folder / "hypothesis.json").write_text(json.dumps(said))
