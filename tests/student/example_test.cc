// What objectives refuse: settings without use, samples that do not hold what is learnt from, teachers of other tokens.
#include "student/example.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>

#include "core/lm/checkpoint.h"
#include "core/lm/local_model.h"
#include "core/lm/scorer.h"
#include "core/lm/tokenizer.h"
#include "core/lm/transformer.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

using testing::HasSubstr;

TEST(Objectives, SettingsWithoutUseAreRefused) {
  const auto check = [](const ObjectiveConfig& config) {
    return MessageOf([&] { CheckObjective(config, "student.objective"); });
  };
  for (const ObjectiveInfo& info : Objectives()) {
    ObjectiveConfig config;
    config.name = info.name;
    EXPECT_EQ(check(config), "") << info.name;
  }
  EXPECT_THAT(check({.name = "sft", .temperature = 2}), HasSubstr("student.objective.temperature: sft has no use"));
  EXPECT_THAT(check({.name = "fkl", .beta = 0.5}), HasSubstr("beta"));
  EXPECT_THAT(check({.name = "jsd", .beta = 1.5}), HasSubstr("from 0 to 1"));
  EXPECT_THAT(check({.name = "dpo", .beta = 0}), HasSubstr("above 0"));
  EXPECT_THAT(check({.name = "topk", .temperature = 2}), HasSubstr("temperature"));
  EXPECT_THAT(check({.name = "sft", .lmbda = 0.5}), HasSubstr("lmbda"));
}

// Samples of a tokenizer, as a teacher of the same one would have given them.
class TopKSamples : public testing::Test {
 protected:
  TopKSamples() : tokenizer_(LoadTokenizer(RETORT_SOURCE_DIR "/configs/models/folds-base-0")) {
    sample_ = {.id = "q7", .prompt = {{"", "big 47?"}}, .completion = {{"", "477 A7"}}, .finish_reason = "stop"};
    for (const int id : tokenizer_->Encode("477 A7")) {
      const std::string bytes = tokenizer_->TokenBytes(id);
      TokenLogprob token{.bytes = bytes, .id = id, .logprob = std::log(0.7)};
      token.top = {{bytes, id, std::log(0.7)}, {"9", -1, std::log(0.2)}};
      sample_.logprobs.push_back(token);
    }
  }
  std::vector<Example> Learn(const Sample& sample, int top_k = 0) const {
    return Tokenise(*tokenizer_, "plain", std::vector<Sample>{sample}, 100, {.name = "topk", .top_k = top_k});
  }
  std::string Refusal(const std::function<void(Sample&)>& change) const {
    Sample sample = sample_;
    change(sample);
    return MessageOf([&] { Learn(sample); });
  }
  std::unique_ptr<Tokenizer> tokenizer_;
  Sample sample_;
};

TEST_F(TopKSamples, AreKnownByTokenAndTheEndIsLearntAsItIs) {
  const Example example = Learn(sample_)[0];
  const size_t supervised = example.ids.size() - static_cast<size_t>(example.prompt_length);
  ASSERT_EQ(example.known.size(), supervised);
  EXPECT_EQ(supervised, sample_.logprobs.size() + 1);
  EXPECT_TRUE(example.known.back().ids.empty());
  EXPECT_EQ(example.known[0].ids[0], example.ids[static_cast<size_t>(example.prompt_length)]);
  EXPECT_EQ(tokenizer_->TokenBytes(example.known[0].ids[1]), "9");  // found by its bytes
  EXPECT_NEAR(example.known[0].rest, 0.1, 1e-6);
  EXPECT_EQ(example.ids, Tokenise(*tokenizer_, "plain", std::vector<Sample>{sample_}, 100)[0].ids);
  Sample drawn = sample_;  // a token that is none of the likeliest is known all the same
  drawn.logprobs[0].top[0] = {"8", -1, std::log(0.7)};
  drawn.logprobs[0].logprob = std::log(0.05);
  EXPECT_EQ(Learn(drawn)[0].known[0].ids.size(), 3U);
}

TEST_F(TopKSamples, AreKnownAsFarAsTopKSays) {
  const KnownTokens one = Learn(sample_, 1)[0].known[0];
  ASSERT_EQ(one.ids.size(), 1U);
  EXPECT_EQ(one.ids[0], Learn(sample_)[0].known[0].ids[0]);
  EXPECT_NEAR(one.rest, 0.3, 1e-6);
  EXPECT_EQ(Learn(sample_, 2)[0].known[0].ids, Learn(sample_)[0].known[0].ids);
  EXPECT_THAT(MessageOf([&] { Learn(sample_, 3); }), HasSubstr("shows 2 of the likeliest tokens, 3 are wanted"));
}

