#include "experiments/arms/arms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "experiments/cells/grid.h"
#include "experiments/design/block.h"
#include "tests/experiments/arms/arms_fixture.h"
#include "tests/experiments/cells/fixture.h"

namespace retort::lab {
namespace {

using ::testing::SizeIs;

class CommonArms : public ArmsTest {
 protected:
  CommonArms() : ArmsTest("rules") {}
};

TEST_F(CommonArms, RowsAreNested) {
  for (const auto rows : {TeacherAnswers, AnswersOnly, References, Unrelated}) {
    const SampleSet large = rows(Context(), 16, 1), small = rows(Context(), 4, 1);
    ASSERT_THAT(small.samples, SizeIs(4));
    for (size_t i = 0; i < 4; ++i) EXPECT_EQ(small.samples[i], large.samples[i]) << small.manifest.teacher.name;
  }
}

TEST_F(CommonArms, KeepThePromptsAndChangeTheAnswers) {
  ArmContext& context = Context();
  const auto teacher = TeacherAnswers(context, 16, 0).samples, bare = AnswersOnly(context, 16, 0).samples,
             unrelated = Unrelated(context, 16, 0).samples, references = References(context, 16, 0).samples;
  int changed = 0;
  for (size_t i = 0; i < 16; ++i) {
    const std::string worked = Text(teacher[i].completion);
    EXPECT_EQ(Text(bare[i].completion), worked.substr(worked.rfind(' ') + 1));
    EXPECT_EQ(Text(bare[i].completion).size(), 2u);
    EXPECT_EQ(Text(unrelated[i].completion).size(), worked.size());
    EXPECT_EQ(Text(references[i].completion), worked) << "the oracle gives the references";
    changed += Text(unrelated[i].completion) != worked ? 1 : 0;
    for (const auto* rows : {&bare, &unrelated, &references}) {
      EXPECT_EQ((*rows)[i].prompt, teacher[i].prompt);
      EXPECT_EQ((*rows)[i].id, teacher[i].id);
    }
  }
  EXPECT_GE(changed, 14);
}

// The oracle's answers are the references; only the usage could tell them apart.
TEST(ArmsOnAGrid, WithTheSameRowsShareACell) {
  const Fixture fixture;
  const CommandLine command_line = fixture.Parse({"n=[4]", "seeds=1", "arms=[teacher,references]"});
  const Experiment experiment{.arms = {{"teacher", "", TeacherAnswers}, {"references", "", References}}};
  const auto blocks = OpenBlocks(LoadBlocks(command_line), experiment,
                                 {.config_dir = command_line.config_dir, .collections = fixture.path("collections")});
  const Grid grid = MakeGrid(blocks);
  EXPECT_THAT(grid.rows, SizeIs(4));
  EXPECT_EQ(std::ranges::count_if(grid.cells, [](const auto& cell) { return cell.second.config.n > 0; }), 1);
}

}  // namespace
}  // namespace retort::lab
