#!/usr/bin/env python3
"""Adds a dummy task, teacher, filter, objective, arm and experiment by the book, and runs them.

    tests/house/additions_test.py BUILD      77: skipped, the build is not Ninja's

The book is "How to add" in CONTRIBUTING.md and the README.md of the rooms. On a copy of the sources each dummy is written at
the places that both name, and at no other: a place that cannot be found, a file that they do not name, or an arrow that
the house forbids fails the test. Then a teacher answers, a student learns by the objective, and an experiment writes its
page.

To stay within a minute, only what changed is compiled, and what uses the types that changed; the rest comes out of the
libraries of the build, whose members a linker passes over where their symbols are there already.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else ROOT / "build"
COPIED = ["core", "teacher", "student", "experiments", "scripts", "docs", "configs", "CONTRIBUTING.md"]
NOT_COPIED = ["tests", "configs/models"]
# Where a type in a header changes, a source that names it, or sees it named by more than a reference, is compiled again.
CHANGED_TYPES = re.compile(r"\b(TaskConfig|TeacherConfig|kTaskKinds|kTeacherKinds)\b")
BY_REFERENCE = re.compile(r"const (TaskConfig|TeacherConfig)&")



# Where clang-format breaks these lines depends on how many there are already.
def longer_variant(name, alternative):
    """The edit that gives a variant one more alternative."""
    return rf"(using\s+{name}\s*=\s*std::variant<)([^>]*)", lambda match: f"{match[1]}{match[2]}, {alternative}"


def longer_table(name):
    """The edit that gives a table of names one more."""
    return (rf"array<std::string_view,\s*(\d+)>\s*{name}\s*=\s*\{{([^}}]*?),?\s*\}}",
            lambda match: f'array<std::string_view, {int(match[1]) + 1}> {name} = {{{match[2]}, "dummy"}}')


TASK = ("a task", "core/data", {
    "core/data/task.h": [
        (r"(?=using\s+TaskConfig\b)", "struct DummyConfig {\n  int digits = 3;\n};\n"),
        longer_variant("TaskConfig", "DummyConfig"),
        longer_table("kTaskKinds"),
        (r"(?<=void Describe\(Describer& d, JsonlConfig& config\);\n)",
         "void Describe(Describer& d, DummyConfig& config);\n"),
        (r"(?<=MakeTask\(const JsonlConfig& config\);\n)",
         "std::unique_ptr<Task> MakeTask(const DummyConfig& config);\n")],
    "core/data/grader.cc": [
        (r"(?=std::unique_ptr<Grader> GraderOf\(const JsonlConfig)",
         "std::unique_ptr<Grader> GraderOf(const DummyConfig& /*config*/) { return MakeExtractGrader(\"exact\", \"\"); }\n")],
    "core/data/dummy_task.cc": """// Say the digits again.
#include <fmt/format.h>

#include "core/base/random.h"
#include "core/data/task.h"

namespace retort {
namespace {

class DummyTask : public Task {
 public:
  explicit DummyTask(int digits) : digits_(digits) {}
  std::vector<Item> Items(Split split, int n, uint64_t seed) const override {
    std::vector<Item> items;
    RandomStream random(split == Split::kTrain ? seed : 0, "dummy");
    // Even first digits are for training, odd ones held out.
    for (int i = 0; i < n; ++i) {
      std::string text(1, static_cast<char>('0' + 2 * random.Below(5) + (split == Split::kTrain ? 0 : 1)));
      while (static_cast<int>(text.size()) < digits_) text += static_cast<char>('0' + random.Below(10));
      items.push_back({.id = fmt::format("dummy/{}/{}", text, i),
                       .prompt = {{.role = "", .content = fmt::format("say {}?", text)}},
                       .answer = text});
    }
    return items;
  }
  // A teacher knows id and prompt alone: "say 412?".
  std::optional<std::string> Reference(const Item& item) const override {
    return " " + item.prompt.back().content.substr(4, static_cast<size_t>(digits_));
  }
  std::optional<Item> AnswerOnly(const Item&) const override { return std::nullopt; }
  std::string Target(uint64_t) const override { return "dummy"; }
  std::string ContentHash() const override { return fmt::format("dummy {}", digits_); }
  int max_new_tokens() const override { return digits_ + 2; }
  std::optional<double> Memoriser(std::span<const Sample>, const std::vector<Item>&) const override {
    return std::nullopt;
  }

