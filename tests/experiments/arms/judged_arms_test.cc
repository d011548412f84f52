// Budgets are kept, what is accepted is what the judge said, and nothing is asked twice. The judge here holds the
// operations without a mistake, the student is a shipped base.
#include "experiments/arms/judged_arms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/data/fold_grading.h"
#include "core/lm/checkpoint.h"
#include "experiments/design/verdicts.h"
#include "tests/experiments/arms/arms_fixture.h"

namespace retort::lab {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

class PerfectTeacher : public Teacher {
 public:
  Card card() const override { return {.name = "perfect", .kind = "local", .identity = "perfect", .licence = "none"}; }

  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (const Request& request : requests) {
      ++asked;
      const std::string text = Text(request.prompt);
      std::string reply;
      if (text.starts_with("Q ")) {
        const size_t mark = text.find('?');
        const auto prompt = ParseFoldPrompt(text.substr(2, mark - 1));
        const std::string answer = text.substr(mark + 1, text.size() - mark - 2);
        reply = FoldVerdict(FindFoldOp(prompt->op), prompt->digits, answer);
      } else {
        const auto prompt = ParseFoldPrompt(text);
        reply = FoldCompletion(FindFoldOp(prompt->op), prompt->digits, prompt->form);
      }
      if (!on_reply({.id = request.id,
                     .attempt = request.attempt,
                     .completion = {{"", reply}},
                     .finish_reason = "stop",
                     .usage = {.prompt_tokens = static_cast<int64_t>(text.size()),
                               .completion_tokens = static_cast<int64_t>(reply.size()) + 1}})) {
        return;
      }
    }
  }

  int asked = 0;
};

class JudgedArms : public ArmsTest {
 protected:
  JudgedArms() : ArmsTest("gap") {}

  ArmContext& Open(bool ask = true) { return OpenWith(teacher_, ask, false); }

  bool Right(const std::vector<Message>& prompt, const std::vector<Message>& answer) {
    const auto fold = ParseFoldPrompt(Text(prompt));
    const std::string right = FoldCompletion(FindFoldOp(fold->op), fold->digits, fold->form);
    return ParseFoldAnswer(Text(answer)).value == ParseFoldAnswer(right).value;
  }

  PerfectTeacher teacher_;
};

TEST_F(JudgedArms, SpendNoMoreThanTheirBudgetAndAreNested) {
  ArmContext& context = Open();
  for (const auto& arm : {Imitation, TeacherAccepts, OracleAccepts, RandomAccepts, SelfMajority, BestOfK,
                          BestAgainstWorst, StudentChooses, OnPolicyPrompts}) {
    const SampleSet small = arm(context, 2000, 0), large = arm(context, 5000, 0);
    EXPECT_LE(Measure(small, kTeacherTokens), 2000);
    EXPECT_LE(Measure(large, kTeacherTokens), 5000);
    EXPECT_LT(Measure(small, kPromptsAsked), Measure(large, kPromptsAsked));
    ASSERT_LE(small.samples.size(), large.samples.size());
    for (size_t i = 0; i < small.samples.size(); ++i) EXPECT_EQ(small.samples[i], large.samples[i]);
  }
  EXPECT_GT(Measure(Imitation(context, 5000, 0), kTeacherTokens), 4900);  // the next answer has some 40
}

TEST_F(JudgedArms, WhatTheTeacherAcceptsIsRightAndTheRestIsCounted) {
  ArmContext& context = Open();
  const SampleSet accepted = TeacherAccepts(context, 6000, 0), random = RandomAccepts(context, 6000, 0);
  ASSERT_THAT(accepted.samples, Not(IsEmpty()));
  for (const Sample& row : accepted.samples) EXPECT_TRUE(Right(row.prompt, row.completion));
  EXPECT_EQ(random.samples.size(), accepted.samples.size());
  EXPECT_EQ(Measure(random, kTeacherTokens), 0);
  EXPECT_EQ(Measure(accepted, "judge_false_positive_rate"), 0);
  EXPECT_EQ(Measure(accepted, "judge_true_positive_rate"), 1);
  EXPECT_NEAR(Measure(accepted, "accepted_share") * Measure(accepted, kPromptsAsked),
              static_cast<double>(accepted.samples.size()), 1e-6);
}

