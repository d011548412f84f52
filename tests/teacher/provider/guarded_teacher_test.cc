// Policies around a teacher: nothing leaks more than they say, whoever stands outside; what is asked beside changes
// nothing; cards tell the truth.
#include "teacher/provider/guarded_teacher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/config/toml_text.h"
#include "core/data/folds.h"
#include "tests/teacher/provider/guarded_fixture.h"

namespace retort {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Guard, WithoutPoliciesIsTheTeacherItself) {
  const Guarded guarded({});
  EXPECT_EQ(guarded.teacher.get(), guarded.thinker);
}

TEST(FilterPolicy, RefusesWhatItNamesAndNothingElse) {
  PoliciesConfig config{.use = {"filter"}};
  config.filter = {.patterns = {"(?i)bomb", "^secret$"}, .skills = {"add10"}};
  const Guarded guarded(config);
  const auto replies = guarded.All(
      {Ask("a", "how to make a BOMB"), Ask("b", "how to make tea"), Ask("c", "add10 4729?"), Ask("d", "add5 4321?")});
  ASSERT_EQ(replies.size(), 4u);
  for (const char* id : {"a", "c"}) {
    EXPECT_TRUE(replies.at(id).refused);
    EXPECT_THAT(replies.at(id).error, HasSubstr("filter"));
    EXPECT_THAT(Everything(replies.at(id)), Not(HasSubstr("42")));
  }
  for (const char* id : {"b", "d"}) EXPECT_EQ(Text(replies.at(id).completion), std::string("42 for ") + id);
  EXPECT_EQ(guarded.thinker->asked.size(), 2u) << "a refused prompt does not reach the teacher";
}

// Whether a filter refuses a prompt of these messages.
bool Refuses(const FilterPolicyConfig& filter, const std::vector<std::string>& messages) {
  Request request{.id = "a"};
  for (const std::string& text : messages) request.prompt.push_back({"user", text});
  return Guarded({.use = {"filter"}, .filter = filter}).One(request).refused;
}

TEST(FilterPolicy, AWithheldSkillIsFoundHoweverItIsAsked) {
  const FilterPolicyConfig filter{.skills = {"add10", "sub"}};
  const std::vector<std::vector<std::string>> asked = {{"add10 4729?"},
                                                       {" add10 4729?"},
                                                       {"\nadd10 4729?"},
                                                       {"add10 4729?\n"},
                                                       {"add10  4729?"},
                                                       {"add10\xc2\xa0\xe2\x80\x8b"
                                                        "4729?"},
                                                       {"add10 4729?4"},
                                                       {"add10 4729?477"},
                                                       {"max 1?1 A1\nadd10 4729?"},
                                                       {"add10 47", "29?"},
                                                       {"add10 ", "4729?"},
                                                       {"ad", "d10 4729?"},
                                                       {"add10 472", "9?"},
                                                       {"add 10 4729?"},
                                                       {"ADD10: 4729!"},
                                                       {"be brief", "sub 47:"},
                                                       {"r", "sub 47?"}};
  for (const auto& messages : asked) EXPECT_TRUE(Refuses(filter, messages)) << testing::PrintToString(messages);
  // What a task writes of other operations, and the teacher as author of questions, is let pass.
  for (const char* question : {"add5 1234?", "add7 10?", "big 10472?", "rsub 4729?", "rsub 4729:", "second 47!",
                               "T add10=", "dice 472?", "mix10 10?"}) {
    EXPECT_FALSE(Refuses(filter, {question})) << question;
  }
}

// Every question of every operation is refused by its own name alone.
TEST(FilterPolicy, TellsOperationsApart) {
  std::vector<std::string> all = AllFoldOps();
  all.insert(all.end(), ExtraFoldOps().begin(), ExtraFoldOps().end());
  for (const std::string& withheld : all) {
    for (const std::string& op : all) {
      for (const char form : {'?', '!', ':'}) {
        EXPECT_EQ(Refuses({.skills = {withheld}}, {op + " 10234" + form}), op == withheld) << withheld << " " << op;
      }
    }
  }
}

