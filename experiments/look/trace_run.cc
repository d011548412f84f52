#include "experiments/look/trace_run.h"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/report/csv.h"
#include "experiments/cells/run_sums.h"
#include "experiments/look/command_words.h"
#include "experiments/look/run_list.h"
#include "experiments/look/terminal_text.h"
#include "experiments/look/trace_row.h"
#include "experiments/look/trace_sources.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

constexpr double kRounding = 1e-9;  // of means, as RunStore has it

class Walk {
 public:
  Walk(const fs::path& runs_dir, const CsvTable& cells, size_t row)
      : cells_(cells), row_(row), collections_(runs_dir / "collections") {
    trace_.run = cells.Field(row, "run");
    trace_.label = RowLabel(cells, row);
    folder_ = runs_dir / trace_.run;
  }

  RunTrace Go() {
    TraceStep& number = Add("number", cells_.file);
    number.facts.emplace_back("row", fmt::format("{}: {}", row_ + 1, trace_.label));
    number.facts.emplace_back("score", cells_.Field(row_, "score"));
    if (!IsRunHash(trace_.run)) {
      number.Changed(fmt::format("its run {} is no hash of a run", OneLine(trace_.run, 80)));
      return std::move(trace_);
    }
    std::error_code error;
    if (!fs::is_directory(folder_, error)) {
      number.Missing(fmt::format("there is no {}", folder_.string()));
      return std::move(trace_);
    }
    ReadSums();
    Result();
    Items();
    CompareNumbers();
    Config();
    Identity();
    if (trace_.result && trace_.result->n > 0) {
      Samples();
      FromManifest();
      Training();
    }
    Sources();
    return std::move(trace_);
  }

 private:
  TraceStep& Add(const std::string& name, const fs::path& path) {
    return trace_.steps.emplace_back(TraceStep{.name = name, .path = path.string()});
  }

  // A step about a file of the run: missing, unreadable, edited, and what `read` finds in it.
  void File(const std::string& name, const char* file, bool wanted, const std::function<void(TraceStep&)>& read) {
    TraceStep step{.name = name, .path = (folder_ / file).string()};
    std::error_code error;
    const bool listed = sums_.contains(file);
    if (!fs::exists(folder_ / file, error)) {
      if (!wanted && !listed) return;
      step.Missing(fmt::format("there is no {} in the run", file));
    } else {
      try {
        CheckRegular(folder_ / file);
        if (listed) step.Compare("its bytes", "SHA256SUMS", sums_.at(file), Sha256File(folder_ / file));
        if (!listed && !sums_.empty()) step.Changed("SHA256SUMS does not name it");
        read(step);
      } catch (const std::exception& problem) {
        step.Changed(fmt::format("it cannot be read: {}", problem.what()));
      }
    }
    trace_.steps.push_back(std::move(step));
  }

  void ReadSums() {
    const fs::path file = folder_ / kSumsFile;
    if (!fs::exists(file)) return;
    try {
      sums_ = ParseRunSums(ReadRunFile(file), file.string());
      if (sums_.empty()) throw Error({.file = file.string()}, "is empty");
    } catch (const std::exception& problem) {
      Add("sums", file).Changed(problem.what());
    }
  }

  void Result() {
    File("result", "result.json", true, [&](TraceStep& step) {
      const fs::path file = folder_ / "result.json";
      const std::string text = ReadRunFile(file);
      CellResult result = ParseCellResult(text, file.string());
      step.facts = ResultFacts(result);
      step.Compare("its run", "name of the folder", trace_.run, result.run);
      if (DumpJson(ParseJson(text, {.file = file.string()})) + "\n" != text) {
        step.Changed("its text is not as this program writes it");
      }
      if (sums_.empty())
        step.NotChecked("an older run has no SHA256SUMS: an edit that leaves the sums right is not seen");
      trace_.result = std::move(result);
    });
  }