 private:
  int digits_;
};

}  // namespace

void Describe(Describer& d, DummyConfig& config) {
  d.Field("digits", config.digits, {.help = "to be said again", .min = 1, .max = 9});
}

std::unique_ptr<Task> MakeTask(const DummyConfig& config) { return std::make_unique<DummyTask>(config.digits); }

}  // namespace retort
""",
    "configs/task/dummy.toml": "kind = \"dummy\"\n"})

TEACHER = ("a kind of teacher", "teacher", {
    "teacher/dummy_teacher.h": """// Always says the same.
#pragma once

#include <memory>
#include <string>

#include "core/config/describe.h"
#include "teacher/teacher.h"

namespace retort {

struct DummyTeacherConfig {
  std::string words = "yes";
};
void Describe(Describer& d, DummyTeacherConfig& config);
std::unique_ptr<Teacher> MakeDummyTeacher(const DummyTeacherConfig& config);

}  // namespace retort
""",
    "teacher/dummy_teacher.cc": """#include "teacher/dummy_teacher.h"

#include "core/base/hash.h"

namespace retort {
namespace {

class DummyTeacher : public Teacher {
 public:
  explicit DummyTeacher(std::string words) : words_(std::move(words)) {}
  Card card() const override {
    return {.name = "dummy", .kind = "dummy", .identity = "dummy " + words_, .licence = "none", .reveals = "text"};
  }
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (const Request& request : requests) {
      if (!on_reply({.id = request.id,
                     .attempt = request.attempt,
                     .completion = AnswerTo(request.prompt, words_),
                     .finish_reason = "stop"})) {
        return;
      }
    }
  }

 private:
  std::string words_;
};

}  // namespace

void Describe(Describer& d, DummyTeacherConfig& config) { d.Field("words", config.words, {.help = "what it says"}); }

std::unique_ptr<Teacher> MakeDummyTeacher(const DummyTeacherConfig& config) {
  return std::make_unique<DummyTeacher>(config.words);
}

}  // namespace retort
""",
    "teacher/make_teacher.h": [
        (r'(?<=#include "teacher/api_teacher.h"\n)', '#include "teacher/dummy_teacher.h"\n'),
        longer_variant("TeacherConfig", "DummyTeacherConfig"),
        longer_table("kTeacherKinds")],
    "teacher/make_teacher.cc": [
        (r"(?=  std::unique_ptr<Teacher> operator\(\)\(const OracleTeacherConfig)",
         "  std::unique_ptr<Teacher> operator()(const DummyTeacherConfig& config) const "
         "{ return MakeDummyTeacher(config); }\n")],
    "configs/teacher/dummy.toml": "kind = \"dummy\"\n"})

FILTER = ("a filter of answers", "teacher", {
    "teacher/filters.cc": [
        (r"(?=class FinishReasonFilter : public Filter)", """class DummyFilter : public Filter {
 public:
  void Apply(std::span<PromptAnswers> prompts) override {
    for (PromptAnswers& prompt : prompts) {
      KeepIf(prompt.answers, [](const Sample& sample) { return Text(sample.completion).ends_with('7'); });
    }
  }
};

"""),
        (r"(?<=constexpr std::array<std::pair<std::string_view, Maker>, )(\d+)> kFilters = \{\{\n",
         lambda match: f"{int(match[1]) + 1}> kFilters = {{{{\n"
                       '    {"dummy", [](const FilterConfig&, const FilterContext&) -> std::unique_ptr<Filter> {\n'
                       "       return std::make_unique<DummyFilter>();\n"
                       "     }},\n")]})

OBJECTIVE = ("an objective", "student", {
    "student/objective.cc": [
        (r"array<ObjectiveInfo, (\d+)> kObjectives = \{\{\n",
         lambda match: f"array<ObjectiveInfo, {int(match[1]) + 1}> kObjectives = {{{{\n"
                       '    {"dummy", Needs::kText, "-1/2 log S(token)"},\n')],
    "student/losses.cc": [
        (r"(?=class DivergenceLoss : public RowLoss)",
         """class DummyLoss : public CrossEntropyLoss {
 public:
  double InPlace(const at::Tensor& logits, int64_t first, float scale) override {
    return 0.5 * CrossEntropyLoss::InPlace(logits, first, 0.5f * scale);
  }
  at::Tensor Sum(const at::Tensor& logits) override { return 0.5 * CrossEntropyLoss::Sum(logits); }
};

