#include "core/report/plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "core/base/error.h"

namespace retort {
namespace {

using testing::HasSubstr;
using testing::Not;

Plot Curves() {
  Plot plot{.title = "share against requests", .description = "Arm a: 10: 0.1."};
  plot.x = {.label = "requests", .log_base = 10, .format = "10^{%L}"};
  plot.y = {.label = "share", .low = 0, .high = 1};
  plot.curves = {{.name = "a_b", .points = {{10, 0.1, 0.05, 0.2}, {1e8, 0.9, 0.8, 1}}, .band = true},
                 {.name = "computed", .points = {{10, 0.2}, {1e4, 0.5}}, .kind = PlotCurve::Kind::kStep, .style = 1},
                 {.points = {{100, 0.5, 20, 3000}}, .kind = PlotCurve::Kind::kAcross}};
  plot.across = {{0.5, "half"}};
  plot.vertical = {{1e6, "alleged: 1M 'x'"}};
  return plot;
}

TEST(Draw, MakesThreeFormsOfEachPlot) {
  Plot bars{.title = "bars"};
  bars.bars = {{"one", 3, 2, 4}, {"two", 5}};
  const auto drawn = Draw(std::vector{Curves(), bars}, "f");
  ASSERT_EQ(drawn.size(), 2u);
  for (const DrawnPlot& plot : drawn) {
    EXPECT_THAT(plot.page_svg, testing::StartsWith("<svg viewBox=\"0 0 560 400\""));
    EXPECT_THAT(plot.page_svg, HasSubstr("var(--arm0, #0072B2)"));
    EXPECT_THAT(plot.page_svg, Not(HasSubstr("rgb(  0, 114, 178)")));
    EXPECT_THAT(plot.svg, Not(HasSubstr("var(")));  // a file of its own needs no page
    EXPECT_THAT(plot.pdf, testing::StartsWith("%PDF"));
  }
  EXPECT_THAT(drawn[0].page_svg, HasSubstr("<title id=\"f0title\">share against requests</title>"));
  EXPECT_THAT(drawn[0].page_svg, HasSubstr("<desc id=\"f0desc\">Arm a: 10: 0.1.</desc>"));
  EXPECT_THAT(drawn[1].page_svg, HasSubstr("id=\"f1title\""));
  EXPECT_THAT(drawn[0].svg, HasSubstr("a_b"));
  EXPECT_THAT(drawn[0].svg, HasSubstr("alleged: 1M ’x’"));
  EXPECT_THAT(drawn[1].svg, HasSubstr(">two<"));
}

TEST(Draw, ATickMayHaveTwoLines) {
  Plot plot = Curves();
  plot.y.ticks = {{0.5, "it's half,\nor so"}};
  const DrawnPlot drawn = Draw(std::vector{plot}, "f")[0];
  EXPECT_THAT(drawn.svg, HasSubstr(">it’s half,<"));
  EXPECT_THAT(drawn.svg, HasSubstr(">or so<"));
}

TEST(Draw, ManyMarksAreLettersWithTheirWordsInTheKey) {
  Plot plot = Curves();
  for (int i = 0; i < 3; ++i) plot.vertical.push_back({std::pow(10, 2 + i), "published"});
  const DrawnPlot drawn = Draw(std::vector{plot}, "f")[0];
  for (const char* words : {">a<", ">d<", "a: alleged: 1M ’x’", "d: published"})
    EXPECT_THAT(drawn.svg, HasSubstr(words));
  EXPECT_THAT(drawn.svg, Not(HasSubstr(">e<")));
  EXPECT_THAT(drawn.svg, Not(HasSubstr("rotate(-90.00)\"><text>alleged")));
  EXPECT_THAT(drawn.pdf, testing::StartsWith("%PDF"));
  EXPECT_THAT(drawn.page_svg, Not(testing::StartsWith("<svg viewBox=\"0 0 560 400\""))) << "room for the key";
}

TEST(Draw, TellsNoTime) {
  const std::string pdf = Draw(std::vector{Curves()}, "f")[0].pdf;
  if (pdf.find("/ObjStm") != std::string::npos) GTEST_SKIP() << "cairo 1.18 packs the time of a PDF: it stays there";
  EXPECT_THAT(pdf, HasSubstr("/CreationDate (D:20000101"));
}

TEST(Draw, NothingToShowIsEmpty) {
  Plot plot = Curves();
  for (PlotCurve& curve : plot.curves) {
    for (PlotPoint& point : curve.points) point.x = -1;  // has no place on a log axis
  }
  EXPECT_TRUE(IsEmpty(plot));
  const auto drawn = Draw(std::vector{plot, Curves()}, "f");
  EXPECT_TRUE(drawn[0].page_svg.empty() && drawn[0].svg.empty() && drawn[0].pdf.empty());
  EXPECT_FALSE(drawn[1].page_svg.empty());
  EXPECT_TRUE(Draw({}, "f").empty());
}

TEST(Draw, HostileWordsDrawNoCommands) {
  const std::string evil = "'; system \"touch pwned\"; set title '`touch pwned`\n\"</text><script>\x01 %s {/=99 x}";
  Plot plot{.title = evil, .description = evil};
  plot.x = {.label = evil, .ticks = {{1, evil}}};
  plot.y = {.label = evil};
  plot.curves = {{.name = evil, .points = {{1, 2, 1, 3}, {2, 3}}}};
  plot.across = {{2, evil}};
  plot.vertical = {{1.5, evil}};
  const auto drawn = Draw(std::vector{plot}, "f");
  EXPECT_FALSE(std::filesystem::exists("pwned"));
  EXPECT_THAT(drawn[0].page_svg, Not(HasSubstr("<script")));
  EXPECT_THAT(drawn[0].svg, Not(HasSubstr("<script")));
}

TEST(Draw, ABoxGrowsWithItsKey) {
  Plot few = Curves(), many = few;
  many.curves.clear();
  for (int i = 0; i < 12; ++i)
    many.curves.push_back({.name = "a_long_name_" + std::to_string(i), .points = {{1, 2}, {2, 3}}});
  const auto drawn = Draw(std::vector{few, many}, "f");
  EXPECT_THAT(drawn[0].page_svg, HasSubstr("viewBox=\"0 0 560 400\""));
  EXPECT_THAT(drawn[1].page_svg, HasSubstr("viewBox=\"0 0 560 463\""))
      << "two columns of six rows, three more than fit";
}

TEST(Draw, WithoutGnuplotSaysSo) {
  const std::string path = std::getenv("PATH");
  setenv("PATH", "/nonexistent", 1);
  std::string message;
  try {
    Draw(std::vector{Curves()}, "f");
  } catch (const Error& error) {
    message = error.what();
  }
  setenv("PATH", path.c_str(), 1);
  EXPECT_THAT(message, HasSubstr("gnuplot is not installed"));
}

}  // namespace
}  // namespace retort
