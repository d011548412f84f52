#include "experiments/provider/provenance_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace retort::provider {
namespace {

// A step function of sorted values.
std::vector<PlotPoint> Distribution(std::vector<double> values) {
  std::ranges::sort(values);
  std::vector<PlotPoint> points = {{.x = 0, .y = 0}};
  const auto n = static_cast<double>(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    points.push_back({.x = values[i], .y = static_cast<double>(i) / n});
    points.push_back({.x = values[i], .y = static_cast<double>(i + 1) / n});
  }
  points.push_back({.x = 1, .y = 1});
  return points;
}

}  // namespace

PageFigure UniformityFigure(const std::vector<TriedArm>& arms) {
  Plot plot{.title = "p values of students that the teacher did not teach",
            .description = "One step curve for each task and test, beside the diagonal that uniform p values follow.",
            .x = {.label = "p value", .log_base = {}, .low = 0, .high = 1, .ticks = {}, .format = {}},
            .y = {.label = "share of students below", .log_base = {}, .low = 0, .high = 1, .ticks = {}, .format = {}}};
  plot.curves.push_back(
      {.name = "uniform", .points = {{.x = 0, .y = 0}, {.x = 1, .y = 1}}, .kind = PlotCurve::Kind::kReference});
  size_t style = 0;
  for (const std::string& task : Tasks(arms)) {
    for (size_t test = 0; test < kTests; ++test) {
      const std::vector<double> values = Uniform(Of(arms, task, Role::kNull), test);
      if (values.empty()) continue;
      plot.curves.push_back({.name = fmt::format("{}, {}", task, kProvenanceTests[test]),
                             .points = Distribution(values),
                             .kind = PlotCurve::Kind::kStep,
                             .style = style++});
    }
  }
  if (plot.curves.size() == 1) plot.curves.clear();
  return {.caption = "p values of untaught students: a curve above the diagonal flags too often",
          .alt = {},
          .svg = {},
          .file_stem = "uniformity",
          .views = {{.label = "", .plot = std::move(plot), .drawn = {}}}};
}

PageFigure DetectionFigure(const std::vector<TriedArm>& arms, double alpha) {
  Plot plot{
      .title = "Students flagged, by the share of their rows that the teacher gave",
      .description = "One curve for each task and test, attacker none, with exact intervals.",
      .x = {.label = "rows from the teacher, %",
            .log_base = 10,
            .low = 0.8,
            .high = 125,
            .ticks = {{1, "1"}, {5, "5"}, {20, "20"}, {100, "100"}},
            .format = {}},
      .y = {.label = "share of students flagged", .log_base = {}, .low = 0, .high = 1.02, .ticks = {}, .format = {}}};
  size_t style = 0;
  for (const std::string& task : Tasks(arms)) {
    for (size_t test = 0; test < kTests; ++test) {
      PlotCurve curve{.name = fmt::format("{}, {}", task, kProvenanceTests[test]), .points = {}, .style = style};
      for (const TriedArm* arm : Of(arms, task, Role::kTaught)) {
        const Rate rate = Flagged({arm}, test, alpha);
        if (rate.students == 0 || arm->taught->attacker != "none" || arm->taught->percent == 0) continue;
        const Interval of = rate.Of();
        // Side by side, so that their whiskers can be told apart.
        const double aside = std::pow(1.025, static_cast<double>(style) - 2);
        curve.points.push_back({.x = arm->taught->percent * aside, .y = of.estimate, .low = of.low, .high = of.high});
      }
      if (curve.points.empty()) continue;
      std::ranges::sort(curve.points, {}, &PlotPoint::x);
      plot.curves.push_back(std::move(curve));
      ++style;
    }
  }
  if (!plot.curves.empty())
    plot.across.push_back({.at = alpha, .label = fmt::format("p ≤ {}", alpha), .strong = false});
  return {.caption = "How much of the rows must be the teacher's? (attacker: none)",
          .alt = {},
          .svg = {},
          .file_stem = "detection",
          .views = {{.label = "", .plot = std::move(plot), .drawn = {}}}};
}

}  // namespace retort::provider
