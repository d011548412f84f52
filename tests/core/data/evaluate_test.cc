// One evaluation for all: order, grading, failures, likelihoods, and the lines it leaves.
#include "core/data/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/data/cell.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

// Answers in reverse order by a given function.
class FakeAnswerer : public Answerer {
 public:
  using Answer = std::function<Reply(const Request&)>;
  explicit FakeAnswerer(Answer answer) : answer_(std::move(answer)) {}
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (size_t i = requests.size(); i > 0; --i) {
      ++asked;
      if (!on_reply(answer_(requests[i - 1]))) return;
    }
  }
  int asked = 0;

 private:
  Answer answer_;
};

Reply Says(const Request& request, const std::string& text) {
  return {.id = request.id, .completion = {{"", text}}, .finish_reason = "stop", .usage = {3, 15}};
}

const Task& Big() {
  static const auto task = MakeTask(FoldsConfig{.target = "big"});
  return *task;
}

TEST(Evaluate, GradesInTheOrderOfTheItems) {
  const auto items = Big().Items(Split::kHeldOut, 20, 0);
  FakeAnswerer answerer([&](const Request& request) {
    EXPECT_EQ(request.sampling.max_new_tokens, 45);
    const auto item = std::ranges::find(items, request.id, &Item::id);
    EXPECT_EQ(item->prompt, request.prompt);
    return Says(request, item - items.begin() < 5 ? "nonsense" : *Big().Reference(*item));
  });
  const auto grader = MakeFoldsGrader();
  const auto scores = Evaluate(answerer, items, *grader, {.max_new_tokens = 45});
  ASSERT_EQ(scores.size(), 20u);
  for (size_t i = 0; i < scores.size(); ++i) {
    EXPECT_EQ(scores[i].id, items[i].id);
    EXPECT_EQ(scores[i].score, i < 5 ? 0 : 1);
    EXPECT_EQ(scores[i].parsed, i >= 5);
    EXPECT_EQ(scores[i].step_accuracy, i < 5 ? 0 : 1);
    EXPECT_EQ(scores[i].completion_tokens, 15);
  }
  EXPECT_EQ(scores[7].answer, *Big().Reference(items[7]));
  const Means means = Average(scores);
  EXPECT_EQ(means.score, 0.75);
  EXPECT_EQ(means.parse_rate, 0.75);
  EXPECT_EQ(means.step_accuracy, 0.75);
  EXPECT_EQ(means.reference_nats, std::nullopt);
}

TEST(Evaluate, SeveralAnswersAnItem) {
  const auto items = Big().Items(Split::kHeldOut, 3, 0);
  FakeAnswerer answerer([&](const Request& request) {
    // Of the first item 3 of 4 are right, of the second 2 that agree against 2 that do not, of the third none.
    const auto item = static_cast<size_t>(std::ranges::find(items, request.id, &Item::id) - items.begin());
    const std::string right = *Big().Reference(items[item]);
    std::string wrong = right;
    wrong.back() = static_cast<char>('0' + (right.back() - '0' + 1 + request.attempt) % 10);
    const bool is_right = item == 0 ? request.attempt != 1 : item == 1 && request.attempt >= 2;
    Reply reply = Says(request, item == 2 ? "nonsense" : is_right ? right : wrong);
    reply.attempt = request.attempt;
    return reply;
  });
  const auto grader = MakeFoldsGrader();
  const auto scores = Evaluate(answerer, items, *grader, {.temperature = 1, .max_new_tokens = 45}, 4);
  EXPECT_EQ(answerer.asked, 12);
  ASSERT_EQ(scores.size(), 3u);
  EXPECT_EQ(scores[0].score, 0.75);
  EXPECT_EQ(scores[1].score, 0.5);
  EXPECT_EQ(scores[2].score, 0);
  EXPECT_EQ(scores[0].sampled->scores, (std::vector<double>{1, 0, 1, 1}));
  EXPECT_EQ(scores[0].answer, *Big().Reference(items[0])) << "the first answer";
  EXPECT_EQ(scores[0].completion_tokens, 60) << "of all four";
  EXPECT_TRUE(scores[0].sampled->majority_right);
  EXPECT_TRUE(scores[1].sampled->majority_right) << "the two wrong ones differ";
  EXPECT_FALSE(scores[2].sampled->majority_right);
  EXPECT_EQ(scores[2].sampled->parsed, 0);
  const Means means = Average(scores);
  EXPECT_NEAR(means.score, 1.25 / 3, 1e-12);
  EXPECT_NEAR(means.parse_rate, 2.0 / 3, 1e-12);
  ASSERT_TRUE(means.sampled);
  EXPECT_NEAR(means.sampled->pass.mean, 2.0 / 3, 1e-12);
  EXPECT_NEAR(means.sampled->maj.mean, 2.0 / 3, 1e-12);
  for (const ItemScore& score : scores) {
    const ItemScore back = ParseItemScore(ToJsonLine(score), "items.jsonl", 1);
    EXPECT_EQ(back.sampled, score.sampled);
    EXPECT_EQ(ToJsonLine(back), ToJsonLine(score));
  }
}

