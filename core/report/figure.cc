#include "core/report/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/report/format.h"

namespace retort {
namespace {

double CostOf(const PointSummary& p, Cost cost) {
  switch (cost) {
    case Cost::kSamples:
      return p.n;
    case Cost::kTeacherTokens:
      return p.teacher_tokens;
    case Cost::kSupervisedTokens:
      return p.supervised_tokens;
    case Cost::kTrainingFlops:
      return p.training_flops;
    case Cost::kDollars:
      return p.dollars;
  }
  return 0;
}

std::string ShortName(Cost cost, const std::string& n_unit) {
  switch (cost) {
    case Cost::kSamples:
      return n_unit == "samples" ? n_unit : "N";
    case Cost::kTeacherTokens:
      return "teacher tokens";
    case Cost::kSupervisedTokens:
      return "supervised tokens";
    case Cost::kTrainingFlops:
      return "training FLOPs";
    case Cost::kDollars:
      return "dollars";
  }
  return "";
}

std::string AxisLabel(Cost cost, const std::string& n_unit) {
  switch (cost) {
    case Cost::kSamples:
      return n_unit + " N (log scale)";
    case Cost::kTeacherTokens:
      return "tokens that the teacher read and wrote (log scale)";
    case Cost::kSupervisedTokens:
      return "tokens trained on, repeats counted (log scale)";
    case Cost::kTrainingFlops:
      return "floating-point operations of training (log scale)";
    case Cost::kDollars:
      return "dollars for the teacher's answers (log scale)";
  }
  return "";
}

std::string TickText(double value, Cost cost) {
  if (cost == Cost::kDollars) return fmt::format("${:g}", value);
  if (value >= 1e9) return fmt::format("{:.0e}", value);
  if (value >= 1e6) return fmt::format("{:g}M", value / 1e6);
  if (value >= 1e3) return fmt::format("{:g}k", value / 1e3);
  return fmt::format("{:g}", value);
}

// 1, 2, 5, 10, ...; whole decades where these would be too many.
std::vector<std::pair<double, std::string>> Ticks(double low, double high, Cost cost) {
  std::vector<std::pair<double, std::string>> ticks;
  const std::vector<double> all = {1, 2, 5}, decades = {1};
  for (const auto& steps : {all, decades}) {
    ticks.clear();
    for (double decade = std::pow(10, std::floor(std::log10(low))); decade <= high; decade *= 10) {
      for (const double step : steps) {
        if (decade * step >= low && decade * step <= high) {
          ticks.emplace_back(decade * step, TickText(decade * step, cost));
        }
      }
    }
    if (ticks.size() <= 7) break;
  }
  return ticks;
}

double Finite(double value, double fallback) { return std::isfinite(value) ? value : fallback; }

const ArmSummary* FindArm(const TaskSummary& task, const std::string& name) {
  const auto found = std::ranges::find(task.arms, name, &ArmSummary::arm);
  return found == task.arms.end() ? nullptr : &*found;
}

bool HasStart(const TaskSummary& task) {
  return std::ranges::any_of(task.arms, [](const ArmSummary& arm) {
    return std::ranges::any_of(arm.points, [](const PointSummary& p) { return p.n == 0; });
  });
}

class GapPlotBuilder {
 public:
  GapPlotBuilder(const TaskSummary& task, Panel panel, Cost cost, const std::string& primary)
      : task_(task), share_(panel == Panel::kGapClosed), cost_(cost), primary_(FindArm(task, primary)) {}

  Plot Build() {
    const std::string what = share_ ? "share of the gap closed" : MetricName(task_.metric);
    plot_.title = fmt::format("{}: {} against {}", task_.task, what, ShortName(cost_, task_.n_unit));
    plot_.description = Words();
    if (!task_.base || !task_.teacher) return plot_;
    XAxis();
    for (size_t a = 0; a < task_.arms.size(); ++a) AddArm(a);
    if (IsEmpty(plot_)) return plot_;
    AddMemoriser();
    YAxis();
    AddLevels();
    if (share_ && cost_ == Cost::kSamples) AddCrossings();
    return std::move(plot_);
  }

 private:
  double Unit() const { return share_ ? 100 : 1; }

  void XAxis() {
    std::vector<double> costs;
    for (const ArmSummary& arm : task_.arms) {
      for (const PointSummary& p : arm.points) costs.push_back(CostOf(p, cost_));
    }
    std::erase_if(costs, [](double x) { return !(x > 0) || !std::isfinite(x); });
    std::ranges::sort(costs);
    costs.erase(std::unique(costs.begin(), costs.end()), costs.end());
    if (costs.empty()) return;
    if (cost_ == Cost::kSamples && HasOneSize(task_)) return ArmsAxis(costs.front());
    left_ = costs.front() / 1.4;
    right_ = costs.back() * 1.4;
    if (cost_ == Cost::kSamples && HasStart(task_)) {
      zero_ = costs.front() / std::sqrt(costs.size() > 1 ? costs[1] / costs.front() : 4);
      left_ = zero_ / 1.4;
      plot_.vertical.push_back({.at = std::sqrt(zero_ * costs.front()), .label = {}, .strong = false});
    }
    for (size_t i = 1; i < costs.size(); ++i) {
      apart_ = std::min(apart_, std::log2(costs[i] / costs[i - 1]) / std::log2(right_ / left_));
    }
    plot_.x = {.label = AxisLabel(cost_, task_.n_unit),
               .log_base = cost_ == Cost::kSamples ? 2 : 10,
               .low = left_,
               .high = right_};
    if (cost_ == Cost::kSamples) {
      if (zero_ > 0) plot_.x.ticks.emplace_back(zero_, "0");
      for (const double n : costs) plot_.x.ticks.emplace_back(n, fmt::format("{:.0f}", n));
    } else {
      plot_.x.ticks = Ticks(left_, right_, cost_);
    }
  }

