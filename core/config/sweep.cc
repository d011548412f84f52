// The runs of -m, as Hydra's basic sweeper makes them: the product of all axes, the last one fastest, each run a list
// of words of its own.
#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/config/config_files.h"
#include "core/config/float_range.h"
#include "core/config/override.h"
#include "core/config/program.h"

namespace retort {
namespace {

constexpr size_t kMaxRuns = 100000;

bool Matches(const std::string& name, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const auto& pattern) { return ::fnmatch(pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0; });
}

// At most kMaxRuns + 1 texts: whoever has more is refused.
std::vector<std::string> RangeTexts(const Sweep& sweep) {
  std::vector<std::string> texts;
  const auto *start = std::get_if<int64_t>(&sweep.start), *stop = std::get_if<int64_t>(&sweep.stop),
             *step = std::get_if<int64_t>(&sweep.step);
  if (start == nullptr || stop == nullptr || step == nullptr) {
    for (const double value : FloatRange(sweep.start, sweep.stop, sweep.step, kMaxRuns)) {
      texts.push_back(ValueText({value}));
    }
    return texts;
  }
  for (int64_t at = *start; (*step > 0 ? at < *stop : at > *stop) && texts.size() <= kMaxRuns;) {
    texts.push_back(ValueText({at}));
    if (__builtin_add_overflow(at, *step, &at)) break;
  }
  return texts;
}

std::vector<std::string> Texts(const Override& axis, const CommandLine& command_line) {
  const Sweep& sweep = *axis.sweep();
  std::vector<std::string> texts;
  switch (sweep.kind) {
    case Sweep::Kind::kChoice:
      for (const Value& choice : sweep.choices) texts.push_back(ValueText(choice));
      break;
    case Sweep::Kind::kRange:
      texts = RangeTexts(sweep);
      break;
    case Sweep::Kind::kGlob:
      for (std::string& name : ConfigNames(command_line.config_dir / axis.key)) {
        if (Matches(name, sweep.include) && !Matches(name, sweep.exclude)) texts.push_back(std::move(name));
      }
  }
  return texts;
}

// What stands before the '=', and every text that may stand behind it; "~key" has neither '=' nor text.
struct Column {
  std::string element;
  std::vector<std::string> texts;
  bool is_axis = false, bare = false;
};

std::vector<Column> Columns(const CommandLine& command_line) {
  Problems problems;
  std::vector<Column> columns;
  for (const std::string& word : command_line.overrides) {
    const auto parsed = ParseOverride(word, problems);
    if (!parsed || parsed->broken) continue;
    Column column{.element = parsed->Element(), .is_axis = parsed->sweep() != nullptr, .bare = !parsed->value};
    if (column.is_axis && !command_line.multirun) {
      AddSweepProblem(*parsed, problems);
    } else if (column.is_axis) {
      column.texts = Texts(*parsed, command_line);
      if (column.texts.empty()) {
        problems.Add({.file = kCommandLine}, fmt::format("{}: the sweep {} is empty", column.element, parsed->text));
      }
    } else {
      column.texts = {parsed->value ? ValueText(*parsed->value) : ""};
    }
    const auto same = std::find_if(columns.begin(), columns.end(),
                                   [&](const Column& other) { return other.element == column.element; });
    if (same == columns.end()) {
      columns.push_back(std::move(column));
    } else {
      *same = std::move(column);  // the later word wins, in the earlier one's place
    }
  }
  problems.ThrowIfAny();
  return columns;
}

}  // namespace

std::vector<SweepPoint> ExpandSweep(const CommandLine& command_line) {
  const std::vector<Column> columns = Columns(command_line);
  if (!command_line.multirun) return {{.command_line = command_line, .axes = {}}};
  size_t runs = 1;
  for (const Column& column : columns) {
    runs *= column.texts.size();
    if (runs > kMaxRuns) {
      throw Error({.file = kCommandLine}, fmt::format("the sweep asks for more than {} runs", kMaxRuns));
    }
  }
  std::vector<SweepPoint> points;
  points.reserve(runs);
  std::vector<size_t> at(columns.size(), 0);
  for (size_t run = 0; run < runs; ++run) {
    SweepPoint point{.command_line = command_line, .axes = {}};
    point.command_line.overrides.clear();
    for (size_t i = 0; i < columns.size(); ++i) {
      const std::string& text = columns[i].texts[at[i]];
      if (columns[i].is_axis) point.axes.emplace_back(columns[i].element, text);
      point.command_line.overrides.push_back(columns[i].element + (columns[i].bare ? "" : "=" + text));
    }
    points.push_back(std::move(point));
    for (size_t i = columns.size(); i > 0 && ++at[i - 1] == columns[i - 1].texts.size(); --i) at[i - 1] = 0;
  }
  return points;
}

}  // namespace retort
