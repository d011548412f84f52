#include "experiments/look/trace_step.h"

#include <fmt/format.h>

#include <algorithm>

#include "experiments/look/terminal_text.h"

namespace retort::lab {

std::string_view Name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kUnchanged:
      return "unchanged";
    case Verdict::kNotChecked:
      return "not checked";
    case Verdict::kMissing:
      return "missing";
    default:
      return "CHANGED";
  }
}

void TraceStep::Compare(const std::string& what, const std::string& by, const std::string& recorded,
                        const std::string& found) {
  if (recorded == found) {
    Unchanged(fmt::format("{} ({})", what, by));
    return;
  }
  const auto shown = [](const std::string& text) { return text.empty() ? "nothing" : OneLine(text, 80); };
  Changed(fmt::format("{}: {} says {}, now it is {}", what, by, shown(recorded), shown(found)));
}

Verdict Worst(const TraceStep& step) {
  Verdict worst = Verdict::kUnchanged;
  for (const Check& check : step.checks) worst = std::max(worst, check.verdict);
  return worst;
}

Verdict Worst(const std::vector<TraceStep>& steps) {
  Verdict worst = Verdict::kUnchanged;
  for (const TraceStep& step : steps) worst = std::max(worst, Worst(step));
  return worst;
}

bool IsFine(Verdict verdict) { return verdict < Verdict::kMissing; }

}  // namespace retort::lab