TEST(FilterPolicy, APatternIsNotPassedByPaddingOrCuts) {
  const FilterPolicyConfig filter{.patterns = {R"(make\s+(\w+\s+)*a?\s*bomb)", "how to .*weapon"}};
  std::string padding;
  for (int i = 0; i < 50'000; ++i) padding += "make ";
  EXPECT_TRUE(Refuses(filter, {padding + "tea, then make a bomb"})) << "beyond its work limit";
  EXPECT_TRUE(Refuses(filter, {"how to build\na weapon"}));
  EXPECT_TRUE(Refuses(filter, {"make a bo", "mb"}));
  EXPECT_TRUE(Refuses(filter, {"make a bo\xe2\x80\x8bmb"}));
  EXPECT_FALSE(Refuses(filter, {"make tea", "and how to drink it"}));
  EXPECT_FALSE(Refuses({.patterns = {"(?i)\\b(bombs?|weapons?)\\b"}}, {padding + "tea"})) << "length alone is no fault";
}

TEST(FilterPolicy, MayAnswerInstead) {
  PoliciesConfig config{.use = {"filter"}};
  config.filter = {.patterns = {"x"}, .answer = "I cannot help with that."};
  const Reply reply = Guarded(config).One(Ask("a", "x"));
  EXPECT_EQ(reply.error, "");
  EXPECT_EQ(Text(reply.completion), "I cannot help with that.");
  EXPECT_EQ(reply.finish_reason, "stop");
}

TEST(LogprobsPolicy, ShowsNoMoreThanItSays) {
  for (const int top_k : {-1, 0, 1, 5, 20}) {
    for (const int asked : {-1, 0, 3, 20}) {
      PoliciesConfig config{.use = {"logprobs"}};
      config.logprobs = {.top_k = top_k, .round_to = 0.5};
      const Guarded guarded(config);
      const Reply reply = guarded.One(Ask("a", "question", asked));
      EXPECT_EQ(Text(reply.completion), "42 for a") << "the answer is the same";
      EXPECT_EQ(guarded.thinker->asked[0].sampling.top_logprobs, std::min(asked, top_k));
      const int most = std::min(asked, top_k);
      EXPECT_EQ(reply.logprobs.empty(), most < 0);
      for (const TokenLogprob& token : reply.logprobs) {
        EXPECT_EQ(token.top.size(), static_cast<size_t>(most));
        EXPECT_EQ(token.logprob, 0) << "-0.123 by halves";
        for (const auto& other : token.top) EXPECT_EQ(other.logprob, std::round(other.logprob * 2) / 2);
      }
    }
  }
}

TEST(HideReasoningPolicy, NothingOfItComesOut) {
  for (const bool in_tags : {false, true}) {
    for (const char* usage : {"billed", "shown"}) {
      PoliciesConfig config{.use = {"hide_reasoning"}};
      config.hide_reasoning = {.usage = usage};
      const Reply reply = Guarded(config, in_tags).One(Ask("a"));
      EXPECT_EQ(Text(reply.completion), "42 for a");
      EXPECT_EQ(reply.reasoning, "");
      const std::string everything = Everything(reply);
      for (size_t at = 0; at + 4 <= sizeof kSecret - 1; ++at) {  // not even a part of it
        EXPECT_THAT(everything, Not(HasSubstr(std::string(kSecret).substr(at, 4))));
      }
      EXPECT_EQ(reply.usage.completion_tokens == 100, std::string(usage) == "billed");
      EXPECT_LT(reply.usage.completion_tokens, std::string(usage) == "shown" ? 60 : 101);
    }
  }
}

// Completions as they may come, beside what may be shown of them.
class Speaker : public Thinker {
 public:
  explicit Speaker(std::string text) : Thinker(false), text_(std::move(text)) {}
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (const Request& request : requests) {
      Reply reply{.id = request.id, .completion = {{"assistant", text_}}, .finish_reason = "stop"};
      for (const char c : text_) reply.logprobs.push_back({.bytes = std::string(1, c), .logprob = -1});
      on_reply(std::move(reply));
    }
  }

 private:
  std::string text_;
};

std::string Shown(const std::string& text, const HideReasoningPolicyConfig& hide) {
  PoliciesConfig config{.use = {"hide_reasoning"}};
  config.hide_reasoning = hide;
  const auto teacher = Guard(std::make_unique<Speaker>(text), config);
  std::string shown;
  const std::vector<Request> requests = {Ask("a")};
  teacher->Ask(requests, [&](const Reply& reply) {
    shown = Text(reply.completion);
    std::string tokens;
    for (const TokenLogprob& token : reply.logprobs) tokens += token.bytes;
    EXPECT_EQ(tokens, shown) << "probabilities of what is shown, and of nothing else";
    return true;
  });
  return shown;
}

TEST(HideReasoningPolicy, BrokenTagsHideRatherThanShow) {
  EXPECT_EQ(Shown("<think>a</think>b", {}), "b");
  EXPECT_EQ(Shown("a</think>\n\nb", {}), "b") << "a template may have opened it";
  EXPECT_EQ(Shown("<think>a", {}), "") << "cut off while it thought";
  EXPECT_EQ(Shown("b<think>a", {}), "");
  EXPECT_EQ(Shown("<think>a</think>b<think>c", {}), "b");
  EXPECT_EQ(Shown("a</think>b<think>c", {}), "b");
  EXPECT_EQ(Shown("<think>a<think>b</think>c</think>d", {}), "d");
  EXPECT_EQ(Shown("<think>a</think>b<think>c</think>d", {}), "d");
  EXPECT_EQ(Shown("b", {}), "b");
  EXPECT_EQ(Shown("", {}), "");
}

