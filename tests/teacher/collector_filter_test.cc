// What is asked but not handed out, who writes the prompts, and what is reckoned before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/teacher/collector_fixture.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST_F(CollectorTest, WhatTheTeacherRefusesIsLeftOutAndNotAskedAgain) {
  const std::vector<Item> pool = RankedPool(*task_, config_, 0, {});
  teacher_.refuses = {pool[1].id, pool[7].id};
  const SampleSet set = Run(10);
  ASSERT_THAT(set.samples, SizeIs(10));
  EXPECT_EQ(set.samples[1].id, pool[2].id);
  EXPECT_EQ(set.samples[9].id, pool[11].id);
  EXPECT_EQ(ReadManifest().counts.at("dropped.refused"), 2);
  teacher_.asked.clear();
  EXPECT_EQ(Run(10).samples, set.samples);
  EXPECT_THAT(teacher_.asked, SizeIs(0));
}

TEST_F(CollectorTest, FiltersRunBeforeRowsAreCounted) {
  config_.filter.filters = {"grade"};  // the fake teacher is never right
  try {
    Run(4);
    FAIL() << "kept wrong answers";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("40 by grade"));
  }
  config_.filter.min_score = 0;
  teacher_.asked.clear();
  const SampleSet set = Run(4);
  ASSERT_THAT(set.samples, SizeIs(4));
  EXPECT_THAT(teacher_.asked, SizeIs(0)) << "other filters, the same answers";
  EXPECT_TRUE(set.samples[0].grade.has_value());
}

TEST_F(CollectorTest, FilteredFilesGrowToo) {
  config_.filter.filters = {"length", "best_of"};
  config_.attempts = 3;
  for (const int rows : {1, 4, 9}) Run(rows);
  const std::string in_steps = File();
  EXPECT_THAT(ReadManifest().counts, testing::Contains(testing::Pair("dropped.best_of", 18)));
  fs::remove_all(dir_.path() / "c");
  Run(9);
  EXPECT_EQ(File(), in_steps);
}

// Writes "question 0", "question 1", ... where it is asked for a new one, some of them twice.
class WritingTeacher : public FakeTeacher {
 public:
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (const Request& request : requests) {
      asked.push_back(request.id);
      Reply reply{.id = request.id, .attempt = request.attempt};
      const bool writes = Text(request.prompt).find("New question:") != std::string::npos;
      const int number = writes ? std::stoi(request.id.substr(request.id.find('-') + 1)) : 0;
      reply.completion = {{"", writes ? "New question: how many is " + std::to_string(number / 2 * 7) + " and one?"
                                      : "answer to " + Text(request.prompt)}};
      reply.finish_reason = "stop";
      if (!on_reply(std::move(reply))) return;
    }
  }
};

TEST_F(CollectorTest, TheTeacherWritesThePrompts) {
  WritingTeacher writer;
  config_.prompts = "teacher";
  config_.pool_size = 20;
  config_.written.filter.filters = {"length", "exact_duplicate"};
  const auto run = [&](int rows) {
    return Collect(
        {.teacher = writer, .task = *task_, .config = config_, .held_out = held_out_, .folder = dir_.path() / "c"},
        rows);
  };
  const SampleSet set = run(6);
  ASSERT_THAT(set.samples, SizeIs(6));
  std::set<std::string> prompts;
  for (const Sample& sample : set.samples) prompts.insert(Text(sample.prompt));
  EXPECT_THAT(prompts, SizeIs(6)) << "a question was asked twice";
  EXPECT_THAT(prompts, testing::Each(HasSubstr("how many is")));
  EXPECT_GT(ReadManifest().counts.at("written.asked"), 5);
  const std::string first = File();
  run(10);
  EXPECT_TRUE(File().starts_with(first));
  writer.asked.clear();
  run(10);
  EXPECT_THAT(writer.asked, SizeIs(0));
  EXPECT_THROW(run(11), Error) << "twenty numbers give ten questions";
}

TEST_F(CollectorTest, APlanAsksForNothing) {
  const auto plan = [&](int rows) {
    return PlanCollection(
        {.teacher = teacher_, .task = *task_, .config = config_, .held_out = held_out_, .folder = dir_.path() / "c"},
        rows);
  };
  EXPECT_EQ(plan(12).requests, 12);
  EXPECT_FALSE(fs::exists(dir_.path() / "c"));
  Run(5);
  teacher_.asked.clear();
  EXPECT_EQ(plan(12).requests, 7);
  EXPECT_EQ(plan(12).answered, 5);
  EXPECT_GE(plan(12).most.prompt_tokens, plan(12).likely.prompt_tokens);
  EXPECT_THAT(teacher_.asked, SizeIs(0));
}

TEST(PlanAnswersTest, ReckonsAnAnswerToEachItem) {
  const std::vector<Item> items = {{.id = "1", .prompt = {{"", "12345678"}}}, {.id = "2", .prompt = {{"", "1234"}}}};
  const CollectPlan plan = PlanAnswers(items, {.max_new_tokens = 10}, {.input = 1e6, .output = 2e6});
  EXPECT_EQ(plan.requests, 2);
  EXPECT_EQ(plan.likely.completion_tokens, 20);
  EXPECT_EQ(plan.likely.prompt_tokens, 2 + 8 + 1 + 8);
  EXPECT_NEAR(plan.likely_dollars, 19 + 40, 1e-9);
  EXPECT_GT(plan.most_dollars, plan.likely_dollars);
}

TEST_F(CollectorTest, TermsThatForbidItStopItUnlessTheyAreAcknowledged) {
  config_.card.training_allowed = "no";
  EXPECT_THROW(Run(1), Error);
  EXPECT_THAT(teacher_.asked, SizeIs(0));
  config_.acknowledge_terms = "somebody else";
  EXPECT_THROW(Run(1), Error);
  config_.acknowledge_terms = "fake";
  Run(1);
  EXPECT_EQ(ReadManifest().teacher.training_allowed, "no");
}

}  // namespace
}  // namespace retort
