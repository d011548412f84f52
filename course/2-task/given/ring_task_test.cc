// For you, before you hand in: what any ring task must hold, whatever its card says. The grader looks at much more, and
// at nothing that this prints.
#include "course/2-task/given/ring_task.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/error.h"

namespace retort {
namespace {

std::set<std::string> Prompts(const std::vector<Item>& items) {
  std::set<std::string> prompts;
  for (const Item& item : items) prompts.insert(Text(item.prompt));
  return prompts;
}

TEST(RingTask, TheFirstItemsOfManyAreThoseOfFew) {
  const auto task = MakeRingTask({});
  const auto many = task->Items(Split::kTrain, 50, 3), few = task->Items(Split::kTrain, 20, 3);
  ASSERT_EQ(many.size(), 50U);
  ASSERT_EQ(few.size(), 20U);
  for (size_t i = 0; i < few.size(); ++i) EXPECT_EQ(few[i].id, many[i].id);
}

TEST(RingTask, TrainingAndHeldOutShareNoPrompt) {
  const auto task = MakeRingTask({});
  const auto held_out = Prompts(task->Items(Split::kHeldOut, 200, 0));
  EXPECT_EQ(held_out.size(), 200U);
  for (const std::string& prompt : Prompts(task->Items(Split::kTrain, 500, 1))) EXPECT_FALSE(held_out.contains(prompt));
}

TEST(RingTask, ItsGraderTakesItsOwnReference) {
  const auto task = MakeRingTask({});
  const auto grader = MakeRingGrader();
  const auto items = task->Items(Split::kTrain, 20, 0);
  ASSERT_EQ(items.size(), 20U);
  for (const Item& item : items) {
    const auto reference = task->Reference(item);
    ASSERT_TRUE(reference);
    const auto bare = task->AnswerOnly(item);
    ASSERT_TRUE(bare);
    EXPECT_EQ(task->Reference(*bare), "A" + item.answer);  // `answer` is the position alone
    EXPECT_EQ(grader->Judge(item, *reference).score, 1);
    EXPECT_EQ(grader->Judge(item, *reference + "0").score, 0);
  }
}

TEST(RingTask, ConfigsThatMakeNoSenseAreErrors) {
  EXPECT_THROW(MakeRingTask({.min_moves = 0}), Error);
  EXPECT_THROW(MakeRingTask({.min_moves = 7, .max_moves = 6}), Error);
}

}  // namespace
}  // namespace retort