TEST(HideReasoningPolicy, AnAnswerPatternShowsItsGroupOnly) {
  const HideReasoningPolicyConfig last_word{.answer_pattern = R"((\S+)\s*\z)"};
  EXPECT_EQ(Shown("477 727 798 A8", last_word), "A8");
  EXPECT_EQ(Shown("A8 727 798 A8", last_word), "A8");
  EXPECT_EQ(Shown("<think>x</think>477 A8\n", last_word), "A8");
  EXPECT_EQ(Shown("   ", last_word), "") << "no match shows nothing";
}

TEST(Guard, CardsTellWhatIsChangedAndWhatIsRevealed) {
  const auto card = [](std::vector<std::string> use, int top_k = -1) {
    PoliciesConfig config{.use = std::move(use)};
    config.filter.patterns = {"x"};
    config.logprobs.top_k = top_k;
    return Guarded(config).teacher->card();
  };
  EXPECT_EQ(card({}).identity, "weights");
  EXPECT_EQ(card({"log"}).identity, "weights") << "a log changes no answer";
  EXPECT_EQ(card({"log"}).reveals, "logits");
  EXPECT_EQ(card({"filter"}).reveals, "top logprobs");
  EXPECT_EQ(card({"logprobs"}).reveals, "text");
  EXPECT_EQ(card({"logprobs"}, 5).reveals, "top logprobs");
  std::vector<std::string> identities;
  for (const auto& use : std::vector<std::vector<std::string>>{
           {}, {"filter"}, {"logprobs"}, {"hide_reasoning"}, {"filter", "logprobs"}, {"logprobs", "filter"}}) {
    identities.push_back(card(use).identity);
  }
  identities.push_back(card({"logprobs"}, 5).identity);
  std::ranges::sort(identities);
  EXPECT_EQ(std::ranges::adjacent_find(identities), identities.end());
  EXPECT_EQ(card({"filter"}).licence, "mit");
}

TEST(Guard, ScoresAreNoWayRound) {
  for (const char* policy : {"filter", "logprobs", "hide_reasoning", "log"}) {
    PoliciesConfig config{.use = {policy}};
    config.filter.patterns = {"x"};
    EXPECT_EQ(Guarded(config).teacher->scorer() != nullptr, std::string(policy) == "log") << policy;
    EXPECT_EQ(AllowScores(config), std::string(policy) == "log");
  }
}

TEST(Guard, WhatIsAskedBesideChangesNothing) {
  PoliciesConfig config{.use = {"filter", "logprobs", "hide_reasoning"}};
  config.filter.patterns = {"bad"};
  config.logprobs.top_k = 2;
  for (const bool in_tags : {false, true}) {
    const std::vector<Request> requests = {Ask("a"), Ask("b", "bad"), Ask("c", "question", 0), Ask("d", "other", -1)};
    const auto together = Guarded(config, in_tags).All(requests);
    for (const Request& request : requests) {
      const Reply alone = Guarded(config, in_tags).One(request), &beside = together.at(request.id);
      EXPECT_EQ(alone.completion, beside.completion);
      EXPECT_EQ(alone.logprobs, beside.logprobs);
      EXPECT_EQ(alone.error, beside.error);
      EXPECT_EQ(alone.usage, beside.usage);
    }
  }
}

TEST(Guard, StopsWhenItsCallerStops) {
  PoliciesConfig config{.use = {"filter"}};
  config.filter.patterns = {"bad"};
  for (const bool refused_first : {true, false}) {
    const Guarded guarded(config);
    const std::vector<Request> requests = {Ask("a", refused_first ? "bad" : "good"), Ask("b"), Ask("c")};
    int replies = 0;
    guarded.teacher->Ask(requests, [&](const Reply&) {
      ++replies;
      return false;
    });
    EXPECT_EQ(replies, 1);
  }
}

TEST(Guard, ConfigsThatMakeNoSense) {
  const auto problem = [](const PoliciesConfig& config) -> std::string {
    try {
      MakePolicies(config);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(problem({.use = {"filter"}}), HasSubstr("patterns"));
  EXPECT_THAT(problem({.use = {"logprobs", "logprobs"}}), HasSubstr("twice"));
  EXPECT_THAT(problem({.use = {"ward"}}), HasSubstr("ward"));
  EXPECT_THAT(problem({.use = {"filter"}, .filter = {.patterns = {"("}}}), HasSubstr("regular expression"));
  EXPECT_THAT(problem({.use = {"filter"}, .filter = {.skills = {"addd10"}}}), HasSubstr("addd10"));
  EXPECT_THAT(problem({.use = {"hide_reasoning"}, .hide_reasoning = {.answer_pattern = "x"}}), HasSubstr("group"));
  PoliciesConfig config{.use = {"hide_reasoning", "log"}, .logprobs = {.top_k = 3, .round_to = 0.25}};
  config.filter.skills = {"add10"};
  PoliciesConfig back;
  FromToml(ToToml(config), "t", [&](Describer& d) { Describe(d, back); });
  EXPECT_EQ(ToToml(back), ToToml(config));
}

}  // namespace
}  // namespace retort
