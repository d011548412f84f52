#include "experiments/look/trace_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/config/toml_text.h"
#include "core/lm/checkpoint.h"
#include "experiments/look/run_list.h"
#include "experiments/look/terminal_text.h"
#include "student/student.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

constexpr size_t kHashDigits = 64;

void CheckCheckpoint(const std::string& folder, const std::string& recorded, const std::string& by, TraceStep& step) {
  std::error_code error;
  if (recorded.empty()) {
    step.NotChecked("an older run did not record what its files were");
  } else if (folder.empty()) {
    step.NotChecked("config.toml does not say where it is");
  } else if (!fs::is_directory(folder, error)) {
    step.Missing("there is no such folder on this machine");
  } else {
    try {
      step.Compare("its files", by, recorded, HashCheckpoint(folder));
    } catch (const std::exception& problem) {
      step.Missing(problem.what());
    }
  }
}

// `kind` is the card's: where an arm took its rows from elsewhere, config.toml tells of another teacher.
void CheckTeacher(const std::string& kind, const std::string& identity, const ConfigLines& config,
                  const std::string& task_content, const std::string& by, TraceStep& step) {
  const bool configured = PlainValue(config, "teacher.kind") == kind;
  const std::string hash = identity.substr(0, kHashDigits);  // a prompt format may follow it
  if (kind == "local" && configured) {
    step.path = PlainValue(config, "teacher.model");
    CheckCheckpoint(step.path, hash, by, step);
  } else if (kind == "replay" && configured) {
    step.path = PlainValue(config, "teacher.path");
    std::error_code error;
    if (!fs::is_regular_file(step.path, error)) {
      step.Missing("there is no such file on this machine");
    } else {
      step.Compare("its file", by, hash, Sha256File(step.path));
    }
  } else if (kind == "oracle" && !task_content.empty()) {
    step.Compare("the task's own solutions", by, identity, "oracle " + task_content);
  } else if (kind == "student") {
    step.NotChecked("the student's own answers, before it learnt from them");
  } else if (kind == "api") {
    step.NotChecked("what a server answers cannot be hashed");
  } else {
    step.NotChecked("this program does not know where its files are");
  }
}

// In how many things a collection's manifest differs from that of a run made from it, and the last of them. The counts
// do not count: a later run may have asked for more.
int Differences(const Manifest& collection, const Manifest& run, std::string& last) {
  int differences = 0;
  const auto compare = [&](const char* what, const auto& a, const auto& b) {
    if (a == b) return;
    ++differences;
    last = what;
  };
  compare("teacher", collection.teacher.identity, run.teacher.identity);
  compare("task", collection.task_hash, run.task_hash);
  compare("pool of questions", collection.questions_sha256, run.questions_sha256);
  compare("seed", collection.seed, run.seed);
  compare("sampling", collection.sampling, run.sampling);
  compare("date", collection.created_utc, run.created_utc);
  return differences;
}

struct Candidate {
  fs::path folder;
  Manifest manifest;
  int differences = 2;  // what differs in more is another collection
  std::string last;
};

Candidate Nearest(const fs::path& collections, const Manifest& run) {
  Candidate nearest;
  std::error_code error;
  for (fs::directory_iterator it(collections, error), end; !error && it != end; it.increment(error)) {
    const fs::path file = it->path() / "manifest.json";
    try {
      if (!IsRunHash(it->path().filename().string()) || !fs::exists(file)) continue;
      Candidate candidate{.folder = it->path(), .manifest = ParseManifest(ReadRunFile(file), file.string())};
      candidate.differences = Differences(candidate.manifest, run, candidate.last);
      if (candidate.differences < nearest.differences) nearest = std::move(candidate);
    } catch (const Error&) {
      continue;  // of another run, as far as anybody can tell
    }
  }
  return nearest;
}

std::vector<std::string> LinesOf(const fs::path& file) {
  std::vector<std::string> lines;
  ForEachLine(file, [&](std::string_view line, int) {
    lines.emplace_back(line);
    return true;
  });
  return lines;
}

}  // namespace

TraceStep TraceBase(const std::string& folder, const std::string& recorded) {
  TraceStep step{.name = "base", .path = folder};
  if (!recorded.empty()) step.facts.emplace_back("identity", recorded);
  CheckCheckpoint(folder, recorded, "identity.txt", step);
  return step;
}

TraceStep TraceTeacher(const Card& card, const ConfigLines& config, const std::string& task_content) {
  TraceStep step{.name = "teacher", .path = "", .facts = TeacherFacts(card)};
  CheckTeacher(card.kind, card.identity, config, task_content, "manifest.json", step);
  return step;
}