  void Items() {
    File("items", "items.jsonl", true, [&](TraceStep& step) {
      const fs::path file = folder_ / "items.jsonl";
      std::vector<ItemScore> items;
      ForEachLine(file, [&](std::string_view line, int number) {
        items.push_back(ParseItemScore(line, file.string(), number));
        return true;
      });
      step.facts.emplace_back("items", std::to_string(items.size()));
      if (items.empty()) throw Error("there are no items");
      if (!trace_.result) return;
      const Means now = Average(items), &then = trace_.result->means;
      const auto near = [](const std::optional<double>& a, const std::optional<double>& b) {
        return a.has_value() == b.has_value() && (!a || std::abs(*a - *b) <= kRounding * std::max(1.0, std::abs(*b)));
      };
      if (near(now.score, then.score) && near(now.parse_rate, then.parse_rate) &&
          near(now.step_accuracy, then.step_accuracy) && near(now.reference_nats, then.reference_nats)) {
        step.Unchanged("their means (result.json)");
      } else {
        step.Changed(fmt::format("their mean score is {}, result.json says {} (parsed {} and {})", now.score,
                                 then.score, now.parse_rate, then.parse_rate));
      }
      trace_.result->items = std::move(items);
    });
  }

  // Rows share a cell where the same things fix it, so that its own names may be those of another row.
  void CompareNumbers() {
    TraceStep& number = trace_.steps.front();
    if (!trace_.result) {
      number.Missing("the result that it was taken from");
      return;
    }
    const CellResult& result = *trace_.result;
    bool same = true;
    const auto compare = [&](const std::string& column, const std::string& recorded) {
      const std::string shown = cells_.Field(row_, column);
      if (!cells_.Column(column) || SameText(shown, recorded)) return;
      same = false;
      number.Changed(fmt::format("{}: the table says {}, result.json {}", column,
                                 shown.empty() ? "nothing" : OneLine(shown, 80),
                                 recorded.empty() ? "nothing" : OneLine(recorded, 80)));
    };
    // As the report writes it, but for the names, and the number of items that could not be read.
    const CsvTable own = ParseCsv(CellsCsv({.cells = {result}}), "result.json");
    for (const std::string& column : own.columns) {
      const bool name = column == "arm" || column == "seed" || column == "task" || column == "run";
      if (!name && (column != "items" || !result.items.empty())) compare(column, own.Field(0, column));
    }
    if (same) number.Unchanged("every number of the row (result.json)");
    const std::string seed = std::to_string(result.seed);
    if (cells_.Field(row_, "arm") != result.arm || cells_.Field(row_, "seed") != seed ||
        cells_.Field(row_, "task") != result.task) {
      number.facts.emplace_back("computed as", fmt::format("task {}, arm {}, seed {}: rows that the same things fix "
                                                           "share a run",
                                                           result.task, result.arm, seed));
    }
  }

  void Config() {
    File("config", "config.toml", true, [&](TraceStep& step) {
      config_ = ReadConfigLines(ReadRunFile(folder_ / "config.toml"));
      step.facts = ConfigFacts(config_);
      if (!trace_.result) return;
      const CellResult& result = *trace_.result;
      step.Compare("arm", "result.json", result.arm, PlainValue(config_, "arm"));
      step.Compare("n", "result.json", std::to_string(result.n), PlainValue(config_, "n"));
      step.Compare("seed", "result.json", std::to_string(result.seed), PlainValue(config_, "seed"));
    });
  }

  void Identity() {
    if (!fs::exists(folder_ / "identity.txt") && !sums_.contains("identity.txt")) {
      Add("identity", folder_ / "identity.txt").NotChecked("an older run has none");
      return;
    }
    File("identity", "identity.txt", true, [&](TraceStep& step) {
      const std::string text = ReadRunFile(folder_ / "identity.txt");
      identity_ = ReadIdentityLines(text);
      for (const char* key : {"numerics", "target", "samples"}) {
        if (const std::string value = PlainValue(identity_, key); !value.empty()) step.facts.emplace_back(key, value);
      }
      step.Compare("its sha256", "the run's name", trace_.run, Sha256Hex(text));
      for (const auto& [key, value] : identity_) {  // a setting that both files have
        const auto set = config_.find(key);
        if (key.find('.') == std::string::npos || set == config_.end() || set->second == value) continue;
        step.Changed(
            fmt::format("{}: it says {}, config.toml {}", OneLine(key), OneLine(value, 80), OneLine(set->second, 80)));
      }
    });
  }

