#include "teacher/make_teacher.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/files.h"
#include "teacher/collector.h"

namespace retort {
namespace {

TEST(OracleTeacherTest, GivesTheReferenceSolutions) {
  const auto task = MakeTask(TaskConfig(FoldsConfig{.target = "big"}));
  const auto oracle = MakeOracleTeacher(*task);
  const TempDir dir;
  const CollectConfig config{.pool_size = 10};
  const SampleSet set =
      Collect({.teacher = *oracle, .task = *task, .config = config, .held_out = {}, .folder = dir.path()}, 10);
  for (const Item& item : RankedPool(*task, {.pool_size = 10}, 0, {})) {
    const auto sample = std::find_if(set.samples.begin(), set.samples.end(), [&](auto& s) { return s.id == item.id; });
    ASSERT_NE(sample, set.samples.end());
    EXPECT_EQ(Text(sample->completion), task->Reference(item));
  }
  EXPECT_EQ(oracle->card().kind, "oracle");
  EXPECT_EQ(oracle->scorer(), nullptr);
}

TEST(LocalTeacherTest, AMissingModelIsAnErrorAtOnce) {
  const auto task = MakeTask(TaskConfig(FoldsConfig{.target = "big"}));
  EXPECT_THROW(MakeLocalTeacher({.model = "no/such/model"}, "/nowhere"), Error);
}

}  // namespace
}  // namespace retort
