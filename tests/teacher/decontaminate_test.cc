#include "teacher/decontaminate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace retort {
namespace {

Item Question(const std::string& text) { return {.id = text, .prompt = {{"user", text}}}; }

class DecontaminateTest : public ::testing::Test {
 protected:
  // Whether the answer to the prompt is kept, beside this held-out prompt.
  bool Kept(const Item& held_out, const Item& item, const std::string& answer = "no") {
    const auto filter = MakeDecontaminateFilter(config_, {&held_out, 1});
    PromptAnswers prompt{.item = &item, .answers = {{.id = "x", .completion = {{"assistant", answer}}}}};
    filter->Apply({&prompt, 1});
    counts_ = filter->counts();
    return prompt.answers.size() == 1;
  }
  bool Kept(const std::string& held_out, const std::string& prompt, const std::string& answer = "no") {
    return Kept(Question(held_out), Question(prompt), answer);
  }

  FilterConfig config_;
  std::map<std::string, int64_t> counts_;
};

TEST_F(DecontaminateTest, DropsTheSamePromptHoweverItIsWritten) {
  EXPECT_FALSE(Kept("What is love?", "what  is \"LOVE\""));
  EXPECT_EQ(counts_["decontaminate.exact"], 1);
  EXPECT_FALSE(Kept("Qu’est-ce que l’été ?", "qu'est-ce QUE L'ÉTÉ"));
  EXPECT_TRUE(Kept("What is love?", "What is life?"));
  EXPECT_TRUE(Kept("Was ist Maß?", "Was ist Mas?"));
}

TEST_F(DecontaminateTest, SymbolicPromptsDifferByADigitOrAnOperator) {
  EXPECT_FALSE(Kept("big 4729?", "big 4729?"));
  EXPECT_TRUE(Kept("big 4729?", "big 4728?"));
  EXPECT_TRUE(Kept("big 4729?", "big 14729?"));
  EXPECT_TRUE(Kept("4729?", "4728?"));
  EXPECT_TRUE(Kept("3+4=?", "3-4=?"));
  EXPECT_TRUE(Kept("?", "!")) << "nothing but punctuation: compared as it stands";
  EXPECT_FALSE(Kept("?", "?"));
}

TEST_F(DecontaminateTest, ShortPromptsCountAsAWholeOnly) {
  const std::string four = "who wrote this book", five = "who wrote this old book";
  EXPECT_TRUE(Kept(four, "say quickly " + four + " please")) << "four words are a turn of phrase";
  EXPECT_FALSE(Kept(five, "Say quickly: " + five + ", please!"));
  EXPECT_EQ(counts_["decontaminate.contained"], 1);
  EXPECT_TRUE(Kept(five, "say quickly who wrote this old")) << "not whole";
  EXPECT_TRUE(Kept(five, "say quickly who wrote this very old book")) << "not in one piece";
  EXPECT_TRUE(Kept(five, "say something", five)) << "in the completion it is no question";
}

std::string Words(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += "w" + std::to_string(i) + " ";
  return text;
}

TEST_F(DecontaminateTest, LongPromptsAreFoundByTheirNgrams) {
  EXPECT_FALSE(Kept(Words(0, 40), "x " + Words(20, 33) + "x"));
  EXPECT_EQ(counts_["decontaminate.ngram"], 1);
  EXPECT_TRUE(Kept(Words(0, 40), "x " + Words(20, 32) + "x")) << "twelve words";
  EXPECT_FALSE(Kept(Words(0, 13), "x", "as they say: " + Words(0, 13)));
  EXPECT_FALSE(Kept(Words(0, 40), "x " + Words(27, 40))) << "the last n-gram";
  EXPECT_FALSE(Kept(Words(0, 40), "x " + Words(10, 16), Words(16, 23))) << "across prompt and completion";
  EXPECT_FALSE(Kept(Words(0, 40), "x " + Words(10, 11), Words(11, 23)));
  EXPECT_FALSE(Kept(Words(0, 40), "x " + Words(10, 22), Words(22, 23)));
  EXPECT_TRUE(Kept(Words(0, 40), "x " + Words(10, 16), Words(16, 22)));
  config_.ngram_words = 6;
  EXPECT_FALSE(Kept(Words(0, 40), "x " + Words(20, 26)));
  EXPECT_TRUE(Kept(Words(0, 40), "x " + Words(20, 25)));
}

TEST_F(DecontaminateTest, SystemTurnsAreNobodysQuestion) {
  Item held_out = Question("first?"), item = Question("second?");
  for (Item* each : {&held_out, &item}) each->prompt.insert(each->prompt.begin(), {"system", Words(0, 50)});
  EXPECT_TRUE(Kept(held_out, item));
  item.prompt.back().content = "first";
  EXPECT_FALSE(Kept(held_out, item));
  item.prompt.erase(item.prompt.begin());
  EXPECT_FALSE(Kept(held_out, item));
}

TEST_F(DecontaminateTest, OnlyTheAnswersThatShowItAreDropped) {
  const Item held_out = Question(Words(0, 20)), item = Question("tell me something");
  const auto filter = MakeDecontaminateFilter(config_, {&held_out, 1});
  PromptAnswers prompt{.item = &item,
                       .answers = {{.attempt = 0, .completion = {{"", "fine"}}},
                                   {.attempt = 1, .completion = {{"", Words(3, 18)}}},
                                   {.attempt = 2, .completion = {{"", "fine too"}}}}};
  filter->Apply({&prompt, 1});
  ASSERT_EQ(prompt.answers.size(), 2);
  EXPECT_EQ(prompt.answers[1].attempt, 2);
}

TEST_F(DecontaminateTest, HostileTexts) {
  EXPECT_TRUE(Kept("", "anything", "")) << "an empty held-out prompt contaminates nothing";
  EXPECT_TRUE(Kept("", ""));
  EXPECT_TRUE(Kept("\xff\xff", "\xff\xfe"));
  EXPECT_FALSE(Kept("\xff\xff", "\xff\xff"));
  EXPECT_FALSE(Kept(std::string("a\0b", 3), "a b"));
  EXPECT_FALSE(Kept("😀 😀", "😀😀"));
  std::string long_text = Words(100, 600'000);
  EXPECT_TRUE(Kept(Words(0, 20), "x", long_text));
  EXPECT_FALSE(Kept(Words(0, 20), "x", long_text + Words(0, 20)));
  EXPECT_TRUE(Kept(Words(0, 20), "x", std::string(5'000'000, '-')));
}

}  // namespace
}  // namespace retort
