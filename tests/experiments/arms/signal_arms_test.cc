// Each arm is asked for as it says, learns from what it says, and is refused where that is not revealed.
#include "experiments/arms/signal_arms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "experiments/arms/arms.h"
#include "experiments/cells/grid.h"
#include "experiments/design/block.h"
#include "tests/core/base/message_of.h"

namespace retort::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SignalArms : public ::testing::Test {
 protected:
  // The shipped config with small models, which all have the teacher's tokens.
  std::vector<std::unique_ptr<Block>> Open(const std::vector<std::string>& overrides, bool ask = false) {
    std::vector<std::string> words = {"signal_limits",   "--config-dir=" RETORT_SOURCE_DIR "/configs",
                                      "blocks=[]",       "teacher.model=models/folds-base-1",
                                      "task.target=big", "n=[8]",
                                      "seeds=1"};
    words.insert(words.end(), overrides.begin(), overrides.end());
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    const CommandLine line = ParseCommandLine({.name = "signal_limits", .config_name = "signal_limits"},
                                              static_cast<int>(argv.size()), argv.data());
    return OpenBlocks(LoadBlocks(line), experiment_,
                      {.config_dir = line.config_dir, .collections = dir_.path() / "collections", .ask = ask});
  }
  std::string Problems(const std::vector<std::string>& overrides) {
    return MessageOf([&] { Open(overrides); });
  }

  TempDir dir_;
  Experiment experiment_{
      .arms = {{.name = "one_draw", .rows = TeacherAnswers, .shows_steps = true, .asks = AskDrawn},
               {"full_logits", "", TeacherAnswers, true, LearnFullLogits},
               {"top_5", "", TeacherAnswers, true, LearnTop5},
               {"top_1", "", TeacherAnswers, true, LearnTop1},
               {.name = "greedy", .rows = TeacherAnswers, .shows_steps = true, .asks = AskGreedy},
               {.name = "four_draws", .rows = TeacherAnswers, .shows_steps = true, .asks = AskFourDraws},
               {.name = "no_reasoning", .rows = TeacherAnswers, .shows_steps = false, .asks = AskWithoutReasoning},
               {.name = "paraphrase", .rows = TeacherAnswers, .shows_steps = true, .asks = AskReworded},
               {"full_logits_equal_tokens", "", FullLogitsAtEqualTokens, true, LearnFullLogits},
               {.name = "paraphrase_equal_tokens",
                .rows = RewordedAtEqualTokens,
                .shows_steps = true,
                .asks = AskReworded}}};
};

const Block& Of(const std::vector<std::unique_ptr<Block>>& blocks, const std::string& arm) {
  for (const auto& block : blocks) {
    if (std::ranges::find(block->config.arms, arm) != block->config.arms.end()) return *block;
  }
  throw Error("no block has " + arm);
}

int64_t Tokens(const SampleSet& set) {
  return std::accumulate(set.samples.begin(), set.samples.end(), int64_t{0}, [](int64_t sum, const Sample& sample) {
    return sum + sample.usage.prompt_tokens + sample.usage.completion_tokens;
  });
}

TEST_F(SignalArms, AreAskedForAsTheySay) {
  const auto blocks = Open(
      {"arms=[one_draw,full_logits,top_5,greedy,four_draws,no_reasoning,paraphrase]", "evaluation.metric=exact_match"});
  EXPECT_EQ(blocks.front()->config.arms.front(), "one_draw");
  EXPECT_EQ(Of(blocks, "full_logits").config.collect.sampling.temperature, 1);
  EXPECT_EQ(Of(blocks, "full_logits").config.collect.sampling.top_logprobs, 5);
  EXPECT_EQ(Of(blocks, "one_draw").context, Of(blocks, "top_5").context) << "the same texts";
  EXPECT_EQ(Of(blocks, "greedy").config.collect.sampling.temperature, 0);
  EXPECT_EQ(Of(blocks, "greedy").config.collect.sampling.top_logprobs, -1);
  EXPECT_EQ(Of(blocks, "four_draws").config.collect.attempts, 4);
  EXPECT_EQ(Of(blocks, "four_draws").config.collect.sampling.temperature, 1);
  EXPECT_THAT(Of(blocks, "no_reasoning").config.policies.use, ElementsAre("hide_reasoning"));
  EXPECT_THAT(Of(blocks, "paraphrase").config.policies.use, IsEmpty());
  EXPECT_EQ(Of(blocks, "paraphrase").config.collect.prompts, "reworded");
}

