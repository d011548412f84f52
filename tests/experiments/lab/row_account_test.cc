#include "experiments/cells/row_account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "experiments/arms/arms.h"
#include "experiments/lab/results.h"
#include "tests/experiments/cells/fixture.h"

namespace retort::lab {
namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;
using ::testing::SizeIs;

// The teacher's rows, each of which took as many tokens as the next.
SampleSet Asked(ArmContext& context, int n, uint64_t seed) {
  SampleSet set = TeacherAnswers(context, n, seed);
  for (Sample& sample : set.samples) sample.usage = {.prompt_tokens = 10, .completion_tokens = 5};
  return set;
}

// The same rows, but chosen among four times as many.
SampleSet Chosen(ArmContext& context, int n, uint64_t seed) {
  SampleSet set = Asked(context, n, seed);
  set.manifest.measures = {{std::string(kTeacherTokens), 45.0 * n},
                           {std::string(kTeacherWritten), 15.0 * n},
                           {std::string(kPromptsAsked), 4.0 * n},
                           {"candidates", 4.0 * n}};
  return set;
}

class RowAccountTest : public ::testing::Test {
 protected:
  std::vector<CellResult> ReadAfter(const std::string& arm, int64_t live_tokens) {
    const CommandLine command_line =
        fixture_.Parse({"blocks=[]", "n=[4]", "seeds=1", "arms=[asked,chosen]", "prices.input=2e5", "prices.output=3e5",
                        "prices.source=here", "prices.date=2026-01-01"});
    const auto blocks =
        OpenBlocks(LoadBlocks(command_line), experiment_,
                   {.config_dir = command_line.config_dir, .collections = fixture_.path("collections")});
    const Grid grid = MakeGrid(blocks);
    const RunStore store(fixture_.path("runs of " + arm));
    const Row& row = *std::ranges::find(grid.rows, arm, &Row::arm);
    // As a worker does it.
    const SampleSet samples = (arm == "asked" ? Asked : Chosen)(*blocks.front()->context, 4, 0);
    store.WriteSamples(row.cell, samples);
    CellResult result{
        .arm = arm, .n = 4, .metric = "exact_match", .extras = {{"score_on_big", 0.5}}, .items = {{.id = "0"}}};
    Charge(AccountOf(samples.samples, RunStore::SamplesManifest(store.Folder(row.cell)), row.account.prices),
           live_tokens, result);
    RunStore::WriteResult(store.Folder(row.cell), result, 1);
    return ReadResults(grid, store);
  }

  Fixture fixture_;
  Experiment experiment_{.arms = {{"asked", "", Asked}, {"chosen", "", Chosen}}};
};

TEST_F(RowAccountTest, IsOfTheRowWhoeverComputedTheCell) {
  for (const std::string first : {"asked", "chosen"}) {
    const std::vector<CellResult> results = ReadAfter(first, 100);
    ASSERT_THAT(results, SizeIs(2)) << "both arms share the cell";
    const CellResult &asked = results[0].arm == "asked" ? results[0] : results[1],
                     &chosen = results[0].arm == "asked" ? results[1] : results[0];
    EXPECT_EQ(asked.prompts_asked, 4) << first;
    EXPECT_EQ(asked.teacher_tokens, 4 * 15 + 100) << first;
    EXPECT_DOUBLE_EQ(asked.dollars, 0.2 * (40 + 100) + 0.3 * 20) << first;
    EXPECT_THAT(asked.extras, Not(Contains(Key("candidates")))) << first;
    EXPECT_EQ(chosen.prompts_asked, 16) << first;
    EXPECT_EQ(chosen.teacher_tokens, 4 * (15 + 45) + 100) << first;
    EXPECT_DOUBLE_EQ(chosen.dollars, 0.2 * (40 + 120 + 100) + 0.3 * (20 + 60)) << first;
    EXPECT_EQ(chosen.extras.at("candidates"), 16) << first;
    for (const CellResult& cell : results) EXPECT_EQ(cell.extras.at("score_on_big"), 0.5) << first;
  }
}

}  // namespace
}  // namespace retort::lab