TraceStep TraceTeacherModel(const std::string& identity, const ConfigLines& config, const std::string& task_content) {
  const std::string kind = PlainValue(config, "teacher.kind");
  TraceStep step{.name = "teacher", .path = "", .facts = {{"kind", kind}}};
  if (!identity.empty()) step.facts.emplace_back("identity", identity);
  if (kind == "local") {
    std::string licence = ModelCardField(PlainValue(config, "teacher.model"), "license");
    if (!licence.empty()) step.facts.emplace_back("licence", licence + ", as its card says now");
  }
  if (identity.empty()) {
    step.path = PlainValue(config, kind == "replay" ? "teacher.path" : "teacher.model");
    step.NotChecked("an older run did not record what its files were");
  } else {
    CheckTeacher(kind, identity, config, task_content, "identity.txt", step);
  }
  return step;
}

std::string TaskContent(const ConfigLines& config, std::string& problem) {
  try {
    return TaskOf(config)->ContentHash();
  } catch (const std::exception& error) {
    problem = error.what();
    return "";
  }
}

TraceStep TraceTask(const ConfigLines& config, const std::string& recorded) {
  TraceStep step{.name = "task", .path = PlainValue(config, "task.path")};
  for (const char* key : {"task.kind", "task.target"}) {
    if (const std::string value = PlainValue(config, key); !value.empty()) step.facts.emplace_back(key + 5, value);
  }
  std::string problem;
  if (recorded.empty()) {
    step.NotChecked("an older run did not record its content");
  } else if (const std::string now = TaskContent(config, problem); now.empty()) {
    step.Missing("it cannot be made again: " + problem);
  } else {
    step.Compare("its content", "what the run recorded", recorded, now);
  }
  return step;
}

std::optional<TraceStep> TraceTrainer(const ConfigLines& config, const std::string& recorded) {
  if (PlainValue(config, "student.trainer.kind") != kTrainerKinds[1]) return std::nullopt;
  TraceStep step{.name = "trainer", .path = ""};
  for (const char* key : {"command", "inputs"}) {
    step.facts.emplace_back(key, PlainValue(config, std::string("student.trainer.") + key));
  }
  if (recorded.empty()) {
    step.NotChecked("the run did not record what its inputs were");
    return step;
  }
  std::string toml;
  for (const auto& [key, value] : config) {
    if (key.starts_with("student.trainer.")) toml += fmt::format("{} = {}\n", key.substr(8), value);
  }
  try {
    AnyTrainerConfig trainer;
    FromToml(toml, "config.toml", [&](Describer& d) { d.OneOf("trainer", trainer, kTrainerKinds, ""); });
    step.Compare("its inputs", "identity.txt", recorded, HashInputs(std::get<ExternalTrainerConfig>(trainer)));
  } catch (const std::exception& problem) {
    step.Missing(problem.what());
  }
  return step;
}

TraceStep TraceCollection(const fs::path& collections, const Manifest& manifest, const fs::path& samples) {
  TraceStep step{.name = "collection", .path = collections.string()};
  const Candidate found = Nearest(collections, manifest);
  if (found.folder.empty()) {
    step.NotChecked("it is not there any more; the run keeps its own rows");
    return step;
  }
  step.path = found.folder.string();
  for (const auto& [name, count] : found.manifest.counts) {
    if (name == "asked" || name == "answered" || name == "stored") step.facts.emplace_back(name, std::to_string(count));
  }
  if (found.differences > 0) step.Changed(fmt::format("its manifest.json names another {}", found.last));
  try {
    const fs::path file = found.folder / "samples.jsonl";
    if (!fs::is_regular_file(file)) {
      step.Missing("its samples.jsonl");
      return step;
    }
    step.Compare("samples.jsonl", "its manifest.json", found.manifest.samples_sha256, Sha256File(file));
    if (found.manifest.teacher.name != manifest.teacher.name) {
      step.NotChecked(fmt::format("the run's rows are made from its rows: {}", OneLine(manifest.teacher.name, 100)));
      return step;
    }
    const std::vector<std::string> rows = LinesOf(file);
    const std::unordered_set<std::string_view> known(rows.begin(), rows.end());
    const std::vector<std::string> own = LinesOf(samples);
    const auto foreign = std::ranges::count_if(own, [&](const std::string& row) { return !known.contains(row); });
    if (foreign == 0) {
      step.Unchanged(fmt::format("it has the run's {}", Plural(own.size(), "row")));
    } else {
      step.Changed(fmt::format("it does not have {} of the run's {}", foreign, Plural(own.size(), "row")));
    }
  } catch (const std::exception& problem) {
    step.Missing(problem.what());
  }
  return step;
}

}  // namespace retort::lab
