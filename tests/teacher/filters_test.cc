#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/random.h"
#include "teacher/filter.h"
#include "teacher/keep_if.h"

namespace retort {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LastLetterGrader : public Grader {
 public:
  Grade Judge(const Item& item, std::string_view answer) override {
    return {.parsed = !answer.empty(), .score = answer.ends_with(item.answer) ? 1.0 : answer.size() % 2 * 0.5};
  }
};

// A score that only the text decides.
class LengthJudge : public Answerer {
 public:
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (const Request& request : requests) {
      Reply reply{.id = request.id, .attempt = request.attempt};
      reply.completion = {{"assistant", "So so.\nScore: " + std::to_string(7 + Text(request.prompt).size() % 4)}};
      on_reply(std::move(reply));
    }
  }
};

class FiltersTest : public ::testing::Test {
 protected:
  // A prompt with these answers.
  static Item Prompt(const std::string& text) { return {.id = "id of " + text, .prompt = {{"user", text}}}; }
  static PromptAnswers Answers(const Item& item, const std::vector<std::string>& texts) {
    PromptAnswers answers{.item = &item};
    for (const std::string& text : texts) {
      answers.answers.push_back({.id = item.id,
                                 .attempt = static_cast<int>(answers.answers.size()),
                                 .prompt = item.prompt,
                                 .completion = {{"assistant", text}},
                                 .finish_reason = "stop"});
    }
    return answers;
  }
  std::unique_ptr<Filter> Make(const std::string& name) {
    config_.filters = {name};
    return std::move(MakeFilters(config_, context_)[0].filter);
  }
  static std::vector<int> Attempts(const PromptAnswers& prompt) {
    std::vector<int> attempts;
    for (const Sample& sample : prompt.answers) attempts.push_back(sample.attempt);
    return attempts;
  }
  // The attempts that a filter of this name keeps of these answers.
  std::vector<int> Kept(const std::string& name, std::vector<Sample> answers) {
    PromptAnswers prompt{.item = &item_, .answers = std::move(answers)};
    Make(name)->Apply({&prompt, 1});
    return Attempts(prompt);
  }
  std::vector<int> Kept(const std::string& name, const std::vector<std::string>& texts) {
    return Kept(name, Answers(item_, texts).answers);
  }

  Item item_ = Prompt("question");
  std::vector<Item> held_out_ = {Prompt("a held-out question")};
  LastLetterGrader grader_;
  LengthJudge judge_;
  FilterConfig config_;
  FilterContext context_{.grader = &grader_, .judge = &judge_, .held_out = held_out_};
};

TEST_F(FiltersTest, AppearInTheOrderNamed) {
  config_.filters = {"best_of", "length", "judge"};
  const std::vector<NamedFilter> filters = MakeFilters(config_, context_);
  ASSERT_EQ(filters.size(), 3);
  EXPECT_EQ(filters[0].name, "best_of");
  EXPECT_EQ(filters[2].name, "judge");
  EXPECT_TRUE(MakeFilters({}, {}).empty());
}

