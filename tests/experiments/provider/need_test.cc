// The need as drawn from the bootstrap of N90: the shipped run's own interval, censored draws, bad files.
#include "experiments/provider/need.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/config/toml_text.h"
#include "experiments/provider/volumes.h"
#include "tests/core/base/message_of.h"

namespace retort::provider {
namespace {

using ::testing::HasSubstr;

NeedleAssumptions Register() {
  NeedleAssumptions a;
  const std::string file = std::string(RETORT_SOURCE_DIR) + "/configs/assumptions/needle.toml";
  FromToml(ReadFile(file), file, [&](Describer& d) { Describe(d, a); });
  return a;
}

std::string Shipped(const char* file) { return std::string(RETORT_SOURCE_DIR) + "/docs/results/few_samples/" + file; }

// The run's summary says N90 with its interval, from scores of single items; drawn from means of seeds it is the same
// but for the luck of the draw, and of items that seeds share.
TEST(Need, IsThatOfTheShippedRun) {
  const Need need = ReadNeed(Shipped("cells.csv"), "rules", "teacher", 1);
  for (const MeasuredN90& row : ReadN90(Shipped("summary.csv"))) {
    if (row.task != "rules" || row.arm != "teacher") continue;
    EXPECT_EQ(need.estimate.kind == Crossing::Kind::kAt, row.bound == Bound::kExact);
    EXPECT_NEAR(need.estimate.n / row.n, 1, 0.02) << "as the summary rounds it";
  }
  EXPECT_TRUE(std::ranges::is_sorted(need.n90));
  const std::vector<NeededRequests> drawn = Drawn(need, Register());
  double all = 0;
  for (const NeededRequests& draw : drawn) all += draw.share;
  EXPECT_NEAR(all, 1, 1e-12);
  EXPECT_LT(drawn.front().requests, need.estimate.n);
  EXPECT_GE(drawn.back().requests, need.estimate.n);
}

std::string Cells(const std::vector<double>& teacher) {
  std::string text = "arm,n,seed,score,task,metric\n";
  for (int seed = 0; seed < 4; ++seed) {
    const std::string end = std::to_string(seed);
    text += fmt::format("base,0,{0},0.1,rules,exact_match\nteacher_model,0,{0},0.9,rules,exact_match\n", end);
    for (size_t i = 0; i < teacher.size(); ++i) {
      const double score = teacher[i] + 0.02 * seed;
      text += "teacher," + std::to_string(4 << i) + "," + end + "," + std::to_string(score) + ",rules,exact_match\n";
    }
  }
  return text + "teacher,4,0,0.5,other,exact_match\n";
}

Need Read(const std::string& text, const std::string& task = "rules") {
  const TempDir folder;
  WriteFileAtomic(folder.path() / "cells.csv", text);
  return ReadNeed(folder.path() / "cells.csv", task, "teacher", 1);
}

std::string Problem(const std::string& text, const std::string& task = "rules") {
  return MessageOf([&] { Read(text, task); });
}

TEST(Need, ACensoredDrawStaysABound) {
  NeedleAssumptions a = Register();
  a.attempts_per_sample.value = 3;
  a.accepted_share.value = 0.5;
  const Need above = Read(Cells({0.2, 0.3, 0.4}));
  EXPECT_EQ(Estimated(above, a).bound, Bound::kAtLeast);
  EXPECT_EQ(Estimated(above, a).requests, 16 * 6);
  for (const NeededRequests& draw : Drawn(above, a)) EXPECT_EQ(draw.bound, Bound::kAtLeast);
  const Need below = Read(Cells({0.86, 0.87, 0.88}));
  EXPECT_EQ(Estimated(below, a).bound, Bound::kAtMost);
  EXPECT_EQ(Estimated(below, a).requests, 4 * 6);
  const Need inside = Read(Cells({0.2, 0.6, 0.86}));
  EXPECT_EQ(Estimated(inside, a).bound, Bound::kExact);
  EXPECT_EQ(Estimated(inside, a).requests, std::ceil(inside.estimate.n * 6));
}

TEST(Need, WhatIsNoResultIsRefusedWithItsPlace) {
  EXPECT_THAT(Problem(""), HasSubstr("is empty"));
  EXPECT_THAT(Problem("a,b\n1,2\n"), HasSubstr("cells.csv:1: has no column arm"));
  EXPECT_THAT(Problem(Cells({0.2}), "add10"), HasSubstr("primary.task="));
  EXPECT_THAT(Problem(Cells({0.2}) + "teacher,many,9,1,rules,exact_match\n"), HasSubstr("is no number"));
  EXPECT_THAT(Problem(Cells({0.2}) + "teacher,-4,9,1,rules,exact_match\n"), HasSubstr("no number of samples"));
  EXPECT_THAT(Problem(Cells({0.2}) + "teacher,4,9\n"), HasSubstr("too few fields"));
  std::string flat = Cells({0.2, 0.3});
  for (size_t at = flat.find(",0.9,"); at != std::string::npos; at = flat.find(",0.9,")) flat.replace(at, 5, ",0.1,");
  EXPECT_THAT(Problem(flat), HasSubstr("smallest gap"));
  EXPECT_THROW(ReadNeed("/nowhere/cells.csv", "rules", "teacher", 1), Error);
}

}  // namespace
}  // namespace retort::provider
