// Decoding: batches, joining and leaving, sampling, limits. The plain LibTorch path is the reference.
#include "core/lm/decoder.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "core/base/error.h"
#include "core/base/numerics.h"
#include "core/base/random.h"
#include "core/lm/transformer.h"

namespace retort {
namespace {

constexpr int kVocab = 23;

std::unique_ptr<Transformer> TinyModel(int heads = 4, int kv_heads = 2, int head_dim = 6) {
  ModelConfig config;
  config.vocab_size = kVocab;
  config.hidden_size = 16;
  config.intermediate_size = 20;
  config.num_hidden_layers = 2;
  config.num_attention_heads = heads;
  config.num_key_value_heads = kv_heads;
  config.head_dim = head_dim;
  config.max_position_embeddings = 40;
  config.initializer_range = 0.4;
  auto model = std::make_unique<Transformer>(config);
  model->Initialise(3);
  return model;
}

std::vector<int> RandomIds(RandomStream& random, size_t length) {
  std::vector<int> ids(length);
  for (int& id : ids) id = static_cast<int>(random.Below(kVocab));
  return ids;
}

// Greedy continuation by running the whole text again for every token.
std::vector<int> SlowGreedy(const Transformer& model, std::vector<int> ids, int count) {
  const at::NoGradGuard no_grad;
  std::vector<int> out;
  for (int i = 0; i < count; ++i) {
    const at::Tensor x = at::tensor(std::vector<int64_t>(ids.begin(), ids.end()), at::kLong).unsqueeze(0);
    const at::Tensor logits = model.Logits(model.Hidden(x)).select(1, -1).flatten();
    out.push_back(static_cast<int>(logits.argmax().item<int64_t>()));
    ids.push_back(out.back());
  }
  return out;
}

std::map<int64_t, DecodeResult> RunAll(Decoder& decoder) {
  std::map<int64_t, DecodeResult> results;
  while (decoder.Step([&](DecodeResult result) { results[result.handle] = std::move(result); })) {
  }
  return results;
}

TEST(Decoder, MatchesTheReferenceWhateverTheBatch) {
  for (const auto& [heads, kv_heads, head_dim] : {std::tuple{4, 2, 6}, {3, 3, 2}, {4, 1, 4}}) {
    const auto model = TinyModel(heads, kv_heads, head_dim);
    RandomStream random(0, "decoder_test");
    std::vector<std::vector<int>> prompts;
    for (const size_t length : {1, 7, 2, 12, 3, 5, 20}) prompts.push_back(RandomIds(random, length));
    for (const int batch : {1, 3, 16}) {  // 3: sequences wait and join when others leave
      Decoder decoder(*model, batch);
      std::map<int64_t, size_t> asked;
      for (size_t i = 0; i < prompts.size(); ++i) {
        asked[decoder.Submit({.prompt = prompts[i], .sampling = {.max_new_tokens = 3 + static_cast<int>(i)}})] = i;
      }
      const auto results = RunAll(decoder);
      ASSERT_EQ(results.size(), prompts.size());
      for (const auto& [handle, result] : results) {
        const size_t i = asked[handle];
        EXPECT_EQ(result.ids, SlowGreedy(*model, prompts[i], 3 + static_cast<int>(i))) << "batch " << batch;
        EXPECT_EQ(result.finish_reason, "length");
      }
    }
  }
}

TEST(Decoder, TheReferencePathAnswersAlikeToTheLastDigits) {
  const auto model = TinyModel();
  RandomStream random(5, "decoder_test");
  std::vector<DecodeRequest> requests;
  for (int i = 0; i < 9; ++i) {
    requests.push_back({.prompt = RandomIds(random, 1 + random.Below(20)), .sampling = {.max_new_tokens = 12}});
    requests.back().sampling.top_logprobs = 3;
  }
  std::vector<std::map<int64_t, DecodeResult>> results;
  for (const char* numerics : {"fused", "reference"}) {
    SetNumerics(numerics);
    Decoder decoder(*model, 4);
    for (const DecodeRequest& request : requests) decoder.Submit(request);
    results.push_back(RunAll(decoder));
  }
  SetNumerics("fused");
  for (const auto& [handle, fused] : results[0]) {
    const DecodeResult& plain = results[1].at(handle);
    EXPECT_EQ(fused.ids, plain.ids);
    for (size_t i = 0; i < fused.logprobs.size(); ++i) {
      EXPECT_NEAR(fused.logprobs[i].logprob, plain.logprobs[i].logprob, 1e-5);
    }
  }
}

TEST(Decoder, StopsAtAStopIdAndLeavesItOut) {
  const auto model = TinyModel();
  const std::vector<int> free_run = SlowGreedy(*model, {5, 6}, 8);
  const int stop = free_run[3];
  const auto first = std::find(free_run.begin(), free_run.end(), stop) - free_run.begin();
  Decoder decoder(*model, 2);
  decoder.Submit({.prompt = {5, 6}, .sampling = {.max_new_tokens = 8}, .stop_ids = {stop}});
  const DecodeResult result = RunAll(decoder).begin()->second;
  EXPECT_EQ(result.finish_reason, "stop");
  EXPECT_EQ(result.ids, std::vector<int>(free_run.begin(), free_run.begin() + first));

  Decoder ignoring(*model, 2);
  ignoring.Submit({.prompt = {5, 6}, .sampling = {.max_new_tokens = 8, .ignore_eos = true}, .stop_ids = {stop}});
  const DecodeResult whole = RunAll(ignoring).begin()->second;
  EXPECT_EQ(whole.ids.size(), 8U);
  EXPECT_THAT(whole.ids, testing::Not(testing::Contains(stop)));
}

TEST(Decoder, EndsAtTheModelsLastPosition) {
  const auto model = TinyModel();
  RandomStream random(1, "decoder_test");
  Decoder decoder(*model, 2);
  decoder.Submit({.prompt = RandomIds(random, 38), .sampling = {.max_new_tokens = 50}});
  const DecodeResult result = RunAll(decoder).begin()->second;
  EXPECT_EQ(result.ids.size(), 3U);  // positions 38 and 39 are fed; the last logits give a third token
  EXPECT_EQ(result.finish_reason, "length");
}

TEST(Decoder, LogprobsAreThoseOfTheReference) {
  const auto model = TinyModel();
  const std::vector<int> prompt = {1, 2, 3};
  Decoder decoder(*model, 1);
  decoder.Submit({.prompt = prompt,
                  .sampling = {.temperature = 0.7, .max_new_tokens = 6, .seed = 4, .top_logprobs = 3},
                  .random_name = "x"});
  const DecodeResult result = RunAll(decoder).begin()->second;
  std::vector<int> all = prompt;
  all.insert(all.end(), result.ids.begin(), result.ids.end());
  const std::vector<double> expected = ScoreTokens(*model, {all})[0];
  ASSERT_EQ(result.logprobs.size(), result.ids.size());
  for (size_t i = 0; i < result.ids.size(); ++i) {
    EXPECT_NEAR(result.logprobs[i].logprob, expected[prompt.size() - 1 + i], 1e-5);
    ASSERT_EQ(result.logprobs[i].top.size(), 3U);
    EXPECT_GE(result.logprobs[i].top[0].second, result.logprobs[i].top[1].second);
    EXPECT_GE(result.logprobs[i].top[0].second + 1e-9, result.logprobs[i].logprob);
  }
}

TEST(Decoder, AnswersDoNotDependOnTheirNeighbours) {
  const auto model = TinyModel();
  const Sampling sampling{.temperature = 1, .top_p = 0.95, .max_new_tokens = 10, .seed = 0};
  const auto run = [&](int batch, int others) {
    Decoder decoder(*model, batch);
    for (int i = 0; i < others; ++i) {
      decoder.Submit({.prompt = {i % kVocab, 1}, .sampling = sampling, .random_name = "other" + std::to_string(i)});
    }
    const int64_t mine = decoder.Submit({.prompt = {7, 8, 9}, .sampling = sampling, .random_name = "mine"});
    return RunAll(decoder).at(mine).ids;
  };
  EXPECT_EQ(run(1, 0), run(8, 7));
  EXPECT_EQ(run(1, 0), run(3, 11));
}

// Frequencies of 4,000 first tokens against softmax(logits / temperature), cut by top_k and top_p.
TEST(Decoder, DrawsFromTheRightDistribution) {
  const auto model = TinyModel();
  const at::NoGradGuard no_grad;
  const at::Tensor logits = model->Logits(model->Hidden(at::tensor({3}, at::kLong).unsqueeze(0))).flatten();
  struct Case {
    double temperature, top_p;
    int top_k;
  };
  for (const Case& c : {Case{1, 1, 0}, {0.5, 1, 0}, {1, 1, 5}, {1.5, 0.6, 0}, {1, 0.5, 4}}) {
    at::Tensor p = at::softmax(logits.to(at::kDouble) / c.temperature, 0);
    const auto [sorted, order] = at::sort(p, 0, true);
    const double in_k = c.top_k > 0 ? sorted.narrow(0, 0, c.top_k).sum().item<double>() : 1;
    double mass = 0;
    at::Tensor kept = at::zeros_like(p);
    for (int64_t i = 0; i < kVocab && (c.top_k == 0 || i < c.top_k) && mass < c.top_p * in_k; ++i) {
      kept[order[i].item<int64_t>()] = sorted[i].item<double>();
      mass += sorted[i].item<double>();
    }
    kept /= mass;
    constexpr int kDraws = 4000;
    std::vector<int> counts(kVocab);
    Decoder decoder(*model, 500);
    for (int i = 0; i < kDraws; ++i) {
      decoder.Submit(
          {.prompt = {3},
           .sampling = {.temperature = c.temperature, .top_p = c.top_p, .top_k = c.top_k, .max_new_tokens = 1},
           .random_name = std::to_string(i)});
    }
    for (const auto& [handle, result] : RunAll(decoder)) ++counts[static_cast<size_t>(result.ids.at(0))];
    for (int id = 0; id < kVocab; ++id) {
      const double expected = kept[id].item<double>();
      const double tolerance = 4.5 * std::sqrt(expected * (1 - expected) / kDraws);
      EXPECT_NEAR(counts[static_cast<size_t>(id)] / double{kDraws}, expected, tolerance + 1e-12) << "id " << id;
    }
  }
}

class Ban : public LogitsProcessor {
 public:
  explicit Ban(int id) : id_(id) {}
  void Process(std::span<const int> ids, std::span<float> logits) override {
    seen = std::max(seen, ids.size());
    logits[static_cast<size_t>(id_)] = -std::numeric_limits<float>::infinity();
  }
  size_t seen = 0;

