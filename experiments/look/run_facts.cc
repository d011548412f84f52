#include "experiments/look/run_facts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/config/toml_text.h"
#include "core/report/format.h"
#include "experiments/look/run_list.h"
#include "experiments/look/terminal_text.h"

namespace retort::lab {
namespace {

// "name value, name value", of those that are there.
class Phrases {
 public:
  void Add(const std::string& phrase) { text_ += (text_.empty() ? "" : ", ") + phrase; }
  void Add(std::string_view name, const std::optional<double>& value) {
    if (value) Add(fmt::format("{} {:.4g}", name, *value));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

double Loss(const std::string& line, const Where& where) {
  const nlohmann::json json = ParseJson(line, where);
  const auto loss = json.is_object() ? json.find("loss") : json.end();
  if (loss == json.end() || !loss->is_number()) throw Error(where, "no step with a loss");
  return loss->get<double>();
}

// The settings that were at work: those of filters that nobody asked for, and of prompts that nobody wrote, are left
// out.
void AddSampling(const std::string& toml, FactList& facts) {
  const ConfigLines settings = ReadConfigLines(toml);
  const std::string filters = PlainValue(settings, "filter.filters");
  const bool filtered = !filters.empty() && filters != "[]", written = PlainValue(settings, "prompts") == "teacher";
  Phrases sampling, filter;
  for (const auto& [key, value] : settings) {
    const bool of_filter = key.starts_with("filter.");
    if (of_filter ? !filtered : key.starts_with("written.") && !written) continue;
    (of_filter ? filter : sampling).Add(fmt::format("{} {}", key, PlainValue(value)));
  }
  if (!sampling.text().empty()) facts.emplace_back("sampling", sampling.text());
  if (!toml.empty()) facts.emplace_back("filters", filtered ? filter.text() : "none");
}

}  // namespace

FactList ResultFacts(const CellResult& result) {
  Phrases scores;
  scores.Add(fmt::format("{} {}", MetricName(result.metric), Exact(result.means.score)));
  scores.Add("parsed", result.means.parse_rate);
  scores.Add("steps right", result.means.step_accuracy);
  scores.Add("retained", result.retained_skill);
  scores.Add("memoriser", result.memoriser);
  scores.Add("nats of the reference", result.means.reference_nats);
  FactList facts = {{"score", scores.text()}};
  if (result.n > 0) {
    facts.emplace_back("cost", fmt::format("{} prompts asked, {} tokens of the teacher, {} steps on {} tokens, {:.2g} "
                                           "FLOPs, {}",
                                           result.prompts_asked, result.teacher_tokens, result.steps,
                                           result.supervised_tokens, result.training_flops, Dollars(result.dollars)));
  }
  return facts;
}

FactList ConfigFacts(const ConfigLines& config) {
  FactList facts;
  const auto join = [&](const std::string& name, const std::string& table, std::initializer_list<const char*> keys) {
    Phrases phrases;
    for (const char* key : keys) {
      const std::string value = PlainValue(config, table + "." + key);
      if (!value.empty() && value != "[]") phrases.Add(fmt::format("{} {}", key, value));
    }
    if (!phrases.text().empty()) facts.emplace_back(name, phrases.text());
  };
  if (const std::string base = PlainValue(config, "base"); !base.empty()) facts.emplace_back("base", base);
  join("task", "task", {"kind", "target", "path", "min_digits", "max_digits", "grader"});
  if (PlainValue(config, "n") != "0") {
    join("start", "student.init", {"keep_layers", "chat_template"});
    if (const std::string rank = PlainValue(config, "student.lora.r"); !rank.empty() && rank != "0") {
      join("adapters", "student.lora", {"r", "lora_alpha", "target_modules"});
    }
    join("trainer", "student.trainer",
         {"learning_rate", "max_steps", "num_train_epochs", "per_device_train_batch_size", "lr_scheduler_type"});
  }
  join("evaluation", "evaluation", {"metric", "held_out", "retained"});
  if (const std::string numerics = PlainValue(config, "numerics"); !numerics.empty()) {
    facts.emplace_back("numerics", numerics);
  }
  return facts;
}

FactList TeacherFacts(const Card& teacher) {
  FactList facts = {{"name", fmt::format("{} ({})", teacher.name, teacher.kind)},
                    {"identity", teacher.identity},
                    {"licence", teacher.licence.empty() ? "unknown" : teacher.licence},
                    {"terms", teacher.terms.empty() ? "none recorded" : teacher.terms},
                    {"training on its answers", teacher.training_allowed},
                    {"disclosure owed", teacher.disclosure.empty() ? "none recorded" : teacher.disclosure}};
  if (!teacher.name_prefix.empty()) facts.emplace_back("a student's name begins with", teacher.name_prefix);
  return facts;
}

FactList CollectionFacts(const Manifest& manifest) {
  FactList facts;
  AddSampling(manifest.sampling, facts);
  Phrases counts;
  for (const auto& [name, count] : manifest.counts) counts.Add(fmt::format("{} {}", name, count));
  if (!manifest.counts.empty()) facts.emplace_back("counts", counts.text());
  facts.emplace_back("tokens", fmt::format("{} read, {} written, {}", manifest.usage.prompt_tokens,
                                           manifest.usage.completion_tokens, Dollars(manifest.dollars)));
  facts.emplace_back("made", fmt::format("{}, by version {}, seed {}", DateAndTime(manifest.created_utc),
                                         manifest.version, manifest.seed));
  return facts;
}

std::unique_ptr<Task> TaskOf(const ConfigLines& config) {
  std::string toml;
  for (const auto& [key, value] : config) {
    if (key.starts_with("task.")) toml += fmt::format("{} = {}\n", key, value);
  }
  TaskConfig task;
  FromToml(toml, "config.toml", [&](Describer& d) { d.OneOf("task", task, kTaskKinds, ""); });
  return MakeTask(task);
}

std::string TrainingCurve(const std::filesystem::path& file) {
  std::string first, last;
  int steps = 0;
  CheckRegular(file);
  ForEachLine(file, [&](std::string_view line, int number) {
    (number == 1 ? first : last) = line;
    steps = number;
    return true;
  });
  if (steps == 0) return "no step yet";
  const double begin = Loss(first, {.file = file.string(), .line = 1});
  if (steps == 1) return fmt::format("1 step, loss {:.4g}", begin);
  return fmt::format("{} steps, loss {:.4g} at the first, {:.4g} at the last", steps, begin,
                     Loss(last, {.file = file.string(), .line = steps}));
}

}  // namespace retort::lab