TEST_F(TopKSamples, HostileOnesAreNamed) {
  EXPECT_THAT(Refusal([](Sample& s) { s.logprobs.clear(); }), HasSubstr("sample \"q7\": has no logprobs"));
  EXPECT_THAT(Refusal([](Sample& s) { s.logprobs.pop_back(); }), HasSubstr("its logprobs spell"));
  EXPECT_THAT(Refusal([](Sample& s) { s.logprobs[1].top.clear(); }), HasSubstr("\"q7\" attempt 0, token 1"));
  EXPECT_THAT(Refusal([](Sample& s) { s.logprobs[1].top[0].logprob = std::nan(""); }), HasSubstr("no log-probability"));
  EXPECT_THAT(Refusal([](Sample& s) { s.logprobs[1].top[1].logprob = 0.5; }), HasSubstr("no log-probability"));
  EXPECT_THAT(Refusal([](Sample& s) { s.logprobs[1].top[1].logprob = std::log(0.9); }), HasSubstr("add up to 1.6"));
  EXPECT_THAT(Refusal([](Sample& s) { s.logprobs[1].top[1] = s.logprobs[1].top[0]; }), HasSubstr("twice"));
  EXPECT_THAT(Refusal([](Sample& s) { s.logprobs[1].top[1].id = 1 << 20; }), HasSubstr("another tokenizer"));
  EXPECT_THAT(Refusal([](Sample& s) { s.logprobs[0].bytes = "x"; }), HasSubstr("is no token of the student"));
}

TEST_F(TopKSamples, APairOfEqualAnswersSaysNothing) {
  const auto learn = [&](const Sample& sample) {
    return MessageOf([&] { Tokenise(*tokenizer_, "plain", std::vector<Sample>{sample}, 100, {.name = "dpo"}); });
  };
  EXPECT_THAT(learn(sample_), HasSubstr("sample \"q7\": has no rejected answer"));
  Sample pair = sample_;
  pair.rejected = pair.completion;
  EXPECT_THAT(learn(pair), HasSubstr("chosen and rejected are the same tokens"));
  pair.rejected = {{"", ""}};  // to end at once is an answer
  EXPECT_EQ(learn(pair), "");
}

TEST_F(TopKSamples, OfAPairNoEndIsLearntWhereAnAnswerWasCutOff) {
  const auto learn = [&](const std::string& chosen, const std::string& rejected) {
    Sample pair = sample_;
    pair.rejected = {{"", "479 A9"}};
    pair.finish_reason = chosen;
    pair.rejected_finish_reason = rejected;
    return Tokenise(*tokenizer_, "plain", std::vector<Sample>{pair}, 100, {.name = "dpo"})[0];
  };
  const Example whole = learn("stop", "stop");
  const int eos = tokenizer_->eos_id();
  ASSERT_EQ(whole.ids.back(), eos);
  ASSERT_EQ(whole.rejected.back(), eos);
  const auto without_end = [](std::vector<int> ids) {
    ids.pop_back();
    return ids;
  };
  EXPECT_EQ(learn("stop", "").rejected, whole.rejected) << "unknown: taken as whole";
  EXPECT_EQ(learn("length", "stop").ids, without_end(whole.ids));
  EXPECT_EQ(learn("length", "stop").rejected, whole.rejected);
  EXPECT_EQ(learn("stop", "length").ids, whole.ids);
  EXPECT_EQ(learn("stop", "length").rejected, without_end(whole.rejected));
}

TEST_F(TopKSamples, AnAnswerThatWasCutOffBeforeItBeganIsRefused) {
  Sample pair = sample_;
  pair.rejected = {{"", ""}};
  pair.rejected_finish_reason = "length";
  const auto learn = [&](const ObjectiveConfig& objective) {
    return MessageOf([&] { Tokenise(*tokenizer_, "plain", std::vector<Sample>{pair}, 100, objective); });
  };
  EXPECT_THAT(learn({.name = "dpo"}), HasSubstr("sample \"q7\" attempt 0: an answer has no token to learn"));
  pair.completion = {{"", ""}};
  pair.finish_reason = "length";
  EXPECT_THAT(learn({}), HasSubstr("cut off before its first"));
}

TEST(Scorer, TokenMapsAreComparedNotSizes) {
  const auto tokenizer = LoadTokenizer(RETORT_SOURCE_DIR "/configs/models/folds-base-0");
  const LocalModel model(RETORT_SOURCE_DIR "/configs/models/folds-base-1");
  Scorer scorer = model.MakeScorer();
  RequireSameTokens(scorer, *tokenizer);
  scorer.token_map = std::string(64, '0');
  EXPECT_THAT(MessageOf([&] { RequireSameTokens(scorer, *tokenizer); }), HasSubstr("folds-base-1"));
  // What it gives may enter a loss, and is the plain forward's.
  const std::vector<int> ids = tokenizer->Encode("big 4729?477");
  const std::vector<ScorerSequence> asked = {{ids, 3}, {ids, 1}};
  const at::Tensor logits = model.MakeScorer().logits(asked);
  const auto plain = LoadCheckpoint(model.folder());
  plain->Widen();
  const at::Tensor expected = plain->Logits(plain->Hidden(at::tensor(ids, at::kInt).to(at::kLong).unsqueeze(0)))[0];
  const auto count = static_cast<int64_t>(ids.size());
  ASSERT_EQ(logits.size(0), count - 3 + count - 1);
  EXPECT_TRUE(at::allclose(logits.narrow(0, 0, count - 3), expected.narrow(0, 2, count - 3), 1e-4, 1e-4));
  EXPECT_TRUE(at::allclose(logits.narrow(0, count - 3, count - 1), expected.narrow(0, 0, count - 1), 1e-4, 1e-4));
  at::Tensor weight = at::ones({logits.size(1)}).set_requires_grad(true);
  (logits * weight).sum().backward();
  EXPECT_TRUE(weight.grad().defined());
}

}  // namespace
}  // namespace retort