TEST(Evaluate, OneAnswerLeavesNoTraceOfSampling) {
  const auto items = Big().Items(Split::kHeldOut, 2, 0);
  FakeAnswerer answerer([&](const Request& request) { return Says(request, "A1"); });
  const auto scores = Evaluate(answerer, items, *MakeFoldsGrader(), {.max_new_tokens = 45});
  EXPECT_EQ(scores[0].sampled, std::nullopt);
  EXPECT_EQ(Average(scores).sampled, std::nullopt);
  EXPECT_EQ(ToJsonLine(scores[0]).find("answers"), std::string::npos);
}

TEST(ItemScore, SampledLinesAreChecked) {
  const std::string good =
      R"({"id":"i","score":0.5,"parsed":true,"completion_tokens":2,"answer":"a","answers":["a","b"],"scores":[1,0]})";
  EXPECT_EQ(ParseItemScore(good, "f", 1).sampled->right(), 1);
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{{"[1,0]", "[1]"},
                                                                                 {"[1,0]", "1"},
                                                                                 {"[1,0]", R"(["1",0])"},
                                                                                 {R"(["a","b"])", "[]"},
                                                                                 {R"(["a","b"])", "[1,2]"},
                                                                                 {R"(,"scores":[1,0])", ""}}) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    EXPECT_THROW(ParseItemScore(bad, "f", 1), Error) << bad;
  }
}

TEST(Evaluate, AFailedRequestIsAnErrorThatNamesTheItem) {
  const auto items = Big().Items(Split::kHeldOut, 5, 0);
  const auto grader = MakeFoldsGrader();
  FakeAnswerer fails([&](const Request& request) {
    Reply reply = Says(request, "A1");
    if (request.id == items[3].id) reply.error = "429 too many requests";
    return reply;
  });
  EXPECT_THAT(MessageOf([&] { Evaluate(fails, items, *grader, {}); }),
              HasSubstr("item \"" + items[3].id + "\": 429 too many requests"));
  EXPECT_EQ(fails.asked, 2);  // stopped at once

  FakeAnswerer stranger([](const Request&) { return Reply{.id = "who?", .completion = {}}; });
  EXPECT_THAT(MessageOf([&] { Evaluate(stranger, items, *grader, {}); }), HasSubstr("nobody waits for"));
  FakeAnswerer doubled([&](const Request& request) {
    Reply reply = Says(request, "A1");
    reply.id = items[0].id;
    return reply;
  });
  EXPECT_THAT(MessageOf([&] { Evaluate(doubled, items, *grader, {}); }), HasSubstr("nobody waits for"));

  class Silent : public Answerer {
    void Ask(std::span<const Request>, const std::function<bool(Reply)>&) override {}
  } silent;
  EXPECT_THAT(MessageOf([&] { Evaluate(silent, items, *grader, {}); }), HasSubstr("5 of 5 items got no answer"));
  EXPECT_TRUE(Evaluate(silent, {}, *grader, {}).empty());
  const std::vector<Item> twice = {items[0], items[0]};
  EXPECT_THAT(MessageOf([&] { Evaluate(silent, twice, *grader, {}); }), HasSubstr("two items"));
}

class FakeScorer : public LikelihoodScorer {
 public:
  std::vector<Likelihood> Score(std::span<const Pair> pairs) override {
    std::vector<Likelihood> all;
    for (const Pair& pair : pairs) {
      const auto bytes = static_cast<int64_t>(pair.completion.size());
      // Two bits a byte.
      all.push_back({.nats = -2 * std::log(2.0) * static_cast<double>(bytes), .tokens = bytes + 1, .bytes = bytes});
    }
    if (lose_one) all.pop_back();
    return all;
  }
  bool lose_one = false;
};

