// Where marks stand: at their N, moved by little where several share it, and what has no place on a logarithmic axis.
#include "core/report/figure.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/report/across_tables.h"
#include "core/report/experiment_page.h"
#include "tests/core/report/synthetic.h"

namespace retort {
namespace {

using testing::HasSubstr;
using testing::Not;

TaskSummary Task(int arms, const std::vector<int>& sizes) {
  TaskSummary task{.task = "rules", .metric = "exact_match", .base = PointSummary{.score = {0.1, 0.1, 0.1}}};
  task.teacher = PointSummary{.score = {0.9, 0.9, 0.9}};
  for (int a = 0; a < arms; ++a) {
    ArmSummary arm{.arm = fmt::format("arm{}", a)};
    for (const int n : sizes) {
      arm.points.push_back({.n = n, .score = {0.5, 0.4, 0.6}, .memoriser = 0.3});
      if (a == 0) arm.points.back().gap_closed = Interval{0.5, 0.4, 0.6};
    }
    task.arms.push_back(std::move(arm));
  }
  return task;
}

const PlotCurve& Named(const Plot& plot, const std::string& name) {
  return *std::ranges::find(plot.curves, name, &PlotCurve::name);
}

TEST(GapPlot, MarksAtOneNAreMovedByLittle) {
  for (const int arms : {2, 5, 15}) {
    const Plot plot = GapPlot(Task(arms, {4, 32, 128}), Panel::kScore, Cost::kSamples, "arm0");
    EXPECT_EQ(Named(plot, "arm0").points[1].x, 32);
    EXPECT_EQ(Named(plot, "memoriser").points[1].x, 32);
    std::vector<double> xs(static_cast<size_t>(arms));
    for (int a = 0; a < arms; ++a) xs[static_cast<size_t>(a)] = Named(plot, fmt::format("arm{}", a)).points[1].x;
    for (const double x : xs) {  // six pixels of about 400
      EXPECT_LE(std::abs(std::log(x / 32)) / std::log(*plot.x.high / *plot.x.low), 0.015);
    }
    std::ranges::sort(xs);
    EXPECT_EQ(std::ranges::adjacent_find(xs), xs.end());
  }
}

// Controls at one N beside a curve: apart enough to be told from each other, and nowhere near the next N.
TEST(GapPlot, ArmsOfASingleNStandBesideIt) {
  TaskSummary task = Task(10, {16, 32, 64});
  for (size_t a = 1; a < task.arms.size(); ++a) {
    task.arms[a].points = {task.arms[a].points[1]};
  }
  const Plot plot = GapPlot(task, Panel::kScore, Cost::kSamples, "arm0");
  EXPECT_EQ(Named(plot, "arm0").points[1].x, 32);
  std::vector<double> places = {std::log2(32)};
  for (size_t a = 1; a < task.arms.size(); ++a) {
    places.push_back(std::log2(Named(plot, task.arms[a].arm).points.at(0).x));
    EXPECT_NEAR(places.back(), 5, 0.41) << "nearer to 32 than to its neighbours";
  }
  std::ranges::sort(places);
  for (size_t i = 1; i < places.size(); ++i) {
    EXPECT_GT((places[i] - places[i - 1]) / std::log2(*plot.x.high / *plot.x.low), 0.01) << "four pixels";
  }
}

TEST(GapPlot, ArmsOfOneNStandSideBySide) {
  const TaskSummary task = Task(3, {100});
  EXPECT_TRUE(HasOneSize(task));
  EXPECT_FALSE(HasOneSize(Task(3, {100, 200})));
  EXPECT_FALSE(HasOneSize(Task(1, {100})));
  const Plot plot = GapPlot(task, Panel::kScore, Cost::kSamples, "arm0");
  EXPECT_FALSE(plot.x.log_base);
  ASSERT_EQ(plot.x.ticks.size(), 3u);
  EXPECT_EQ(plot.x.ticks[2], std::pair(3.0, std::string("arm2")));
  EXPECT_EQ(plot.curves.at(2).points.at(0).x, 3);
  EXPECT_THAT(plot.x.label, HasSubstr("N = 100"));
}

TEST(GapPlot, TheStartStandsLeftOfABreak) {
  const Plot plot = GapPlot(Task(2, {0, 8, 64}), Panel::kScore, Cost::kSamples, "arm0");
  ASSERT_EQ(plot.x.ticks.size(), 3u);
  EXPECT_EQ(plot.x.ticks[0].second, "0");
  ASSERT_EQ(plot.vertical.size(), 1u);
  EXPECT_GT(plot.vertical[0].at, plot.x.ticks[0].first);
  EXPECT_LT(plot.vertical[0].at, 8);
  const auto left = std::ranges::count_if(plot.curves, [&](const PlotCurve& c) {
    return c.kind == PlotCurve::Kind::kPoints && c.points.at(0).x < plot.vertical[0].at;
  });
  EXPECT_EQ(left, 2);
  EXPECT_EQ(Named(plot, "arm0").points.size(), 2u);  // no line across the break
}

TEST(GroupsFigures, ShowHowStudentsStart) {
  ReportInput input = SyntheticInput(2);
  input.comparisons = {{.name = "one against the other", .groups = "rules", .against = "add10"}};
  const std::vector<PageFigure> figures = GroupsFigures(input, Summarise(input));
  ASSERT_EQ(figures.size(), 1u);
  EXPECT_EQ(figures[0].views.at(0).plot.x.ticks.at(0).second, "0");
}

TEST(ExperimentPage, FigureNotesSayWhatIsMoved) {
  ReportInput input = SyntheticInput(2);
  const auto note = [&] {
    for (const PageSection& section : ExperimentPage(input, Summarise(input), {}).sections) {
      if (section.id == "task-0") return section.figure_note;
    }
    return std::string();
  };
  EXPECT_THAT(note(), HasSubstr("moved aside"));
  std::erase_if(input.cells, [](const CellResult& c) { return c.arm == "answers_only"; });
  EXPECT_THAT(note(), Not(HasSubstr("moved aside")));
}

}  // namespace
}  // namespace retort
