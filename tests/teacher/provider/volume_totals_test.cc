// Totals counted in constant memory against the totals themselves.
#include "teacher/provider/volume_totals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/teacher/provider/register.h"

namespace retort {
namespace {

// As many accounts lie at or above a bin's least total as the bins from it on hold, whatever the size.
TEST(VolumeTotals, BinsHoldWhatTheySay) {
  VolumeTotals totals;
  std::vector<int64_t> all;
  for (int64_t total = 1; total < (int64_t{1} << 44); total = total + 1 + total / 97) {
    totals.Add(total);
    all.push_back(total);
  }
  totals.Add(0);
  double above = static_cast<double>(all.size());
  for (const TailModel::Weighted& bin : totals.Scores()) {
    const double least = std::exp(bin.score) * (1 - 1e-12);
    const auto truth = all.end() - std::lower_bound(all.begin(), all.end(), least, [](int64_t total, double x) {
                         return static_cast<double>(total) < x;
                       });
    EXPECT_EQ(above, static_cast<double>(truth)) << least;
    above -= bin.weight;
  }
  EXPECT_EQ(above, 0) << "zero is no score";
}

TEST(VolumeTotals, TheSameForAnyNumberOfThreadsAndEveryAccount) {
  const NeedleAssumptions a = Register();
  const Population population(MakeHaystack("api", "gamma", a, 300'000), a, 4);
  const auto alone = CountTotals(population, 1, {});
  ASSERT_TRUE(alone);
  EXPECT_EQ(*CountTotals(population, 3, {}), *alone);
  double sum = 0, positive = 0;
  for (const TailModel::Weighted& bin : alone->Scores()) sum += bin.weight;
  for (uint64_t block = 0; block < population.blocks(); ++block) {
    population.ForEachGroup(block, [&](const Group& group) {
      for (uint64_t i = group.first; i < group.first + group.size; ++i) positive += population.Total(i, group) > 0;
    });
  }
  EXPECT_EQ(sum, positive);
  EXPECT_FALSE(CountTotals(Population(MakeHaystack("chat", "gamma", a), a, 4), 2, [](double) { return false; }));
}

}  // namespace
}  // namespace retort