TEST(EvaluateLikelihood, BitsPerByteOfTheReference) {
  const auto items = Big().Items(Split::kHeldOut, 4, 0);
  FakeScorer scorer;
  const auto scores = EvaluateLikelihood(scorer, items, Big());
  ASSERT_EQ(scores.size(), 4u);
  for (size_t i = 0; i < scores.size(); ++i) {
    const auto bytes = static_cast<double>(Big().Reference(items[i])->size());
    EXPECT_EQ(scores[i].id, items[i].id);
    EXPECT_NEAR(scores[i].score, 2, 1e-12);
    EXPECT_NEAR(*scores[i].reference_nats, -2 * std::log(2.0) * bytes, 1e-9);
    EXPECT_EQ(scores[i].completion_tokens, static_cast<int64_t>(bytes) + 1);
  }
  EXPECT_NEAR(Average(scores).score, 2, 1e-12);
  EXPECT_TRUE(Average(scores).reference_nats);
  scorer.lose_one = true;
  EXPECT_THROW(EvaluateLikelihood(scorer, items, Big()), Error);
  const std::vector<Item> stranger = {{.id = "s", .prompt = {{"", "hello"}}, .answer = "", .skill = ""}};
  EXPECT_THAT(MessageOf([&] { EvaluateLikelihood(scorer, stranger, Big()); }),
              HasSubstr("item \"s\" has no reference"));
}

TEST(Average, OfNothingAndOfSome) {
  EXPECT_EQ(Average({}).score, 0);
  const std::vector<ItemScore> mixed = {{.id = "a", .score = 1, .step_accuracy = 0.5}, {.id = "b", .score = 0}};
  EXPECT_EQ(Average(mixed).score, 0.5);
  EXPECT_EQ(Average(mixed).step_accuracy, 0.5);  // over those that have one
}

TEST(ItemScoreJson, RoundTripAndErrors) {
  const std::vector<ItemScore> all = {{.id = "a/1",
                                       .score = 0.1 + 0.2,
                                       .parsed = true,
                                       .step_accuracy = 1.0 / 3,
                                       .reference_nats = -12.5,
                                       .completion_tokens = 77,
                                       .answer = "line\nline \"é\""},
                                      {.id = "b", .score = 0}};
  for (const ItemScore& score : all) {
    const std::string line = ToJsonLine(score);
    const ItemScore back = ParseItemScore(line, "items.jsonl", 1);
    EXPECT_EQ(ToJsonLine(back), line);
    EXPECT_EQ(back.id, score.id);
    EXPECT_EQ(back.score, score.score);
    EXPECT_EQ(back.step_accuracy, score.step_accuracy);
    EXPECT_EQ(back.reference_nats, score.reference_nats);
    EXPECT_EQ(back.answer, score.answer);
  }
  EXPECT_THAT(MessageOf([] { ParseItemScore(R"({"id": "a"})", "items.jsonl", 9); }),
              HasSubstr("items.jsonl:9: the key \"score\" is missing; there are: \"id\""));
  EXPECT_THROW(ToJsonLine(ItemScore{.id = "a", .score = std::numeric_limits<double>::quiet_NaN()}), Error);
}

TEST(CellJson, RoundTrip) {
  CellResult cell{.arm = "teacher",
                  .n = 64,
                  .seed = ~uint64_t{0},
                  .task = "rules",
                  .target = "big",
                  .metric = "exact_match",
                  .means = {.score = 0.9, .parse_rate = 1, .step_accuracy = 0.95, .reference_nats = -3.5},
                  .retained_skill = 0.5,
                  .memoriser = 0.81,
                  .prompts_asked = 70,
                  .teacher_tokens = int64_t{1} << 40,
                  .supervised_tokens = 3000,
                  .training_flops = 1.5e18,
                  .dollars = 0.01,
                  .steps = 200,
                  .extras = {{"judge_false_positive_rate", 0.125}},
                  .run = "ab12",
                  .samples_sha256 = "cd34",
                  .items = {}};
  const std::string text = ToJson(cell);
  const CellResult back = ParseCellResult(text, "result.json");
  EXPECT_EQ(ToJson(back), text);
  EXPECT_EQ(back.seed, cell.seed);
  EXPECT_EQ(back.means.score, 0.9);
  EXPECT_EQ(back.memoriser, 0.81);
  EXPECT_EQ(back.teacher_tokens, cell.teacher_tokens);
  EXPECT_EQ(back.extras, cell.extras);
  cell.memoriser = cell.retained_skill = cell.means.step_accuracy = cell.means.reference_nats = std::nullopt;
  EXPECT_EQ(ParseCellResult(ToJson(cell), "r").memoriser, std::nullopt);
  EXPECT_EQ(ParseCellResult(ToJson(cell), "r").means.step_accuracy, std::nullopt);
}

TEST(CellJson, TruncationAtEveryLengthIsAnError) {
  const std::string text = ToJson(CellResult{.arm = "base", .metric = "exact_match"});
  for (size_t size = 0; size + 1 < text.size(); ++size) {
    EXPECT_THROW(ParseCellResult(text.substr(0, size), "result.json"), Error) << size;
  }
  EXPECT_THAT(MessageOf([] { ParseCellResult("{}", "result.json"); }),
              HasSubstr("result.json: the key \"arm\" is missing"));
}

}  // namespace
}  // namespace retort