  // No curve can be drawn of one N: the arms stand side by side.
  void ArmsAxis(double n) {
    arms_ = true;
    left_ = 0.4;
    right_ = static_cast<double>(task_.arms.size()) + 0.6;
    plot_.x = {.label = fmt::format("arms, each at N = {:.0f} {}", n, task_.n_unit), .low = left_, .high = right_};
    for (size_t a = 0; a < task_.arms.size(); ++a) {
      plot_.x.ticks.emplace_back(static_cast<double>(a + 1), task_.arms[a].arm);
    }
  }

  // By how much the marks of an arm are moved, so that whiskers of several arms at one N do not hide each other: to
  // either side in turn, none for the first. A curve by a few pixels, as its slope is read (0.014 of the axis is about
  // 6); an arm of one N, beside curves, as far as it is told apart, but not near to another N.
  double Aside(size_t index) const {
    const auto is_curve = [](const ArmSummary& arm) { return arm.points.size() != 1; };
    const bool curve = cost_ != Cost::kSamples || is_curve(task_.arms[index]);
    size_t rank = curve ? 0 : 1, alike = rank;
    for (size_t a = 0; a < task_.arms.size(); ++a) {
      const ArmSummary& other = task_.arms[a];
      if (cost_ == Cost::kSamples && is_curve(other) != curve) continue;
      if (!curve && other.points.front().n != task_.arms[index].points.front().n) continue;
      rank += a < index ? 1 : 0;
      ++alike;
    }
    const size_t place = (rank + 1) / 2, last = std::max<size_t>(alike / 2, 1);
    const double most = curve ? 0.014 : 0.4 * apart_, step = curve ? 0.007 : 0.022;
    const double aside = static_cast<double>(place) * std::min(step, most / static_cast<double>(last));
    return std::exp2((rank % 2 == 1 ? aside : -aside) * std::log2(right_ / left_));
  }

  void AddArm(size_t index) {
    const ArmSummary& arm = task_.arms[index];
    PlotCurve curve{.name = arms_ ? "" : arm.arm, .style = index, .band = &arm == primary_};
    for (const PointSummary& p : arm.points) {
      if (share_ && !p.gap_closed) continue;
      const Interval& v = share_ ? *p.gap_closed : p.score;
      const double x = arms_ ? static_cast<double>(index + 1) : CostOf(p, cost_) * Aside(index);
      const PlotPoint point{x, Unit() * v.estimate, Unit() * v.low, Unit() * v.high};
      Reach(v.estimate, v.low, v.high);
      if (x > 0) {
        curve.points.push_back(point);
      } else if (zero_ > 0) {  // beyond the break, so that no line leads there
        PlotCurve start{.name = {}, .points = {point}, .kind = PlotCurve::Kind::kPoints, .style = index};
        start.points.front().x = zero_ * Aside(index);
        plot_.curves.push_back(std::move(start));
      }
    }
    plot_.curves.push_back(std::move(curve));
  }

  void Reach(double y, double low, double high) {
    low_ = std::min(low_, Finite(low, y));
    high_ = std::max(high_, Finite(high, y));
  }

  void AddMemoriser() {
    if (primary_ == nullptr) return;
    const double base = task_.base->score.estimate, gap = task_.teacher->score.estimate - base;
    PlotCurve curve{.name = "memoriser", .kind = PlotCurve::Kind::kReference};
    for (const PointSummary& p : primary_->points) {
      if (!p.memoriser || (share_ && !p.gap_closed)) continue;
      const double y = share_ ? (*p.memoriser - base) / gap : *p.memoriser;
      if (std::isfinite(y)) curve.points.push_back({CostOf(p, cost_), Unit() * y});
    }
    if (curve.points.size() > 1) plot_.curves.push_back(std::move(curve));
  }

  void YAxis() {
    const double base = task_.base->score.estimate, teacher = task_.teacher->score.estimate;
    double low = std::min(0.0, low_), high = std::max(1.0, high_);
    if (!share_ && !task_.higher_is_better) {
      low = std::min({base, teacher, low_});
      high = std::max({base, teacher, high_});
    }
    if (share_) {  // an interval far outside says nothing more by its length
      low = std::clamp(low, -1.0, 0.0);
      high = std::clamp(high, 1.0, 2.0);
    }
    const double margin = 0.04 * (high - low);
    if (low != 0 || share_) low -= margin;
    high += margin;
    plot_.y.low = low * Unit();
    plot_.y.high = high * Unit();
    if (share_) plot_.y.format = "%.0f %%";
  }

