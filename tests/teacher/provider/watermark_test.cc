// The watermark: what the processor raises is what the detector finds, nothing else is found, and the test is exact.
#include "teacher/provider/watermark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/config/toml_text.h"
#include "teacher/provider/guarded_teacher.h"

namespace retort {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kVocab = 60;
constexpr char kKey[] = "CANARY-0123456789";

std::shared_ptr<const Watermark> Mark(const WatermarkSettings& settings, const std::string& key = kKey) {
  return std::make_shared<Watermark>(settings, key);
}

// Text of a model whose logits are the same everywhere, after a prompt {1, 2, 3}.
std::vector<int> Sampled(const std::shared_ptr<LogitsProcessor>& processor, int size, uint64_t seed) {
  RandomStream random(seed, "watermark test");
  std::vector<int> ids = {1, 2, 3};
  for (int i = 0; i < size; ++i) {
    std::vector<float> logits(kVocab, 0.0F);
    if (processor) processor->Process(ids, logits);
    double total = 0;
    for (const float logit : logits) total += std::exp(logit);
    double rest = random.Uniform() * total;
    int token = 0;
    while (token + 1 < kVocab && (rest -= std::exp(logits[static_cast<size_t>(token)])) > 0) ++token;
    ids.push_back(token);
  }
  return {ids.begin() + 3, ids.end()};
}

WatermarkEvidence Found(const std::shared_ptr<const Watermark>& mark, const std::vector<int>& ids,
                        const std::vector<int>& before = {}) {
  WatermarkDetector detector(mark);
  detector.Add(before, ids);
  return detector.Evidence();
}

TEST(Watermark, AShareGammaOfTheVocabularyIsGreenWhateverTheContext) {
  for (const double gamma : {0.1, 0.25, 0.5, 0.9}) {
    const auto mark = Mark({.gamma = gamma, .context_width = 2});
    int green = 0;
    const int lists = 200, vocab = 500;
    for (int i = 0; i < lists; ++i) {
      const uint64_t list = mark->ListAfter(std::vector<int>{i, 7});
      for (int token = 0; token < vocab; ++token) green += mark->IsGreen(list, token) ? 1 : 0;
    }
    const double n = lists * vocab;
    EXPECT_NEAR(green / n, gamma, 4 * std::sqrt(gamma * (1 - gamma) / n)) << "four standard errors";
  }
}

TEST(Watermark, TheLastTokensAndTheKeyChooseTheList) {
  const auto mark = Mark({.context_width = 2});
  EXPECT_EQ(mark->ListAfter(std::vector<int>{9, 1, 2}), mark->ListAfter(std::vector<int>{8, 1, 2}));
  EXPECT_NE(mark->ListAfter(std::vector<int>{9, 1, 2}), mark->ListAfter(std::vector<int>{9, 2, 1}));
  EXPECT_NE(mark->ListAfter(std::vector<int>{1, 12}), mark->ListAfter(std::vector<int>{11, 2}));
  EXPECT_NE(mark->ListAfter(std::vector<int>{1, 2}),
            Mark({.context_width = 2}, "another key, of 16+")->ListAfter(std::vector<int>{1, 2}));
  const auto everywhere = Mark({.context_width = 0});
  EXPECT_EQ(everywhere->ListAfter(std::vector<int>{1}), everywhere->ListAfter({}));
}

TEST(Watermark, RaisesGreenLogitsByDeltaAfterWhatAnotherDid) {
  class Ban : public LogitsProcessor {
    void Process(std::span<const int> /*ids*/, std::span<float> logits) override { logits[4] = -100; }
  };
  const auto mark = Mark({.gamma = 0.5, .delta = 3, .context_width = 1});
  const auto processor = MakeWatermarkProcessor(mark, std::make_shared<Ban>());
  std::vector<float> logits(kVocab, 1.0F);
  const std::vector<int> ids = {5, 6};
  processor->Process(ids, logits);
  const uint64_t list = mark->ListAfter(ids);
  for (int token = 0; token < kVocab; ++token) {
    const float before = token == 4 ? -100.0F : 1.0F;
    EXPECT_EQ(logits[static_cast<size_t>(token)], before + (mark->IsGreen(list, token) ? 3.0F : 0.0F));
  }
  std::vector<float> too_early(kVocab, 1.0F);
  MakeWatermarkProcessor(Mark({.context_width = 3}))->Process(ids, too_early);
  EXPECT_EQ(too_early, std::vector<float>(kVocab, 1.0F));
}

TEST(WatermarkDetector, FindsWhatWasMarkedAndOnlyWithItsKey) {
  for (const int width : {0, 1, 2, 4}) {
    const auto mark = Mark({.gamma = 0.25, .delta = 2, .context_width = width});
    const std::vector<int> marked = Sampled(MakeWatermarkProcessor(mark), 400, 5);
    const WatermarkEvidence found = Found(mark, marked, {1, 2, 3});
    if (width > 0) {
      EXPECT_GT(found.z, 10) << width;
      EXPECT_LT(found.p_value, 1e-20) << width;
    }
    const WatermarkEvidence other = Found(Mark(mark->settings(), "another key, of 16+"), marked);
    EXPECT_LT(std::abs(other.z), 4);
    const WatermarkEvidence plain = Found(mark, Sampled(nullptr, 400, 6));
    EXPECT_LT(std::abs(plain.z), 4);
  }
}

TEST(WatermarkDetector, NullPValuesAreUniform) {
  // Texts without a mark under 400 keys: the share of p-values up to x is at most x, but for chance (four standard
  // errors), and about x, but for their steps.
  const std::vector<int> text = Sampled(nullptr, 300, 7);
  const int keys = 400;
  std::vector<double> p;
  p.reserve(keys);
  for (int i = 0; i < keys; ++i)
    p.push_back(Found(Mark({}, "random key no. " + std::to_string(1000 + i)), text).p_value);
  for (const double x : {0.05, 0.2, 0.5, 0.8}) {
    const double share = static_cast<double>(std::ranges::count_if(p, [&](double v) { return v <= x; })) / keys;
    const double error = 4 * std::sqrt(x * (1 - x) / keys);
    EXPECT_LE(share, x + error);
    EXPECT_GE(share, x - error - 0.06) << "a step of the binomial at 300 pairs is at most .06";
  }
}

TEST(WatermarkDetector, IsExactOnFewPairsAndCountsEachOnce) {
  const auto mark = Mark({.gamma = 0.5, .context_width = 0});
  const uint64_t list = mark->ListAfter({});
  std::vector<int> green, red;
  for (int token = 0; token < kVocab; ++token) (mark->IsGreen(list, token) ? green : red).push_back(token);
  ASSERT_GE(green.size(), 3u);
  const WatermarkEvidence three = Found(mark, {green[0], green[1], green[2], red[0]});
  EXPECT_EQ(three.pairs, 4);
  EXPECT_EQ(three.green, 3);
  EXPECT_DOUBLE_EQ(three.z, 1);                // (3 - 2) / sqrt(4 / 4)
  EXPECT_NEAR(three.p_value, 5. / 16, 1e-12);  // 4 choose 3 + 4 choose 4, of 16
  const WatermarkEvidence again = Found(mark, {green[0], green[0], green[1], green[2], red[0], red[0], green[2]});
  EXPECT_EQ(again.pairs, 4);
  EXPECT_EQ(again.p_value, three.p_value);
  EXPECT_EQ(Found(mark, {red[0]}).p_value, 1);
  EXPECT_EQ(Found(mark, {}).p_value, 1);
  EXPECT_EQ(Found(mark, {}).z, 0);
}

TEST(WatermarkDetector, NeedsTheContextOfAPlace) {
  const auto mark = Mark({.context_width = 2});
  EXPECT_EQ(Found(mark, {1, 2, 3}).pairs, 1);
  EXPECT_EQ(Found(mark, {1, 2, 3}, {9}).pairs, 2);
  EXPECT_EQ(Found(mark, {1, 2, 3}, {8, 9}).pairs, 3);
  EXPECT_EQ(Found(mark, {1}, {}).pairs, 0);
  EXPECT_EQ(Found(mark, {}, {8, 9, 10}).pairs, 0) << "a prompt is no evidence";
}

TEST(Watermark, SettingsAndKeysThatMakeNoSense) {
  const auto problem = [](const WatermarkSettings& settings, const std::string& key) -> std::string {
    try {
      const Watermark mark(settings, key);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(problem({.gamma = 0}, kKey), HasSubstr("gamma"));
  EXPECT_THAT(problem({.gamma = 1}, kKey), HasSubstr("gamma"));
  EXPECT_THAT(problem({.gamma = std::nan("")}, kKey), HasSubstr("gamma"));
  EXPECT_THAT(problem({.delta = -1}, kKey), HasSubstr("delta"));
  EXPECT_THAT(problem({.context_width = -1}, kKey), HasSubstr("context_width"));
  EXPECT_THAT(problem({}, "CANARY"), testing::AllOf(HasSubstr("16 bytes"), Not(HasSubstr("CANARY"))));
}

class WatermarkPolicyTest : public ::testing::Test {
 protected:
  void SetUp() override { setenv("RETORT_TEST_WATERMARK", kKey, 1); }
  void TearDown() override { unsetenv("RETORT_TEST_WATERMARK"); }
  static PoliciesConfig Config() {
    PoliciesConfig config{.use = {"watermark"}};
    config.watermark.key_env = "RETORT_TEST_WATERMARK";
    return config;
  }
};

class Marked : public Teacher {
 public:
  Card card() const override { return {.identity = "weights", .reveals = "logits"}; }
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (const Request& request : requests) {
      processor = request.sampling.processor;
      on_reply({.id = request.id, .attempt = request.attempt});
    }
  }
  std::shared_ptr<LogitsProcessor> processor;
};

TEST_F(WatermarkPolicyTest, TheTeacherSamplesWithTheMark) {
  auto inner = std::make_unique<Marked>();
  Marked& marked = *inner;
  const auto teacher = Guard(std::move(inner), Config());
  const std::vector<Request> requests = {{.id = "a"}};
  teacher->Ask(requests, [](const Reply&) { return true; });
  const auto mark = MakeWatermark(Config().watermark);
  EXPECT_GT(Found(mark, Sampled(marked.processor, 200, 3)).z, 6);
}

TEST_F(WatermarkPolicyTest, ItsCardNamesSettingsAndKeyAndTellsNeither) {
  const auto card = [](const PoliciesConfig& config) { return Guard(std::make_unique<Marked>(), config)->card(); };
  const Card first = card(Config());
  EXPECT_EQ(first.reveals, "top logprobs");
  EXPECT_THAT(first.identity, Not(HasSubstr("CANARY")));
  PoliciesConfig other = Config();
  other.watermark.settings.delta = 1;
  EXPECT_NE(card(other).identity, first.identity);
  setenv("RETORT_TEST_WATERMARK", "another key, of 16+", 1);
  EXPECT_NE(card(Config()).identity, first.identity);
  EXPECT_THAT(ToToml(Config()), Not(HasSubstr("CANARY")));
  EXPECT_FALSE(AllowScores(Config()));
  other.watermark.key_env = "";
  EXPECT_THROW(MakePolicies(other), Error);
  other.watermark.key_env = "RETORT_TEST_NO_SUCH_VARIABLE";
  EXPECT_THROW(MakePolicies(other), Error);
}

}  // namespace
}  // namespace retort
