#include "experiments/look/run_show.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/data/sample_set.h"
#include "experiments/launch/log_tail.h"
#include "experiments/launch/progress.h"
#include "experiments/look/run_facts.h"
#include "experiments/look/terminal_text.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

constexpr size_t kTranscripts = 3;
constexpr size_t kLogLines = 15;

// The first held-out questions (those of a longer list begin so), where this version of the program can still make
// them.
std::vector<Item> Questions(const RunEntry& run) {
  try {
    const ConfigLines config = ReadConfigLines(ReadRunFile(run.folder / "config.toml"));
    return TaskOf(config)->Items(Split::kHeldOut, static_cast<int>(kTranscripts), run.result.seed);
  } catch (const Error&) {
    return {};
  }
}

std::string Transcripts(const RunEntry& run) {
  const fs::path file = run.folder / "items.jsonl";
  std::vector<ItemScore> items;
  CheckRegular(file);
  ForEachLine(file, [&](std::string_view line, int number) {
    items.push_back(ParseItemScore(line, file.string(), number));
    return items.size() < kTranscripts;
  });
  const std::vector<Item> questions = Questions(run);
  std::string text;
  for (const ItemScore& item : items) {
    FactList facts = {{"item", fmt::format("{}, score {:.4g}", item.id, item.score)}};
    const auto question = std::ranges::find(questions, item.id, &Item::id);
    if (question != questions.end()) facts.emplace_back("asked", Text(question->prompt));
    facts.emplace_back("answered", item.answer);
    if (question != questions.end() && !question->answer.empty()) facts.emplace_back("wanted", question->answer);
    text += (text.empty() ? "" : "\n") + Facts(facts);
  }
  return text;
}

class Page {
 public:
  // A section with what `make` says; what it throws is said instead.
  void Section(const std::string& title, const std::function<std::string()>& make) {
    std::string body;
    try {
      body = make();
    } catch (const std::exception& error) {
      body = fmt::format("cannot be read: {}", error.what());
    }
    if (!body.empty()) text_ += fmt::format("\n{}\n{}", title, Indented(Harmless(body)));
  }
  std::string text_;
};

std::string State(const RunEntry& run) {
  std::string state(Name(run.state));
  if (!run.finished_utc.empty()) state += fmt::format(" {} UTC", DateAndTime(run.finished_utc));
  if (run.seconds) state += fmt::format(", took {}", Duration(*run.seconds));
  if (!run.problem.empty()) state += ": " + run.problem;
  return state;
}

}  // namespace

std::string ShowRun(const RunEntry& run) {
  Page page;
  FactList head = {{"run", run.hash},
                   {"row", RunLabel(run)},
                   {"state", State(run)},
                   {"folder", fmt::format("{}, {}", run.folder.string(), Bytes(run.bytes))}};
  if (run.state == RunState::kDone) {
    for (auto& fact : ResultFacts(run.result)) head.push_back(std::move(fact));
  }
  page.text_ = Facts(head);
  const auto there = [&](const char* file) { return fs::exists(run.folder / file); };
  if (there("config.toml")) {
    page.Section("settings (config.toml has all)",
                 [&] { return Facts(ConfigFacts(ReadConfigLines(ReadRunFile(run.folder / "config.toml")))); });
  }
  if (there("samples.jsonl")) {
    page.Section("samples (samples.jsonl, manifest.json)", [&] {
      const fs::path file = run.folder / "samples.jsonl";
      CheckRegular(file);
      if (there("manifest.json")) CheckRegular(run.folder / "manifest.json");
      const SampleSet set = ReadSampleSet(file);
      FactList facts = {{"rows", fmt::format("{}, sha256 {}", set.samples.size(), set.manifest.samples_sha256)}};
      for (auto& fact : TeacherFacts(set.manifest.teacher)) {
        if (fact.first == "name") fact.first = "teacher";
        facts.push_back(std::move(fact));
      }
      for (auto& fact : CollectionFacts(set.manifest)) facts.push_back(std::move(fact));
      return Facts(facts);
    });
  }
  if (there("train.jsonl")) {
    page.Section("training (train.jsonl)", [&] { return TrainingCurve(run.folder / "train.jsonl"); });
  }
  if (run.state != RunState::kDone) {
    page.Section("end of worker.log",
                 [&] { return fmt::format("{}", fmt::join(LastLines(run.folder / "worker.log", kLogLines), "\n")); });
  }
  if (there("items.jsonl")) page.Section("the first held-out items", [&] { return Transcripts(run); });
  return page.text_;
}

}  // namespace retort::lab
