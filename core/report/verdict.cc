#include "core/report/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/report/format.h"

namespace retort {
namespace {

std::string Seeds(int seeds) {
  return seeds == 1 ? "1 seed, so the interval speaks of other items, not of other runs"
                    : fmt::format("{} seeds", seeds);
}

// "half is closed at N50 = 40 [33, 64]", "nine tenths are not closed within the grid: N90 > 64 [9.7, > 64]".
std::string CrossingText(const char* share, const char* name, const CrossingInterval& crossing) {
  switch (crossing.estimate.kind) {
    case Crossing::Kind::kAt:
      return fmt::format("{} closed at {} = {}", share, name, ToString(crossing));
    case Crossing::Kind::kAtOrBelow:
      return fmt::format("{} closed by the smallest N: {} {}", share, name, ToString(crossing));
    case Crossing::Kind::kAbove:
      break;
  }
  return fmt::format("{} not closed within the grid: {} {}", share, name, ToString(crossing));
}

// The first N that closes half of the gap, else the largest.
const PointSummary& Headline(const ArmSummary& arm) {
  for (const PointSummary& point : arm.points) {
    if (point.gap_closed && point.gap_closed->estimate >= 0.5) return point;
  }
  return arm.points.back();
}

// At most two arms: a third makes no sentence.
std::string AgainstOthers(const TaskSummary& task, int n) {
  std::string text;
  int named = 0;
  for (const ArmContrast& c : task.contrasts) {
    if (c.n != n) continue;
    const int decimals = ScoreDecimals(task.metric);
    if (!std::isfinite(c.lead.low) || ++named > 2) continue;
    text += fmt::format(
        "{} {} [{}, {}] {} than the {} arm", text.empty() ? fmt::format("; at N = {} the score is", n) : " and",
        Fixed(std::abs(c.lead.estimate), decimals), Fixed(c.lead.estimate < 0 ? -c.lead.high : c.lead.low, decimals),
        Fixed(c.lead.estimate < 0 ? -c.lead.low : c.lead.high, decimals), c.lead.estimate < 0 ? "worse" : "better",
        c.other);
  }
  return text;
}

}  // namespace

std::string DeclaredVerdict(const TaskSummary& task, const DeclaredResult& result) {
  using Measure = DeclaredResult::Measure;
  const DeclaredContrast& d = result.declared;
  const std::string start =
      fmt::format("Declared in the configuration: on {}, {} against {}", task.task, d.arm, d.against);
  if (!result.undefined.empty()) return fmt::format("{}; no comparison can be given: {}.", start, result.undefined);
  const Interval& v = result.value;
  const std::string sure = fmt::format(
      "{}, {}", Seeds(result.seeds),
      result.p_value ? "p " + (*result.p_value < 0.001 ? PValue(result.p_value) : "= " + PValue(result.p_value))
                     : std::string("too few for a p value"));
  const bool clear = v.low > 0 || v.high < 0;
  const std::string unclear = clear ? "" : "; the interval includes no difference, so the order is open";
  switch (result.measure) {
    case Measure::kScore: {
      const int decimals = ScoreDecimals(task.metric);
      return fmt::format("{} at N = {}: the score of {} is {} {} (paired difference {}, 95 % interval; {}){}.", start,
                         d.n, d.arm, Fixed(std::abs(v.estimate), decimals), v.estimate < 0 ? "worse" : "better",
                         SignedOpen(v, decimals), sure, unclear);
    }
    case Measure::kDeltaLog2N50: {
      return fmt::format(
          "{}: to close half of the gap {} needs {:.2g} times the {} of {} (difference in log2 N50 {}, 95 % "
          "interval; "
          "{}){}.",
          start, d.arm, std::exp2(v.estimate), task.n_unit, d.against, SignedOpen(v, 2), sure, unclear);
    }
    case Measure::kMeanGapClosed:
      break;
  }
  return fmt::format(
      "{}: an N50 lies outside the grid, so the mean share of the gap closed over the grid is compared: {} closes {} "
      "points "
      "{} (difference {} points, 95 % interval; {}){}.",
      start, d.arm, Fixed(100 * std::abs(v.estimate), 0), v.estimate < 0 ? "less" : "more",
      SignedOpen({100 * v.estimate, 100 * v.low, 100 * v.high}, 0), sure, unclear);
}

std::string Verdict(const ReportInput& input, const TaskSummary& task) {
  const int decimals = ScoreDecimals(task.metric);
  auto arm =
      std::find_if(task.arms.begin(), task.arms.end(), [&](const ArmSummary& a) { return a.arm == input.primary_arm; });
  const bool primary = arm != task.arms.end();
  if (!primary) arm = task.arms.begin();  // a group of rows may be about another arm
  if (arm == task.arms.end() || !task.base || !task.teacher) {
    return fmt::format("On {}, the cells of base, teacher model and {} are not all complete, so no gap can be given.",
                       task.task, input.primary_arm);
  }
  const PointSummary& point = Headline(*arm);
  const std::string scores =
      task.higher_is_better
          ? fmt::format("{} from {} to {} (teacher {})", MetricName(task.metric),
                        Fixed(task.base->score.estimate, decimals), Fixed(point.score.estimate, decimals),
                        Fixed(task.teacher->score.estimate, decimals))
          : fmt::format("bits per byte from {} to {} (teacher {}; lower is better)",
                        Fixed(task.base->score.estimate, decimals), Fixed(point.score.estimate, decimals),
                        Fixed(task.teacher->score.estimate, decimals));
  std::string noun = primary ? input.sample_noun : fmt::format("{} of the arm {}", task.n_unit, arm->arm);
  if (arm->validation_items > 0) {
    noun += fmt::format(" (beside {} validation prompts that its settings were chosen with)", arm->validation_items);
  }
  if (!point.gap_closed) {
    return fmt::format("On {}, {} {} take {}, but no share of the gap is given: {}.", task.task, point.n, noun, scores,
                       point.undefined);
  }
  const Interval& gc = *point.gap_closed;
  const std::string interval =
      fmt::format("95 % interval {} to {} %; {}", Fixed(100 * gc.low, 0), Fixed(100 * gc.high, 0), Seeds(point.seeds));
  std::string text = gc.estimate >= 0
                         ? fmt::format("On {}, {} {} close {} of the gap ({}), {}", task.task, point.n, noun,
                                       Percent(gc.estimate), interval, scores)
                         : fmt::format("On {}, {} {} widen the gap by {} ({}), {}", task.task, point.n, noun,
                                       Percent(-gc.estimate), fmt::format("share closed: {}", interval), scores);
  if (arm->points.size() > 1 && arm->n50 && arm->n90) {
    text += fmt::format("; {}, {}", CrossingText("half is", "N50", *arm->n50),
                        CrossingText("nine tenths are", "N90", *arm->n90));
  }
  return text + AgainstOthers(task, point.n) + ".";
}

}  // namespace retort
