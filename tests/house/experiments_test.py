"""An experiment that ships has its page made, shown and explained: each place that CONTRIBUTING.md names for one has it."""

import re
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAIN = re.compile(r"\breturn (lab::)?Main\(argc, argv, |\b(Simulation|Rounds)Main\(")  # a claim's; a simulation's


def problems(root):
    """What lacks, with what to do; "name: ..." each."""
    names = [path.stem for path in sorted((root / "experiments").glob("*.cc")) if MAIN.search(path.read_text(encoding="utf-8"))]
    default = re.search(r"\|\| set --((?:[^\n]*\\\n)*[^\n]*)", (root / "scripts/results").read_text(encoding="utf-8"))[1]
    sections = re.findall(r"^## (.*)$", (root / "docs/experiments.md").read_text(encoding="utf-8"), re.M)
    for name in names:
        if name not in default.split():
            yield f"{name}: add it to the default list of scripts/results, which makes its page"
        if not any(name in re.split(r"\W+", section) for section in sections):
            yield f"{name}: docs/experiments.md has no section `## {name}`; say the claim, the arms, the grid, what to watch for"
        if not (root / "docs/results" / name / "index.html").is_file():
            yield f"{name}: docs/results/{name}/ has no page; run scripts/results {name}"
        if not (root / f"configs/{name}.toml").is_file():
            yield f"{name}: there is no configs/{name}.toml, which it runs by"
    for name in default.replace("\\\n", " ").split():
        if name not in names:
            yield f"{name}: scripts/results makes its page, and experiments/{name}.cc is no experiment; take it out"


class Experiments(unittest.TestCase):
    def test_every_experiment_is_shown(self):
        self.assertEqual(list(problems(ROOT)), [])

    def tree(self, results, sections, pages, configs):
        """A root whose one experiment is `dummy`, with what is given of it."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        texts = {"experiments/dummy.cc": "  return Main(argc, argv, experiment);\n", "experiments/tool.cc": "int main() {}\n",
                 "scripts/results": f"[ $# -gt 0 ] || set --{results}\nfor name; do :; done\n",
                 "docs/experiments.md": f"# Experiments\n{sections}",
                 **{f"docs/results/{name}/index.html": "" for name in pages}, **{f"configs/{name}.toml": "" for name in configs}}
        for name, text in texts.items():
            path = Path(folder.name) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return Path(folder.name)

    def test_what_lacks_is_named(self):
        whole = {"results": " \\\n  dummy", "sections": "## dummy\n", "pages": ["dummy"], "configs": ["dummy"]}
        self.assertEqual(list(problems(self.tree(**whole))), [])
        for lacks, told in ({"results": ""}, "scripts/results"), ({"sections": "## dum\n"}, "docs/experiments.md"), (
                {"pages": []}, "docs/results/dummy/"), ({"configs": []}, "configs/dummy.toml"), (
                {"results": " dummy gone"}, "experiments/gone.cc"):
            found = list(problems(self.tree(**{**whole, **lacks})))
            self.assertEqual(len(found), 1, found)
            self.assertIn(told, found[0])


if __name__ == "__main__":
    unittest.main()
