#include "experiments/look/trace_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "experiments/look/terminal_text.h"

namespace retort::lab {
namespace {

using Json = nlohmann::json;

std::string Checks(const TraceStep& step) {
  std::string unchanged, lines;
  for (const Check& check : step.checks) {
    if (check.verdict == Verdict::kUnchanged) {
      unchanged += (unchanged.empty() ? "" : "; ") + check.what;
    } else {
      lines += fmt::format("  {}: {}\n", Name(check.verdict), OneLine(check.what, 400));
    }
  }
  // "Unchanged" is the word for a step of which nothing else is to be said.
  if (!unchanged.empty()) {
    lines = fmt::format("  {}: {}\n", IsFine(Worst(step)) ? "unchanged" : "as it was", OneLine(unchanged, 400)) + lines;
  }
  return lines;
}

std::string StepText(const TraceStep& step) {
  std::string text = step.name + (step.path.empty() ? "" : "  " + OneLine(step.path, 400)) + "\n";
  return text + Indented(Facts(step.facts)) + Checks(step);
}

std::string Conclusion(bool fine) {
  return fine ? "\nall that could be checked is unchanged\n"
              : "\nnot all of it is as it was: see CHANGED and missing\n";
}

Json StepJson(const TraceStep& step) {
  Json json = {{"step", step.name}, {"path", step.path}, {"facts", Json::object()}, {"checks", Json::array()}};
  for (const auto& [name, value] : step.facts) json["facts"][name] = value;
  for (const Check& check : step.checks) {
    json["checks"].push_back({{"verdict", Name(check.verdict)}, {"what", check.what}});
  }
  json["verdict"] = Name(Worst(step));
  return json;
}

// "folds-teacher (local), licence apache-2.0, ...: behind 12 runs"
std::string Teachers(const std::vector<RunTrace>& runs) {
  std::map<std::string, size_t> teachers;
  for (const RunTrace& run : runs) {
    if (!run.manifest) continue;
    const Card& card = run.manifest->teacher;
    ++teachers[fmt::format("{} ({}), identity {}, licence {}, training on its answers: {}", card.name, card.kind,
                           OneLine(card.identity, 20), card.licence.empty() ? "unknown" : card.licence,
                           card.training_allowed)];
  }
  std::string text;
  for (const auto& [teacher, count] : teachers) {
    text += fmt::format("  {}, of {}\n", OneLine(teacher, 400), Plural(count, "run"));
  }
  return text.empty() ? "" : "teachers\n" + text;
}

}  // namespace

std::string ToText(const RunTrace& trace) {
  std::string text;
  for (const TraceStep& step : trace.steps) text += StepText(step);
  return text + Conclusion(IsFine(trace));
}

std::string ToText(const SummaryTrace& trace) {
  std::string text = StepText(trace.number);
  std::vector<std::vector<std::string>> rows = {{"  run", "row", "score", ""}};
  for (const RunTrace& run : trace.runs) {
    const std::string score = run.result ? fmt::format("{}", run.result->means.score) : "";
    rows.push_back({"  " + ShortHash(run.run), run.label, score, IsFine(run) ? "unchanged" : "see below"});
  }
  if (!trace.runs.empty()) text += fmt::format("runs behind it: {}\n", trace.runs.size()) + Aligned(rows, {2});
  text += Teachers(trace.runs);
  for (const RunTrace& run : trace.runs) {
    if (IsFine(run)) continue;
    text += fmt::format("{}\n", OneLine(run.run, 80));
    for (const TraceStep& step : run.steps) {
      for (const Check& check : step.checks) {
        if (IsFine(check.verdict)) continue;
        text += fmt::format("  {}: {}: {} ({})\n", Name(check.verdict), step.name, OneLine(check.what, 400),
                            OneLine(step.path, 400));
      }
    }
  }
  return text + Conclusion(IsFine(trace));
}

Json ToJson(const RunTrace& trace) {
  Json json = {{"run", trace.run}, {"row", trace.label}, {"steps", Json::array()}, {"unchanged", IsFine(trace)}};
  for (const TraceStep& step : trace.steps) json["steps"].push_back(StepJson(step));
  return json;
}

Json ToJson(const SummaryTrace& trace) {
  Json json = {{"number", StepJson(trace.number)}, {"runs", Json::array()}, {"unchanged", IsFine(trace)}};
  for (const RunTrace& run : trace.runs) json["runs"].push_back(ToJson(run));
  return json;
}

bool IsFine(const RunTrace& trace) { return IsFine(Worst(trace.steps)); }

bool IsFine(const SummaryTrace& trace) {
  return IsFine(Worst(trace.number)) &&
         std::ranges::all_of(trace.runs, [](const RunTrace& run) { return IsFine(run); });
}

}  // namespace retort::lab