 private:
  int id_;
};

TEST(Decoder, ProcessorActsBeforeTheDraw) {
  const auto model = TinyModel();
  const int banned = SlowGreedy(*model, {4}, 1)[0];
  const auto ban = std::make_shared<Ban>(banned);
  Decoder decoder(*model, 1);
  decoder.Submit({.prompt = {4}, .sampling = {.max_new_tokens = 6, .processor = ban}});
  EXPECT_THAT(RunAll(decoder).begin()->second.ids, testing::Not(testing::Contains(banned)));
  EXPECT_EQ(ban->seen, 6U);  // the prompt and five tokens before the last draw
}

TEST(Decoder, VocabLimitAndCancel) {
  const auto model = TinyModel();
  Decoder decoder(*model, 2, 5);
  const int64_t gone = decoder.Submit({.prompt = {1}, .sampling = {.max_new_tokens = 4}});
  const int64_t kept = decoder.Submit({.prompt = {2}, .sampling = {.temperature = 5, .max_new_tokens = 9}});
  decoder.Step([](const DecodeResult&) {});
  decoder.Cancel(gone);
  const auto results = RunAll(decoder);
  ASSERT_EQ(results.size(), 1U);
  for (const int id : results.at(kept).ids) EXPECT_LT(id, 5);
}

TEST(Decoder, RefusesWhatItCannotRun) {
  const auto model = TinyModel();
  Decoder decoder(*model, 2);
  EXPECT_THROW(decoder.Submit({.prompt = {}}), Error);
  EXPECT_THROW(decoder.Submit({.prompt = {kVocab}}), Error);
  EXPECT_THROW(decoder.Submit({.prompt = {-1}}), Error);
  EXPECT_THROW(decoder.Submit({.prompt = std::vector<int>(41, 1)}), Error);
  EXPECT_THROW(ScoreTokens(*model, {{1, 2}, {}}), Error);
  EXPECT_FALSE(decoder.Step([](const DecodeResult&) {}));
}

TEST(ScoreTokens, PassesDoNotChangeTheScores) {
  const auto model = TinyModel();
  RandomStream random(2, "decoder_test");
  std::vector<std::vector<int>> sequences;
  for (const size_t length : {1, 2, 9, 30, 4}) sequences.push_back(RandomIds(random, length));
  const auto whole = ScoreTokens(*model, sequences), single = ScoreTokens(*model, sequences, 1);
  for (size_t i = 0; i < sequences.size(); ++i) {
    ASSERT_EQ(whole[i].size(), sequences[i].size() - 1);
    for (size_t t = 0; t < whole[i].size(); ++t) EXPECT_NEAR(whole[i][t], single[i][t], 1e-5);
  }
}

TEST(Decoder, HearsOfEachTokenAndEndsWhereToldTo) {
  const auto model = TinyModel();
  const Sampling sampling{.max_new_tokens = 9, .top_logprobs = 1};
  Decoder alone(*model, 4);
  const int64_t whole = alone.Submit({.prompt = {1, 2, 3}, .sampling = sampling});
  const DecodeResult expected = RunAll(alone).at(whole);
  for (const size_t most : {1, 4, 9, 20}) {
    std::vector<int> heard;
    Decoder decoder(*model, 4);
    const auto on_token = [&](int id, const DecodeResult::TokenInfo* info) {
      EXPECT_EQ(info->logprob, expected.logprobs[heard.size()].logprob);
      heard.push_back(id);
      return heard.size() < most;
    };
    const int64_t handle = decoder.Submit({.prompt = {1, 2, 3}, .sampling = sampling, .on_token = on_token});
    const DecodeResult result = RunAll(decoder).at(handle);
    EXPECT_EQ(result.ids, heard);
    EXPECT_EQ(heard.size(), std::min<size_t>(most, 9));
    EXPECT_TRUE(std::equal(heard.begin(), heard.end(), expected.ids.begin()));
    EXPECT_EQ(result.finish_reason, most <= 9 ? "stop" : "length");
  }
}

TEST(Decoder, ScoresPromptsAsScoreTokensDoes) {
  const auto model = TinyModel();
  RandomStream random(1, "decoder_test");
  Decoder decoder(*model, 3);
  std::map<int64_t, std::vector<int>> prompts;
  for (const size_t length : {1, 2, 9, 30, 5}) {
    const std::vector<int> ids = RandomIds(random, length);
    DecodeRequest request{.prompt = ids, .sampling = {.max_new_tokens = 4}, .prompt_logprobs = 2};
    request.only_prompt = length % 2 == 0;
    prompts[decoder.Submit(std::move(request))] = ids;
    decoder.Submit({.prompt = ids, .sampling = {.max_new_tokens = 4}});  // beside it, not scored
  }
  const auto results = RunAll(decoder);
  EXPECT_EQ(results.size(), 10u);
  for (const auto& [handle, result] : results) {
    if (!prompts.contains(handle)) {
      EXPECT_TRUE(result.prompt_logprobs.empty());
      continue;
    }
    const std::vector<int>& ids = prompts[handle];
    EXPECT_EQ(result.ids.size(), ids.size() % 2 == 0 ? 0u : 4u);
    EXPECT_EQ(result.finish_reason, "length");
    const std::vector<double> scores = ScoreTokens(*model, {ids}).front();
    ASSERT_EQ(result.prompt_logprobs.size(), scores.size());
    for (size_t i = 0; i < scores.size(); ++i) {
      EXPECT_NEAR(result.prompt_logprobs[i].logprob, scores[i], 1e-5);
      ASSERT_EQ(result.prompt_logprobs[i].top.size(), 2u);
      EXPECT_GE(result.prompt_logprobs[i].top[0].second, result.prompt_logprobs[i].logprob);
    }
  }
}

TEST(Decoder, ReportsTheStopIdWhereAskedTo) {
  const auto model = TinyModel();
  const int first = SlowGreedy(*model, {4, 5}, 1).front();
  for (const bool report : {false, true}) {
    Decoder decoder(*model, 2);
    DecodeRequest request{.prompt = {4, 5}, .sampling = {.max_new_tokens = 3, .top_logprobs = 1}, .stop_ids = {first}};
    request.report_stop = report;
    const int64_t handle = decoder.Submit(std::move(request));
    const DecodeResult result = RunAll(decoder).at(handle);
    EXPECT_EQ(result.stop_id, first);
    EXPECT_TRUE(result.ids.empty());
    ASSERT_EQ(result.logprobs.size(), report ? 1u : 0u);
    if (report) {
      EXPECT_EQ(result.logprobs[0].top[0].second, result.logprobs[0].logprob);
    }
  }
}

TEST(Decoder, CancelSaysHowManyTokensWereDrawn) {
  const auto model = TinyModel();
  Decoder decoder(*model, 1);
  const int64_t runs = decoder.Submit({.prompt = {1}, .sampling = {.max_new_tokens = 20}});
  const int64_t waits = decoder.Submit({.prompt = {2}, .sampling = {.max_new_tokens = 20}});
  for (int i = 0; i < 5; ++i) decoder.Step([](const DecodeResult&) {});
  EXPECT_EQ(decoder.Cancel(runs), 5);
  EXPECT_EQ(decoder.Cancel(runs), 0);
  EXPECT_EQ(decoder.Cancel(waits), 0);
  EXPECT_TRUE(RunAll(decoder).empty());
}

}  // namespace
}  // namespace retort