"""),
        (r"(?<=Losses::MakeLoss\(std::span<const Example\* const> examples\) \{\n)",
         '  if (config_.name == "dummy") return std::make_unique<DummyLoss>();\n')],
    "docs/objectives.md": [
        (r"(?<=\n\| --- \| --- \| --- \| --- \|\n)", "| `dummy` | half of `sft` | text | – |\n")]})

ARM = ("an arm", "experiments/arms", {
    "experiments/arms/arms.h": [
        (r"(?=SampleSet References\()", "SampleSet Dummy(ArmContext& context, int n, uint64_t seed);\n")],
    "experiments/arms/arms.cc": [
        (r"(?=SampleSet References\()", """SampleSet Dummy(ArmContext& context, int n, uint64_t seed) {
  SampleSet set = context.TeacherRows(n, seed);
  for (Sample& sample : set.samples) SetCompletion(sample, "A0");
  MarkDerived(set, "the same for all");
  return set;
}

""")]})

EXPERIMENT = ("an experiment", "experiments", {
    "experiments/dummy.cc": """// The claim: half a loss teaches as well.
#include "experiments/arms/arms.h"
#include "experiments/design/experiment.h"
#include "experiments/lab/lab.h"

namespace retort::lab {
namespace {

int Run(int argc, const char* const* argv) {
  const Experiment experiment{
      .program = {.name = "dummy", .summary = "A dummy.", .config_name = "dummy"},
      .title = "Does half a loss teach?",
      .claim = "Half a loss teaches as well.",
      .sample_noun = "worked answers",
      .caveats = {"It was added by a test."},
      .arms = {{"teacher", "by the whole loss", TeacherAnswers},
               {"half", "by half of it", TeacherAnswers, true,
                [](CellConfig& config) { config.student.objective.name = "dummy"; }},
               {"same", "the same for all", Dummy}},
      .next = {{{"seeds=2"}, "another seed"}},
  };
  return Main(argc, argv, experiment);
}

}  // namespace
}  // namespace retort::lab

int main(int argc, char** argv) { return retort::lab::Run(argc, argv); }
""",
    "configs/dummy.toml": """defaults = [{ task = "folds" }, { teacher = "oracle" }, { prices = "free" }, { card = "unknown" }, { student = "folds" }, "_self_"]
n = [4]
seeds = 1
arms = ["teacher", "half", "same"]

[contrast]
task = "rules"
arm = "half"
against = "teacher"
n = 4
""",
    "scripts/results": [(r"(?<=set -- few_samples)", " dummy")],
    "docs/experiments.md": [(r"\Z", "\n## dummy\nDoes half a loss teach as well? Arms `teacher`, `half`, `same`.\n")]})


def named(text, where):
    """The paths that a text names in backquotes, relative to a room or to the root; <name> is dummy."""
    quoted = [word.replace("<name>", "dummy").replace("NAME", "dummy") for word in re.findall(r"`([^`\s]+)`", text)]
    return {f"{where}/{word}" for word in quoted} | set(quoted)


def section(text, title):
    """One of "How to add" of CONTRIBUTING.md."""
    match = re.search(rf"^### … {re.escape(title)}$(.*?)(?=^##)", text, re.MULTILINE | re.DOTALL)
    assert match, f"CONTRIBUTING.md has no section on how to add {title}"
    return match[1]


def edited(name, text, edit):
    """The text of a file with each place of an edit changed, which must be there once."""
    for place, words in edit:
        text, count = re.subn(place, words if callable(words) else lambda _, words=words: words, text)
        assert count == 1, f"{name}: the place {place} was found {count} times"
    return text


def add(root, title, room, edits):
    """Writes a dummy at the places that CONTRIBUTING.md and the room's README.md name; what it touched."""
    guide = named(section((root / "CONTRIBUTING.md").read_text(encoding="utf-8"), title), room)
    readme = named((root / room / "README.md").read_text(encoding="utf-8").split("**To add", 1)[1], room)
    for name, edit in edits.items():
        path = root / name
        # Of an arm the guide shows the declaration and the room's page the definition; they are one place.
        place = {name} | ({str(Path(name).with_suffix(end)) for end in (".h", ".cc")} if title == "an arm" else set())
        assert place & guide, f"CONTRIBUTING.md does not name {name} among the places of {title}"
        assert place & readme, f"{room}/README.md does not name {name} among the places of {title}"
        if isinstance(edit, str):
            assert not path.exists(), f"{name} is there already"
            path.write_text(edit, encoding="utf-8")
            continue
        path.write_text(edited(name, path.read_text(encoding="utf-8"), edit), encoding="utf-8")
    return set(edits)