TEST_F(SignalArms, ShippedGridsAreWithinTheirLimitAndHoldTogether) {
  std::vector<const char*> argv = {"signal_limits", "--config-dir=" RETORT_SOURCE_DIR "/configs"};
  const CommandLine line = ParseCommandLine({.name = "signal_limits", .config_name = "signal_limits"}, 2, argv.data());
  int students = 0;
  std::set<std::string> arms;
  for (const ExperimentConfig& config : LoadBlocks(line)) {
    students += static_cast<int>(config.arms.size() * config.n.size()) * config.seeds;
    arms.insert(config.arms.begin(), config.arms.end());
  }
  EXPECT_LE(students, 150);
  EXPECT_EQ(arms.size(), 12u);
}

TEST_F(SignalArms, AQuarterOfTheStepsIsOneByStepsOrByEpochs) {
  CellConfig config;
  config.student.trainer = TrainerConfig{.max_steps = 200, .num_train_epochs = 3};
  LearnAQuarter(config);
  EXPECT_EQ(std::get<TrainerConfig>(config.student.trainer).max_steps, 50);
  config.student.trainer = TrainerConfig{.max_steps = 0, .num_train_epochs = 3};
  LearnAQuarter(config);
  EXPECT_EQ(std::get<TrainerConfig>(config.student.trainer).max_steps, 0);
  EXPECT_EQ(std::get<TrainerConfig>(config.student.trainer).num_train_epochs, 0.75);
  config.student.trainer = ExternalTrainerConfig{};
  EXPECT_THROW(LearnAQuarter(config), Error);
}

TEST_F(SignalArms, ASignalThatIsNotRevealedIsRefused) {
  EXPECT_THAT(Problems({"arms=[one_draw]", "collect.sampling.temperature=0"}), HasSubstr("those of greedy"));
  EXPECT_THAT(Problems({"arms=[four_draws]", "collect.sampling.temperature=0"}), HasSubstr("arm four_draws"));
  EXPECT_THAT(Problems({"arms=[top_5]", "collect.sampling.top_logprobs=2"}), HasSubstr("top_logprobs=5"));
  const std::vector<std::string> cut = {"policies.use=[logprobs]", "policies.logprobs.top_k=2",
                                        "evaluation.metric=exact_match"};
  const auto with = [&](std::vector<std::string> words) {
    words.insert(words.end(), cut.begin(), cut.end());
    return Problems(words);
  };
  EXPECT_THAT(with({"arms=[top_5]"}), HasSubstr("policies.logprobs shows 2"));
  EXPECT_THAT(with({"arms=[top_5]"}), HasSubstr("student.objective.top_k=2"));
  EXPECT_THAT(with({"arms=[top_1]"}), IsEmpty());
  EXPECT_THAT(with({"arms=[full_logits]"}), HasSubstr("policies.use hides them"));
}

TEST_F(SignalArms, FullLogitsAtEqualTokensAreWrittenAndReadForWhatPlainRowsCost) {
  const auto blocks = Open({"arms=[full_logits_equal_tokens]", "evaluation.metric=exact_match"}, true);
  ArmContext& context = *blocks.front()->context;
  const SampleSet plain = context.TeacherRows(16, 0), equal = FullLogitsAtEqualTokens(context, 16, 0),
                  smaller = FullLogitsAtEqualTokens(context, 9, 0);
  EXPECT_LE(2 * Tokens(equal), Tokens(plain));
  EXPECT_GE(equal.samples.size(), 7u);
  EXPECT_LT(smaller.samples.size(), equal.samples.size());
  for (size_t i = 0; i < equal.samples.size(); ++i) EXPECT_EQ(equal.samples[i], plain.samples[i]);
}

TEST_F(SignalArms, ParaphrasesAreOfTheSamePromptsAndFewerForTheSameTokens) {
  const auto blocks = Open({"arms=[greedy,paraphrase_equal_tokens]", "evaluation.metric=exact_match"}, true);
  const SampleSet plain = Of(blocks, "greedy").context->TeacherRows(16, 0);
  ArmContext& context = *Of(blocks, "paraphrase_equal_tokens").context;
  const SampleSet all = context.TeacherRows(16, 0), equal = RewordedAtEqualTokens(context, 16, 0);
  for (size_t i = 0; i < 16; ++i) {
    EXPECT_EQ(all.samples[i].id, plain.samples[i].id);
    EXPECT_TRUE(Text(all.samples[i].prompt).ends_with(":"));
  }
  EXPECT_LT(equal.samples.size(), 16u);
  EXPECT_GE(equal.samples.size(), 9u);
  EXPECT_LE(Tokens(equal), Tokens(all));
  for (size_t i = 0; i < equal.samples.size(); ++i) EXPECT_EQ(equal.samples[i], all.samples[i]);
  EXPECT_LE(RewordedAtEqualTokens(context, 8, 0).samples.size(), equal.samples.size());
}

}  // namespace
}  // namespace retort::lab