TEST_F(JudgedArms, APairIsOneRightAndOneWrongAnswer) {
  const SampleSet pairs = BestAgainstWorst(Open(), 12000, 0);
  ASSERT_THAT(pairs.samples, Not(IsEmpty()));
  for (const Sample& pair : pairs.samples) {
    EXPECT_TRUE(Right(pair.prompt, pair.completion));
    EXPECT_FALSE(Right(pair.prompt, pair.rejected));
  }
}

TEST_F(JudgedArms, AnAnswerThatIsRepeatedIsPaidForOnce) {
  config_.judging.temperature = 0;  // all attempts give the same
  ArmContext& context = Open();
  const SampleSet one = TeacherAccepts(context, 4000, 0), four = BestOfK(context, 4000, 0);
  EXPECT_EQ(Measure(four, kPromptsAsked), Measure(one, kPromptsAsked));
  EXPECT_EQ(Measure(four, kTeacherTokens), Measure(one, kTeacherTokens));
}

TEST_F(JudgedArms, TheMajorityAgrees) {
  ArmContext& context = Open();
  const SampleSet majority = SelfMajority(context, 6000, 0);
  std::set<std::string> ids;
  for (const Sample& row : majority.samples) EXPECT_TRUE(ids.insert(row.id).second) << "one answer to a prompt";
  EXPECT_EQ(Measure(majority, kPromptsAsked),
            std::floor(Measure(TeacherAccepts(context, 6000, 0), kPromptsAsked) / context.judging().attempts));
}

TEST_F(JudgedArms, NothingIsAskedTwice) {
  const SampleSet first = TeacherAccepts(Open(), 3000, 0);
  const int asked = teacher_.asked;
  EXPECT_GT(asked, 0);
  EXPECT_EQ(TeacherAccepts(Open(), 3000, 0).samples, first.samples);
  EXPECT_EQ(TeacherAccepts(Open(false), 3000, 0).samples, first.samples) << "what is there needs no asking";
  EXPECT_EQ(teacher_.asked, asked);
  EXPECT_THROW(TeacherAccepts(Open(false), 9000, 0), NotAsked);
  EXPECT_EQ(teacher_.asked, asked);
}

TEST_F(JudgedArms, APoolThatEndsBeforeTheBudgetIsSaid) {
  config_.collect.pool_size = 100;
  try {
    Imitation(Open(), 100000, 0);
    FAIL() << "asked beyond the pool";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("pool_size"));
  }
}

TEST_F(JudgedArms, AWarmStartIsMadeOnceAndItsPromptsAreNotUsedAgain) {
  config_.warm_start.n = 4;
  config_.warm_start.max_steps = 3;
  std::filesystem::path start;
  {
    EXPECT_THROW(Open(false).Start(0), NotAsked);
    ArmContext& asking = Open();
    start = asking.Start(0);
    EXPECT_NE(HashCheckpoint(start), HashCheckpoint(base_));
    EXPECT_NE(asking.Start(1), start);
    std::set<std::string> learnt;
    for (const Sample& row : asking.TeacherRows(4, 0).samples) learnt.insert(row.id);
    for (const Sample& row : Imitation(asking, 2000, 0).samples) EXPECT_FALSE(learnt.contains(row.id));
  }
  const auto made = std::filesystem::last_write_time(start / "model.safetensors");
  EXPECT_EQ(Open(false).Start(0), start);
  EXPECT_EQ(std::filesystem::last_write_time(start / "model.safetensors"), made);
  // What an arm is trained with does not change where it begins.
  std::get<TrainerConfig>(config_.student.trainer).learning_rate = 1e-5;
  EXPECT_EQ(Open(false).Start(0), start);
  config_.warm_start.max_steps = 4;
  EXPECT_NE(Open().Start(0), start);
}