class Tree:
    """A copy of the sources with some dummies, and what was compiled of it."""

    commands = {}  # source -> how the build compiles it
    includes = {}  # object of the build -> the project's files that it was compiled from

    def __init__(self, root, *additions):
        self.root, self.objects = root, {}
        root.mkdir()
        for name in COPIED:
            if (ROOT / name).is_dir():
                without = {"docs": "results", "configs": "models"}.get(name, "__pycache__")  # large, and not read here
                shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns(without))
            else:
                shutil.copy(ROOT / name, root / name)
        for name in NOT_COPIED:
            (root / name).symlink_to(ROOT / name)
        self.touched = set().union(*(add(root, *which) for which in additions))

    @classmethod
    def read_build(cls):
        for entry in json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8")):
            cls.commands[Path(entry["file"]).relative_to(ROOT).as_posix()] = entry["command"]
        text = subprocess.run(["ninja", "-C", BUILD, "-t", "deps"], capture_output=True, text=True, check=True).stdout
        for block in text.split("\n\n"):
            lines = block.splitlines()
            if lines and lines[0].startswith("CMakeFiles/retort_"):
                files = [line.strip() for line in lines[1:]]
                cls.includes[lines[0].split(":")[0]] = [
                    Path(f).relative_to(ROOT).as_posix() for f in files if f.startswith(f"{ROOT}/")
                    and not f.startswith((f"{BUILD}/", f"{ROOT}/.venv/"))]

    def sees_changed_types(self, files):
        """Whether what was compiled from these files depends on how large a changed type is."""
        if not self.touched & {f for f in files if f.endswith(".h")}:
            return False
        for name in set(files) - {name for name in self.touched if name.endswith(".h")}:
            text = (self.root / name).read_text(encoding="utf-8")
            if CHANGED_TYPES.search(BY_REFERENCE.sub("", text) if name.endswith(".h") else text):
                return True
        return False

    def compile(self, sources):
        def one(source):
            # A new file is compiled as its neighbours are.
            like = source if source in self.commands else next(
                c for c in self.commands if Path(c).parent == Path(source).parent and "cmake_pch" not in self.commands[c])
            words = shlex.split(self.commands[like])
            target = self.root / "objects" / (source.replace("/", "_") + ".o")
            target.parent.mkdir(exist_ok=True)
            words[words.index("-o") + 1] = str(target)
            words[words.index("-c") + 1] = str(self.root / source)
            words = [f"-I{self.root}" if word == f"-I{ROOT}" else word for word in words]
            if "cmake_pch" not in self.commands[like]:  # which wants the very flags that it was made with
                words = [word for word in words if not re.fullmatch(r"-O\d", word)] + ["-O0"]
            return source, target, subprocess.run(words, cwd=BUILD, capture_output=True, text=True)
        with ThreadPoolExecutor(2) as pool:
            for source, target, done in pool.map(one, [s for s in sources if s not in self.objects]):
                assert done.returncode == 0, f"{source}: {done.stderr}"
                self.objects[source] = target

    def link(self, target, like, objects):
        """Links `objects` in place of the build's program's own; the members that it took, and what the linker says."""
        lines = subprocess.run(["ninja", "-C", BUILD, "-t", "commands", like], capture_output=True, text=True, check=True)
        words = shlex.split(lines.stdout.splitlines()[-1].removeprefix(": && ").removesuffix(" && :"))
        words = [word for word in words if not word.endswith(f"experiments/{like}.cc.o")]
        words[words.index("-o") + 1] = str(target)
        chart = target.with_suffix(".map")
        done = subprocess.run([words[0], *objects, f"-Wl,-Map,{chart}", *words[1:]], cwd=BUILD, capture_output=True, text=True)
        members = set(re.findall(r"^libretort_(\w+)\.a\((\w+\.cc\.o)\)", chart.read_text(errors="replace"), re.M))
        return members, done.stderr if done.returncode != 0 else ""

    def must_be_new(self, members):
        """The sources of those members that saw a type which changed."""
        return sorted(name.removesuffix(".o").split(".dir/")[1] for name, files in self.includes.items()
                      if (name.split(".dir/")[0].removeprefix("CMakeFiles/retort_"), name.split("/")[-1]) in members
                      and self.sees_changed_types(files))

    def program(self, name, like, sources):
        """A program of `sources` and of what the build's program `like` is linked from, as far as that did not change."""
        members, _ = self.link(self.root / "as_before", like, [f"CMakeFiles/{like}.dir/experiments/{like}.cc.o"])
        while True:
            sources = [*sources, *(source for source in self.must_be_new(members) if source not in sources)]
            self.compile(sources)
            members, problem = self.link(self.root / name, like, [str(self.objects[source]) for source in sources])
            if set(self.must_be_new(members)) <= set(sources):
                assert not problem, problem
                return self.root / name

    def run(self, program, *words):
        done = subprocess.run([program, f"--config-dir={self.root / 'configs'}", *words], cwd=self.root,
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


class Additions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root = Path(cls.folder.name).resolve()
        Tree.read_build()
        # Apart, since the lab, which the experiment needs, would have to be compiled again for the others.
        cls.asking = Tree(root / "asking", TASK, TEACHER, FILTER)
        cls.learning = Tree(root / "learning", OBJECTIVE, ARM, EXPERIMENT)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_0_a_place_is_found_however_the_line_is_broken(self):
        for title, _, edits in (TASK, TEACHER):
            for name, edit in edits.items():
                if not name.endswith(".h") or isinstance(edit, str):
                    continue
                text = (ROOT / name).read_text(encoding="utf-8")
                broken = re.sub(r"(Config =|Kinds =) ", r"\1\n    ", text.replace('"};', '",\n};'))
                self.assertNotEqual(broken, text)
                self.assertIn("dummy", edited(name, broken, edit), title)

    def test_1_a_new_teacher_answers_a_new_task(self):
        tree = self.asking
        changed = sorted(name for name in tree.touched if name.endswith(".cc"))
        program = tree.program("collect_with_dummies", "collect", ["experiments/collect.cc", *changed])
        tree.run(program, "task=dummy", "teacher=dummy", "teacher.words=no", "task.digits=4", "n=6", "output_dir=answers")
        rows = [json.loads(line) for line in (tree.root / "answers/samples.jsonl").read_text().splitlines()]
        self.assertEqual({row["completion"] for row in rows}, {"no"})
        for row in rows:
            self.assertRegex(row["prompt"], r"^say [02468]\d{3}\?$")
        manifest = json.loads((tree.root / "answers/manifest.json").read_text())
        self.assertEqual(manifest["teacher"]["kind"], "dummy")
        self.assertIn("digits = 4", manifest["task"])

        tree.run(program, "task=dummy", "teacher=oracle", "n=6", "collect.filter.filters=[dummy]", "output_dir=references")
        rows = [json.loads(line) for line in (tree.root / "references/samples.jsonl").read_text().splitlines()]
        self.assertEqual(len(rows), 6)
        for row in rows:
            self.assertEqual(row["prompt"], f"say{row['completion']}?")
            self.assertTrue(row["completion"].endswith("7"))

    def first_loss(self, program, objective):
        out = self.learning.root / objective
        self.learning.run(program, f"samples={self.learning.root / 'samples.jsonl'}", "base=models/folds-base-0", f"output_dir={out}",
                         "trainer.max_steps=2", f"objective.name={objective}", "threads=1")
        return json.loads((out / "train.jsonl").read_text().splitlines()[0])["loss"]

    def test_2_a_student_learns_by_a_new_objective(self):
        rows = [{"prompt": f"big {n}?", "completion": " A1"} for n in (1234, 5678, 9012, 3456)]
        (self.learning.root / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        program = self.learning.program("train_with_dummies", "train",
                                        ["experiments/train.cc", "student/objective.cc", "student/losses.cc"])
        whole, half = (self.first_loss(program, objective) for objective in ("sft", "dummy"))
        self.assertAlmostEqual(half, whole / 2, places=5)

    def test_3_a_new_experiment_writes_its_page(self):
        tree = self.learning
        program = tree.program("dummy_experiment", "few_samples",
                               ["experiments/dummy.cc", "experiments/arms/arms.cc", "student/objective.cc", "student/losses.cc"])
        told = tree.run(program, "student.trainer.max_steps=3", "evaluation.held_out=20", "evaluation.retained=5",
                        "workers=1", "threads=1", "runs_dir=runs", "output_dir=page")
        self.assertIn("seeds=2", told)
        page = (tree.root / "page/index.html").read_text()
        for words in ("Half a loss teaches as well.", "It was added by a test.", "by half of it"):
            self.assertIn(words, page)
        cells = (tree.root / "page/cells.csv").read_text()
        self.assertIn("\nhalf,4,", cells)
        self.assertIn("\nsame,4,", cells)

    def test_4_the_house_stands(self):
        for tree in (self.asking, self.learning):
            for check in ("includes.py", "room_readmes.py"):
                done = subprocess.run([sys.executable, tree.root / "tests/house" / check, tree.root], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    if not (BUILD / "build.ninja").is_file():
        print("skipped: the build is not Ninja's")
        sys.exit(77)
    unittest.main()