  void Samples() {
    File("samples", "samples.jsonl", true, [&](TraceStep& step) {
      const std::string sha256 = Sha256File(folder_ / "samples.jsonl");
      int rows = 0;
      ForEachLine(folder_ / "samples.jsonl", [&](std::string_view, int number) {
        rows = number;
        return true;
      });
      step.facts = {{"rows", std::to_string(rows)}, {"sha256", sha256}};
      step.Compare("sha256", "result.json", trace_.result->samples_sha256, sha256);
      if (NCountsRows()) {
        step.Compare("rows", "result.json", std::to_string(trace_.result->n), std::to_string(rows));
      }
      if (const std::string of_identity = PlainValue(identity_, "samples"); !of_identity.empty()) {
        step.Compare("sha256", "identity.txt", of_identity, sha256);
      }
    });
  }

  // Not where N limits the teacher's tokens: then the manifest says how many were spent.
  bool NCountsRows() const {
    const fs::path file = folder_ / "manifest.json";
    try {
      return !ParseManifest(ReadRunFile(file), file.string()).measures.contains(std::string(kTeacherTokens));
    } catch (const Error&) {
      return true;  // FromManifest tells what is wrong with it
    }
  }

  void FromManifest() {
    File("manifest", "manifest.json", true, [&](TraceStep& step) {
      const fs::path file = folder_ / "manifest.json";
      trace_.manifest = ParseManifest(ReadRunFile(file), file.string());
      step.facts = CollectionFacts(*trace_.manifest);
      step.Compare("sha256 of the samples", "result.json", trace_.result->samples_sha256,
                   trace_.manifest->samples_sha256);
    });
    // Solutions of the task's own were never collected.
    if (trace_.manifest && !trace_.manifest->sampling.empty()) {
      trace_.steps.push_back(TraceCollection(collections_, *trace_.manifest, folder_ / "samples.jsonl"));
    }
  }

  // An experiment may compute its cells in a way that leaves no curve.
  void Training() {
    File("training", "train.jsonl", false,
         [&](TraceStep& step) { step.facts.emplace_back("curve", TrainingCurve(folder_ / "train.jsonl")); });
  }

  void Sources() {
    std::string content = PlainValue(identity_, "task_content"), problem;
    if (content.empty() && trace_.manifest) content = trace_.manifest->task_hash;
    const std::string model = PlainValue(identity_, "model");
    const bool is_teacher = PlainValue(config_, "arm") == kTeacherModelArm;
    const std::string now = TaskContent(config_, problem);
    if (trace_.manifest) trace_.steps.push_back(TraceTeacher(trace_.manifest->teacher, config_, now));
    if (trace_.manifest) {
      if (auto trainer = TraceTrainer(config_, PlainValue(identity_, "trainer_inputs"))) {
        trace_.steps.push_back(*std::move(trainer));
      }
    }
    if (is_teacher) trace_.steps.push_back(TraceTeacherModel(model, config_, now));
    trace_.steps.push_back(TraceTask(config_, content));
    if (!is_teacher) trace_.steps.push_back(TraceBase(PlainValue(config_, "base"), model));
  }

  const CsvTable& cells_;
  size_t row_;
  fs::path folder_, collections_;
  std::map<std::string, std::string, std::less<>> sums_;
  ConfigLines config_, identity_;
  RunTrace trace_;
};

}  // namespace

RunTrace TraceRun(const fs::path& runs_dir, const CsvTable& cells, size_t row) {
  return Walk(runs_dir, cells, row).Go();
}

}  // namespace retort::lab