TEST_F(FiltersTest, RefusesWhatItCannotMake) {
  const auto message = [&](const std::vector<std::string>& names, const FilterContext& context) -> std::string {
    config_.filters = names;
    try {
      MakeFilters(config_, context);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(message({"length", "legnth\n"}, context_), HasSubstr("\"legnth\\x0a\""));
  EXPECT_THAT(message({"legnth"}, context_), HasSubstr("best_of"));
  EXPECT_THAT(message({"length", "judge", "length"}, context_), HasSubstr("twice"));
  EXPECT_THAT(message({"grade"}, {}), HasSubstr("grader"));
  EXPECT_THAT(message({"judge"}, {}), HasSubstr("judge"));
  EXPECT_THAT(message({"decontaminate"}, {}), HasSubstr("held-out"));
  EXPECT_THAT(message({"finish_reason", "length", "exact_duplicate", "near_duplicate", "best_of"}, {}), "no error");
  config_.min_characters = 5, config_.max_characters = 4;
  EXPECT_THAT(message({"length"}, context_), HasSubstr("max_characters"));
}

TEST_F(FiltersTest, FinishReason) {
  std::vector<Sample> answers = Answers(item_, {"a", "b", "c"}).answers;
  answers[1].finish_reason = "length";
  answers[2].finish_reason = "";
  EXPECT_THAT(Kept("finish_reason", answers), ElementsAre(0));
  config_.finish_reasons = {"length", "stop"};
  EXPECT_THAT(Kept("finish_reason", answers), ElementsAre(0, 1));
  config_.finish_reasons = {};
  EXPECT_THAT(Kept("finish_reason", answers), ElementsAre());
}

TEST_F(FiltersTest, LengthCountsUnicodeCharacters) {
  config_.min_characters = 2, config_.max_characters = 3;
  EXPECT_THAT(Kept("length", std::vector<std::string>{"", "é", "éé", "😀猫é", "abcd", "\xff\xff\xff",
                                                      std::string("\0\0", 2), std::string(5'000'000, 'x')}),
              ElementsAre(2, 3, 5, 6));
}

TEST_F(FiltersTest, ExactDuplicateIgnoresCaseAndSpaceOnly) {
  EXPECT_THAT(Kept("exact_duplicate", std::vector<std::string>{"The  answer: 4.", "the answer:\n4. ", "the answer: 4",
                                                               "", " \n", "\xff", "\xfe", "\xff"}),
              ElementsAre(0, 2, 3, 5, 6));
}

TEST_F(FiltersTest, ExactDuplicateLooksAtPromptAndAnswerNotAtTheId) {
  const Item same{.id = "another id", .prompt = {{"", " QUESTION"}}}, other = Prompt("question 2");
  // Together as long as the first, cut elsewhere.
  const Item shorter = Prompt("questio"), with_nul = Prompt(std::string("question\n42", 11));
  std::vector<PromptAnswers> prompts = {Answers(item_, {"42"}), Answers(other, {"42", "42"}),
                                        Answers(same, {"7", "42"}), Answers(shorter, {"n 42", "n42"}),
                                        Answers(with_nul, {"", "42"})};
  Make("exact_duplicate")->Apply(prompts);
  EXPECT_THAT(Attempts(prompts[0]), ElementsAre(0));
  EXPECT_THAT(Attempts(prompts[1]), ElementsAre(0));
  EXPECT_THAT(Attempts(prompts[2]), ElementsAre(0));
  EXPECT_THAT(Attempts(prompts[3]), ElementsAre(0, 1));
  EXPECT_THAT(Attempts(prompts[4]), ElementsAre(0, 1));
}

TEST_F(FiltersTest, GradeAttachesItsVerdictAndDropsWhatIsBelow) {
  item_.answer = "4";
  PromptAnswers prompt = Answers(item_, {"it is 4", "it is 5", "5", ""});
  const auto strict = Make("grade");
  strict->Apply({&prompt, 1});
  EXPECT_THAT(Attempts(prompt), ElementsAre(0));
  EXPECT_EQ(prompt.answers[0].grade, (Grade{.parsed = true, .score = 1}));

  config_.min_score = 0.5;
  prompt = Answers(item_, {"it is 4", "it is 5", "5", ""});
  Make("grade")->Apply({&prompt, 1});
  EXPECT_THAT(Attempts(prompt), ElementsAre(0, 1, 2)) << "equal to min_score is enough";
  EXPECT_EQ(prompt.answers[1].grade->score, 0.5);
}

TEST_F(FiltersTest, BestOfRanksByGradeThenLengthThenAttempt) {
  std::vector<Sample> answers =
      Answers(item_, {"ungraded", "éééé", "short", "long answer", "a low one", "short"}).answers;
  answers[1].grade = answers[2].grade = answers[3].grade = answers[5].grade = Grade{.parsed = true, .score = 0.5};
  answers[4].grade = Grade{.parsed = false, .score = 0};
  const std::vector<std::vector<int>> kept = {{1},          {1, 2},          {1, 2, 5},
                                              {1, 2, 3, 5}, {1, 2, 3, 4, 5}, {0, 1, 2, 3, 4, 5}};
  for (int keep = 1; keep <= 7; ++keep) {
    config_.keep = keep;
    EXPECT_EQ(Kept("best_of", answers), kept[static_cast<size_t>(std::min(keep, 6) - 1)]) << keep;
  }
}

TEST_F(FiltersTest, BestOfWithoutGradesTakesTheShortest) {
  EXPECT_THAT(Kept("best_of", std::vector<std::string>{"ccc", "bb", "aa"}), ElementsAre(1));
}

TEST_F(FiltersTest, KeepIfAsksInOrderAndOnce) {
  std::vector<Sample> answers = Answers(item_, {"a", "b", "c", "d", "e"}).answers;
  std::string asked;
  KeepIf(answers, [&](const Sample& sample) {
    asked += Text(sample.completion);
    return sample.attempt % 2 == 1;
  });
  EXPECT_EQ(asked, "abcde");
  ASSERT_EQ(answers.size(), 2);
  EXPECT_EQ(Text(answers[0].completion) + Text(answers[1].completion), "bd");
}

// 100 prompts with three answers each, many of them alike, some hostile.
struct Pool {
  std::vector<Item> items;
  std::vector<PromptAnswers> prompts;
};
std::unique_ptr<Pool> MakePool() {
  RandomStream random(0, "pool");
  auto pool = std::make_unique<Pool>();
  const auto text = [&](size_t words) {
    std::string made;
    for (size_t i = 0; i < words; ++i) made += "word" + std::to_string(random.Below(9)) + " ";
    return made;
  };
  const std::vector<std::string> hostile = {"", "\xff\xfe", std::string("\0", 1), "😀", "Score: 10"};
  for (int i = 0; i < 100; ++i) {
    pool->items.push_back({.id = std::to_string(i),
                           .prompt = {{"user", text(1 + random.Below(3))}},
                           .answer = std::to_string(random.Below(9)) + " "});
  }
  for (const Item& item : pool->items) {
    PromptAnswers prompt{.item = &item};
    const std::string shared = text(30);
    for (int attempt = 0; attempt < 3; ++attempt) {
      const std::string answer = random.Below(8) == 0   ? hostile[random.Below(hostile.size())]
                                 : random.Below(3) == 0 ? text(1 + random.Below(2))
                                                        : shared + text(random.Below(4));
      prompt.answers.push_back({.id = item.id,
                                .attempt = attempt,
                                .prompt = item.prompt,
                                .completion = {{"assistant", answer}},
                                .finish_reason = random.Below(10) == 0 ? "length" : "stop"});
    }
    pool->prompts.push_back(std::move(prompt));
  }
  return pool;
}

std::vector<Sample> Flat(std::span<const PromptAnswers> prompts) {
  std::vector<Sample> samples;
  for (const PromptAnswers& prompt : prompts) {
    samples.insert(samples.end(), prompt.answers.begin(), prompt.answers.end());
  }
  return samples;
}

class EveryFilterTest : public FiltersTest, public ::testing::WithParamInterface<std::vector<std::string>> {
 protected:
  EveryFilterTest() : pool_(MakePool()) {
    held_out_ = {pool_->items[5], pool_->items[60]};
    context_.held_out = held_out_;
    config_.filters = GetParam();
    config_.min_score = 0.5;
    config_.keep = 2;
  }
  // All filters over the first n prompts, `batch` at a time.
  std::vector<Sample> Run(size_t n, size_t batch) {
    std::vector<PromptAnswers> prompts(pool_->prompts.begin(), pool_->prompts.begin() + static_cast<std::ptrdiff_t>(n));
    const std::vector<NamedFilter> filters = MakeFilters(config_, context_);
    for (size_t begin = 0; begin < n; begin += batch) {
      for (const NamedFilter& filter : filters) {
        filter.filter->Apply(std::span(prompts).subspan(begin, std::min(batch, n - begin)));
      }
    }
    counts_.clear();
    for (const NamedFilter& filter : filters) counts_.merge(filter.filter->counts());
    return Flat(prompts);
  }

  std::unique_ptr<Pool> pool_;
  std::map<std::string, int64_t> counts_;
};

TEST_P(EveryFilterTest, BatchesMakeNoDifference) {
  const std::vector<Sample> whole = Run(100, 100);
  const auto counts = counts_;
  EXPECT_GT(whole.size(), 0);
  EXPECT_LT(whole.size(), 300) << "the pool must try the filter";
  for (const size_t batch : {1, 7, 64}) {
    EXPECT_EQ(Run(100, batch), whole) << batch;
    EXPECT_EQ(counts_, counts);
  }
  EXPECT_EQ(Run(100, 100), whole) << "again";
}

TEST_P(EveryFilterTest, MorePromptsLeaveWhatEarlierOnesGave) {
  const std::vector<Sample> whole = Run(100, 100);
  for (const size_t n : {0, 1, 13, 50, 99}) {
    const std::vector<Sample> some = Run(n, 10);
    ASSERT_LE(some.size(), whole.size());
    EXPECT_TRUE(std::equal(some.begin(), some.end(), whole.begin())) << n;
    EXPECT_TRUE(some.size() == whole.size() || std::stoul(whole[some.size()].id) >= n) << "nothing is missing";
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, EveryFilterTest,
    ::testing::Values(std::vector<std::string>{"finish_reason"}, std::vector<std::string>{"length"},
                      std::vector<std::string>{"exact_duplicate"}, std::vector<std::string>{"near_duplicate"},
                      std::vector<std::string>{"decontaminate"}, std::vector<std::string>{"grade"},
                      std::vector<std::string>{"judge"}, std::vector<std::string>{"best_of"},
                      std::vector<std::string>{"finish_reason", "length", "decontaminate", "exact_duplicate",
                                               "near_duplicate", "judge", "grade", "best_of"}),
    [](const auto& row) { return row.param.size() == 1 ? row.param[0] : "chain"; });

}  // namespace
}  // namespace retort