// Judges by rubric: the score that stands in the answer, one less where the answer stood first.
class RubricTeacher : public PerfectTeacher {
 public:
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (const Request& request : requests) {
      const std::string text = Text(request.prompt);
      const int score = text.find("nine") != std::string::npos ? 9 : text.find("odd") != std::string::npos ? 1 : 3;
      const bool first = request.id.starts_with("judge/qa/");
      const int given = score == 1 && !first ? 10 : score;
      ++asked;
      if (!on_reply({.id = request.id,
                     .attempt = request.attempt,
                     .completion = {{"assistant", "I think so.\nScore: " + std::to_string(given)}},
                     .finish_reason = "stop",
                     .usage = {.prompt_tokens = 10, .completion_tokens = 5}})) {
        return;
      }
    }
  }
};

TEST(AskVerdicts, ByRubricInBothOrders) {
  const TempDir dir;
  RubricTeacher teacher;
  const TaskConfig task = JsonlConfig{.path = "questions.jsonl"};
  const CollectConfig config;
  const auto sample = [](const char* id, const char* text) {
    return Sample{.id = id, .prompt = {{"user", "How many?"}}, .completion = {{"assistant", text}}};
  };
  const std::vector<Sample> answers = {sample("a", "nine"), sample("b", "four"), sample("c", "odd"),
                                       sample("d", "nine")};
  const auto verdicts =
      AskVerdicts({.teacher = teacher, .task = task, .config = config, .folder = dir.path() / "v"}, answers);
  ASSERT_EQ(verdicts.size(), 4u);
  EXPECT_DOUBLE_EQ(verdicts[0].score, 8.0 / 9);
  EXPECT_DOUBLE_EQ(verdicts[1].score, 2.0 / 9);
  EXPECT_FALSE(verdicts[2].parsed) << "the two orders lie too far apart";
  EXPECT_EQ(verdicts[2].score, 0);
  EXPECT_EQ(verdicts[3].score, verdicts[0].score);
  EXPECT_EQ(verdicts[0].usage.prompt_tokens, 20);
  EXPECT_EQ(teacher.asked, 6) << "equal answers are judged once";
  EXPECT_THROW(
      AskVerdicts({.teacher = teacher, .task = task, .config = config, .folder = dir.path() / "w", .ask = false},
                  answers),
      NotAsked);
}

// Refuses to judge one answer, and is cut off at another.
class ReluctantTeacher : public PerfectTeacher {
 public:
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (const Request& request : requests) {
      ++asked;
      Reply reply{.id = request.id, .attempt = request.attempt};
      if (Text(request.prompt).find("forbidden") != std::string::npos) {
        reply.error = "HTTP 400";
        reply.refused = true;
      } else {
        reply.completion = {{"assistant", "Score: 1"}};
        reply.finish_reason = Text(request.prompt).find("long") != std::string::npos ? "length" : "stop";
      }
      if (!on_reply(std::move(reply))) return;
    }
  }
};

TEST(AskVerdicts, WhatIsRefusedOrCutOffIsNoVerdictAndNoEnd) {
  const TempDir dir;
  ReluctantTeacher teacher;
  const TaskConfig task = JsonlConfig{.path = "questions.jsonl"};
  const CollectConfig config;
  const auto sample = [](const char* id, const char* text) {
    return Sample{.id = id, .prompt = {{"user", "How many?"}}, .completion = {{"assistant", text}}};
  };
  const std::vector<Sample> answers = {sample("a", "forbidden"), sample("b", "long"), sample("c", "four")};
  for (const bool ask : {true, false}) {  // the second time from the journal alone
    const auto verdicts = AskVerdicts(
        {.teacher = teacher, .task = task, .config = config, .folder = dir.path() / "v", .ask = ask}, answers);
    EXPECT_FALSE(verdicts[0].parsed);
    EXPECT_FALSE(verdicts[1].parsed) << "the beginning of Score: 10, perhaps";
    EXPECT_TRUE(verdicts[2].parsed);
    EXPECT_EQ(verdicts[2].score, 0);
  }
  EXPECT_EQ(teacher.asked, 6);
}

}  // namespace
}  // namespace retort::lab
