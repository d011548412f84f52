#include "teacher/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "core/base/error.h"
#include "core/base/files.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

Sample Answer(int number) {
  return {.id = "q/" + std::to_string(number),
          .prompt = {{"", "question " + std::to_string(number)}},
          .completion = {{"", "answer \"" + std::to_string(number) + "\"\n\xF0\x9F\x98\x80"}},
          .usage = {.prompt_tokens = 2, .completion_tokens = 3}};
}

class JournalTest : public testing::Test {
 protected:
  std::filesystem::path file() const { return folder_.path() / "journal.jsonl"; }
  TempDir folder_;
};

TEST_F(JournalTest, AnswersAreFoundAgainAfterItIsOpenedAnew) {
  constexpr int kMany = 5000;  // the index grows several times
  const auto key = [](int i) { return 0x9e3779b97f4a7c15u * static_cast<uint64_t>(i + 1); };
  {
    Journal journal(file());
    for (int i = 0; i < kMany; ++i) journal.Answered(key(i), Answer(i), i % 2 == 0);
  }
  Journal journal(file());
  EXPECT_EQ(journal.totals().answers, kMany);
  EXPECT_EQ(journal.totals().unpaid, (Usage{.prompt_tokens = kMany, .completion_tokens = kMany / 2 * 3}));
  for (int i = 0; i < kMany; ++i) {
    ASSERT_TRUE(journal.HasAnswer(key(i)));
    ASSERT_EQ(ParseSample(journal.AnswerJson(key(i)), "journal", 0), Answer(i));
  }
  EXPECT_FALSE(journal.HasAnswer(key(kMany)));
  journal.Answered(key(kMany), Answer(kMany), true);
  EXPECT_EQ(ParseSample(journal.AnswerJson(key(kMany)), "journal", 0), Answer(kMany));
}

TEST_F(JournalTest, TheFirstAnswerCounts) {
  Journal journal(file());
  journal.Answered(7, Answer(1), false);
  journal.Answered(7, Answer(2), false);
  EXPECT_EQ(journal.totals().answers, 1);
  EXPECT_EQ(ParseSample(journal.AnswerJson(7), "journal", 0), Answer(1));
}

TEST_F(JournalTest, WhatIsOpenIsChargedAtItsMost) {
  const Usage most{.prompt_tokens = 100, .completion_tokens = 50};
  {
    Journal journal(file());
    const int64_t first = journal.Sent(most), second = journal.Sent(most);
    EXPECT_NE(first, second);
    journal.Closed(second, most, {.prompt_tokens = 10, .completion_tokens = 5});
    EXPECT_EQ(journal.totals().charged, (Usage{.prompt_tokens = 110, .completion_tokens = 55}));
    EXPECT_EQ(journal.totals().unanswered, 0) << "it may still be answered";
  }
  Journal journal(file());
  EXPECT_EQ(journal.totals().charged, (Usage{.prompt_tokens = 110, .completion_tokens = 55}));
  EXPECT_EQ(journal.totals().sendings, 2);
  EXPECT_EQ(journal.totals().unanswered, 1);
  EXPECT_EQ(journal.Sent(most), 2) << "numbers go on";
}

TEST_F(JournalTest, RefusalsAndTimeAreKept) {
  {
    Journal journal(file());
    journal.Refused(9, "not \"that\"\n");
    journal.Refused(9, "again");
    journal.Seconds(1.5);
    journal.Seconds(0.25);
  }
  const Journal journal(file());
  EXPECT_TRUE(journal.WasRefused(9));
  EXPECT_FALSE(journal.WasRefused(8));
  EXPECT_EQ(journal.totals().refused, 1);
  EXPECT_DOUBLE_EQ(journal.totals().seconds, 1.75);
}

// Cut anywhere, it holds what stood in its whole lines; a changed byte is an error that names its line, or a line that
// no longer says what it did.
TEST_F(JournalTest, CutOrChangedAnywhere) {
  {
    Journal journal(file());
    const int64_t sending = journal.Sent({.prompt_tokens = 5, .completion_tokens = 6});
    journal.Answered(1, Answer(1), true);
    journal.Closed(sending, {.prompt_tokens = 5, .completion_tokens = 6}, {.prompt_tokens = 1, .completion_tokens = 2});
    journal.Refused(2, "no");
    journal.Seconds(2);
  }
  const std::string whole = ReadFile(file());
  for (size_t size = 0; size < whole.size(); ++size) {
    std::ofstream(file(), std::ios::trunc) << whole.substr(0, size);
    const Journal journal(file());
    EXPECT_EQ(journal.HasAnswer(1), size > whole.find("\"event\":\"closed\"") - 2) << size;
  }
  for (size_t i = whole.find("\"sample\":"); i < whole.find("\"event\":\"closed\"") - 2; ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    std::ofstream(file(), std::ios::trunc) << changed;
    try {
      const Journal journal(file());
      ADD_FAILURE() << "took a changed answer: " << changed;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("journal.jsonl:"));
    }
  }
}

TEST(RequestKeyTest, NamesAllThatFixesAnAnswer) {
  const Request request{.id = "a", .prompt = {{"user", "b"}}};
  std::set<uint64_t> keys = {RequestKey(request)};
  const auto add = [&](const std::function<void(Request&)>& change) {
    Request other = request;
    change(other);
    EXPECT_TRUE(keys.insert(RequestKey(other)).second);
  };
  add([](Request& r) { r.id = "b"; });
  add([](Request& r) { r.attempt = 1; });
  add([](Request& r) { r.prompt[0].content = "c"; });
  add([](Request& r) { r.prompt[0].role = ""; });
  add([](Request& r) { r.prompt.push_back({"user", ""}); });
  add([](Request& r) { r.sampling.temperature = 0.5; });
  add([](Request& r) { r.sampling.top_p = 0.5; });
  add([](Request& r) { r.sampling.top_k = 5; });
  add([](Request& r) { r.sampling.max_new_tokens = 5; });
  add([](Request& r) { r.sampling.seed = 5; });
  add([](Request& r) { r.sampling.ignore_eos = true; });
  add([](Request& r) { r.sampling.top_logprobs = 5; });
  EXPECT_TRUE(keys.contains(RequestKey(Request(request))));
}

}  // namespace
}  // namespace retort