  void AddLevels() {
    if (share_) {
      plot_.across = {{100, "teacher"}, {90, "nine tenths", false}, {50, "half", false}, {0, "base"}};
      return;
    }
    const int decimals = ScoreDecimals(task_.metric);
    const double base = task_.base->score.estimate, teacher = task_.teacher->score.estimate;
    plot_.across = {{teacher, "teacher " + Fixed(teacher, decimals)}, {base, "base " + Fixed(base, decimals)}};
  }

  // N50 and N90 of the primary arm lie on their levels, with whiskers that run into the edge where censored.
  void AddCrossings() {
    if (primary_ == nullptr || primary_->points.size() < 2) return;
    PlotCurve curve{.kind = PlotCurve::Kind::kAcross};
    const auto add = [&](double level, const std::optional<CrossingInterval>& crossing) {
      if (!crossing || crossing->estimate.kind != Crossing::Kind::kAt) return;
      const auto end = [&](const Crossing& c) {
        return c.kind == Crossing::Kind::kAbove ? right_ : c.kind == Crossing::Kind::kAtOrBelow ? left_ : c.n;
      };
      curve.name += curve.name.empty() ? (level == 50 ? "N50" : "N90") : ", N90";
      curve.points.push_back({crossing->estimate.n, level, end(crossing->low), end(crossing->high)});
    };
    add(50, primary_->n50);
    add(90, primary_->n90);
    if (!curve.points.empty()) plot_.curves.push_back(std::move(curve));
  }

  std::string Words() const {
    std::string text;
    for (const ArmSummary& arm : task_.arms) {
      text += fmt::format("Arm {}:", arm.arm);
      for (const PointSummary& p : arm.points) {
        const std::string value = !share_        ? WithInterval(p.score, ScoreDecimals(task_.metric))
                                  : p.gap_closed ? PercentInterval(*p.gap_closed)
                                                 : std::string("undefined");
        text += cost_ == Cost::kSamples
                    ? fmt::format(" N = {}: {};", p.n, value)
                    : fmt::format(" {} {}: {};", Count(CostOf(p, cost_)), ShortName(cost_, task_.n_unit), value);
      }
      text.back() = '.';
      text += ' ';
    }
    return text;
  }

  const TaskSummary& task_;
  bool share_;
  Cost cost_;
  const ArmSummary* primary_;
  Plot plot_;
  double left_ = 1, right_ = 2, apart_ = 1;  // apart_: two neighbouring N, as a share of the axis
  double zero_ = 0;                          // where N = 0 stands on the axis of N; 0: nowhere
  bool arms_ = false;                        // the axis names arms
  double low_ = std::numeric_limits<double>::infinity(), high_ = -std::numeric_limits<double>::infinity();
};

}  // namespace

std::vector<Cost> CostAxes(const TaskSummary& task, const std::string& primary_arm) {
  std::vector<Cost> axes = {Cost::kSamples};
  const ArmSummary* arm = FindArm(task, primary_arm);
  if (arm == nullptr || arm->points.size() < 2) return axes;
  for (const Cost cost : {Cost::kTeacherTokens, Cost::kSupervisedTokens, Cost::kTrainingFlops, Cost::kDollars}) {
    double low = std::numeric_limits<double>::infinity(), high = 0;
    for (const PointSummary& p : arm->points) {
      low = std::min(low, CostOf(p, cost));
      high = std::max(high, CostOf(p, cost));
    }
    if (low > 0 && std::isfinite(high) && high > 1.2 * low) axes.push_back(cost);
  }
  return axes;
}

bool HasOneSize(const TaskSummary& task) {
  std::optional<int> size;
  for (const ArmSummary& arm : task.arms) {
    for (const PointSummary& p : arm.points) {
      if (size.value_or(p.n) != p.n) return false;
      size = p.n;
    }
  }
  return size && task.arms.size() > 1;
}

Plot GapPlot(const TaskSummary& task, Panel panel, Cost cost, const std::string& primary_arm) {
  return GapPlotBuilder(task, panel, cost, primary_arm).Build();
}

std::vector<PageFigure> TaskFigures(const TaskSummary& task, const std::string& primary_arm) {
  std::string reason = "no cell is complete";
  for (const ArmSummary& arm : task.arms) {
    for (const PointSummary& point : arm.points) {
      if (!point.undefined.empty()) reason = point.undefined;
    }
  }
  std::vector<PageFigure> figures;
  for (const Panel panel : {Panel::kScore, Panel::kGapClosed}) {
    const bool score = panel == Panel::kScore;
    PageFigure figure{.caption = score ? "Score: " + MetricName(task.metric) : "Share of the gap closed",
                      .file_stem = task.task + (score ? "-score" : "-gap-closed"),
                      .missing = reason};
    for (const Cost cost : CostAxes(task, primary_arm)) {
      figure.views.push_back({ShortName(cost, task.n_unit), GapPlot(task, panel, cost, primary_arm), {}});
    }
    figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace retort
