// Any JSONL file as a task: ids, splits, references, and what a bad file gets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/data/grader.h"
#include "core/data/task.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

class JsonlTaskTest : public ::testing::Test {
 protected:
  // GSM8K's form.
  static std::string Line(int i) {
    return nlohmann::json{{"question", "How many are " + std::to_string(i) + " and one?"},
                          {"answer", "That is <<" + std::to_string(i) + "+1>>.\n#### " + std::to_string(i + 1)}}
               .dump() +
           "\n";
  }
  static std::string Lines(int begin, int end) {
    std::string text;
    for (int i = begin; i < end; ++i) text += Line(i);
    return text;
  }
  JsonlConfig Config(const std::string& text, const std::string& name = "quiz.jsonl") {
    std::filesystem::create_directories((dir_.path() / name).parent_path());
    std::ofstream(dir_.path() / name, std::ios::binary) << text;
    return {.path = (dir_.path() / name).string()};
  }
  static std::string MessageOf(const JsonlConfig& config) {
    return retort::MessageOf([&] { MakeTask(config); });
  }
  static std::set<std::string> Ids(const std::vector<Item>& items) {
    std::set<std::string> ids;
    for (const Item& item : items) ids.insert(item.id);
    return ids;
  }
  TempDir dir_;
};

TEST_F(JsonlTaskTest, ReadsGsm8ksForm) {
  JsonlConfig config = Config(Lines(0, 100));
  config.system = "Think.";
  const auto task = MakeTask(config);
  const auto train = task->Items(Split::kTrain, 1000, 0), held_out = task->Items(Split::kHeldOut, 1000, 0);
  EXPECT_EQ(train.size(), 80u);
  EXPECT_EQ(held_out.size(), 20u);
  EXPECT_TRUE(task->Items(Split::kRetained, 10, 0).empty());
  EXPECT_EQ(task->Target(3), "quiz");
  EXPECT_EQ(task->max_new_tokens(), 256);
  const auto grader = MakeGrader(config);
  for (const auto* items : {&train, &held_out}) {
    for (const Item& item : *items) {
      ASSERT_THAT(item.id, ::testing::StartsWith("quiz/"));
      const int line = std::stoi(item.id.substr(5));
      EXPECT_EQ(item.answer, std::to_string(line));
      EXPECT_EQ(item.prompt[0], (Message{"system", "Think."}));
      EXPECT_EQ(item.prompt[1], (Message{"user", "How many are " + std::to_string(line - 1) + " and one?"}));
      EXPECT_EQ(*task->Reference(item), "That is <<" + std::to_string(line - 1) + "+1>>.\n#### " + item.answer);
      EXPECT_EQ(grader->Judge(item, *task->Reference(item)).score, 1);
      EXPECT_FALSE(task->AnswerOnly(item));
      EXPECT_FALSE(task->Reworded(item));
    }
  }
  EXPECT_FALSE(task->Memoriser({}, held_out));
  EXPECT_FALSE(task->Reference({.id = "quiz/0", .prompt = {}, .answer = "", .skill = ""}));
}

TEST_F(JsonlTaskTest, HeldOutIsTheLastOfTheRanksByHash) {
  const auto task = MakeTask(Config(Lines(0, 50)));
  std::vector<std::pair<uint64_t, std::string>> ranked;
  for (int i = 1; i <= 50; ++i) {
    const std::string id = "quiz/" + std::to_string(i);
    ranked.emplace_back(StableHash(0, id), id);
  }
  std::ranges::sort(ranked);
  std::set<std::string> expected;
  for (size_t i = 40; i < 50; ++i) expected.insert(ranked[i].second);
  EXPECT_EQ(Ids(task->Items(Split::kHeldOut, 50, 0)), expected);
  EXPECT_EQ(Ids(task->Items(Split::kHeldOut, 50, 9)), expected);
}

TEST_F(JsonlTaskTest, OrdersOfTraining) {
  const auto task = MakeTask(Config(Lines(0, 50)));
  const auto order = [&](Split split, int n, uint64_t seed) {
    std::vector<std::string> ids;
    for (const Item& item : task->Items(split, n, seed)) ids.push_back(item.id);
    return ids;
  };
  EXPECT_NE(order(Split::kTrain, 40, 0), order(Split::kTrain, 40, 1));
  for (const Split split : {Split::kTrain, Split::kHeldOut}) {
    const auto all = order(split, 50, 1);
    for (int n = 0; n <= static_cast<int>(all.size()); ++n) {
      const auto few = order(split, n, 1);
      EXPECT_TRUE(std::equal(few.begin(), few.end(), all.begin()) && static_cast<int>(few.size()) == n);
    }
  }
}

TEST_F(JsonlTaskTest, ALargerShareKeepsTheHeldOutItemsOfASmallerOne) {
  JsonlConfig config = Config(Lines(0, 50));
  const auto few = MakeTask(config)->Items(Split::kHeldOut, 5, 0);
  config.held_out_share = 0.5;
  const auto many = MakeTask(config)->Items(Split::kHeldOut, 5, 0);
  for (size_t i = 0; i < few.size(); ++i) EXPECT_EQ(few[i].id, many[i].id);
}

TEST_F(JsonlTaskTest, PromptsThatAreHeldOutAreNotTrainedOn) {
  // Every prompt stands twice under two ids.
  const auto task = MakeTask(Config(Lines(0, 50) + Lines(0, 50)));
  std::set<std::string> held_out;
  for (const Item& item : task->Items(Split::kHeldOut, 100, 0)) held_out.insert(Text(item.prompt));
  const auto train = task->Items(Split::kTrain, 100, 0);
  EXPECT_GT(train.size(), 40u);
  for (const Item& item : train) EXPECT_FALSE(held_out.contains(Text(item.prompt)));
}

TEST_F(JsonlTaskTest, AFileOfItsOwnForHeldOut) {
  JsonlConfig config = Config(Lines(0, 30));
  config.held_out_path = Config(Lines(20, 40), "test.jsonl").path;
  const auto task = MakeTask(config);
  EXPECT_EQ(task->Items(Split::kTrain, 100, 0).size(), 20u);  // 20 to 29 are held out
  EXPECT_EQ(task->Items(Split::kHeldOut, 100, 0).size(), 20u);
  for (const Item& item : task->Items(Split::kHeldOut, 100, 0)) EXPECT_THAT(item.id, ::testing::StartsWith("test/"));
  EXPECT_TRUE(task->Reference(task->Items(Split::kHeldOut, 1, 0)[0]));
}

TEST_F(JsonlTaskTest, OtherKeysIdsAndPlainText) {
  JsonlConfig config = Config(R"({"id": "a", "q": "1+1=", "a": 2}
{"id": 7, "q": "1+2=", "a": 3.5, "more": null}

{"q": "1+3=", "a": "  four "}
)");
  config.prompt_key = "q";
  config.answer_key = "a";
  config.prompt_role = "";
  config.grader = "exact";
  config.held_out_share = 0.4;
  const auto task = MakeTask(config);
  auto items = task->Items(Split::kTrain, 9, 0);
  for (const Item& item : task->Items(Split::kHeldOut, 9, 0)) items.push_back(item);
  EXPECT_EQ(Ids(items), (std::set<std::string>{"a", "quiz/2", "quiz/4"}));
  for (const Item& item : items) {
    EXPECT_EQ(item.prompt.size(), 1u);
    EXPECT_EQ(item.prompt[0].role, "");
    EXPECT_EQ(item.answer, item.id == "a" ? "2" : item.id == "quiz/2" ? "3.5" : "four");
  }
}

TEST_F(JsonlTaskTest, ContentHashFollowsTheFilesNotTheirNames) {
  const std::string hash = MakeTask(Config(Lines(0, 30)))->ContentHash();
  EXPECT_EQ(MakeTask(Config(Lines(0, 30), "moved.jsonl"))->ContentHash(), hash);
  EXPECT_NE(MakeTask(Config(Lines(0, 31)))->ContentHash(), hash);
}

TEST_F(JsonlTaskTest, SaysFilePlaceAndMend) {
  EXPECT_THAT(MessageOf({}), HasSubstr("task.path is missing"));
  EXPECT_THAT(MessageOf({.path = (dir_.path() / "none.jsonl").string()}), HasSubstr("none.jsonl: cannot read"));
  EXPECT_THAT(MessageOf({.path = dir_.path().string()}), HasSubstr("cannot read"));
  EXPECT_THAT(MessageOf(Config("")), HasSubstr("quiz.jsonl: has no items"));
  EXPECT_THAT(MessageOf(Config("\n \n")), HasSubstr("quiz.jsonl: has no items"));
  EXPECT_THAT(MessageOf(Config(Line(1) + "nonsense\n")), HasSubstr("quiz.jsonl:2: byte"));
  EXPECT_THAT(MessageOf(Config(Line(1) + "[1]\n")), HasSubstr("quiz.jsonl:2: must be a JSON object"));
  EXPECT_THAT(MessageOf(Config(R"({"prompt": "a", "answer": "1"})")),
              HasSubstr("quiz.jsonl:1: the key \"question\" is missing; there are: \"answer\" \"prompt\""));
  EXPECT_THAT(MessageOf(Config(R"({"question": "a", "solution": "1"})")),
              HasSubstr("there are: \"question\" \"solution\""));
  EXPECT_THAT(MessageOf(Config(R"({"question": 3, "answer": "1"})")), HasSubstr("key \"question\": must be a string"));
  EXPECT_THAT(MessageOf(Config(R"({"question": " ", "answer": "1"})")), HasSubstr("key \"question\": is empty"));
  EXPECT_THAT(MessageOf(Config(R"({"question": "a", "answer": true})")),
              HasSubstr("key \"answer\": must be a string or a number"));
  EXPECT_THAT(MessageOf(Config(R"({"question": "a", "answer": "none"})")),
              HasSubstr("quiz.jsonl:1: key \"answer\": the grader final_number finds no answer in \"none\""));
  EXPECT_THAT(MessageOf(Config(R"({"id": "x", "question": "a", "answer": "1"}
{"id": "x", "question": "b", "answer": "1"})")),
              HasSubstr("quiz.jsonl:2: the id \"x\" stands on line 1 already"));
  EXPECT_THAT(MessageOf(Config(Lines(0, 3))), HasSubstr("leaves none to evaluate on"));
  EXPECT_THAT(MessageOf(Config(Lines(0, 1) + Lines(0, 1))), HasSubstr("leaves none"));
  JsonlConfig config = Config(Lines(0, 10));
  config.held_out_path = config.path;
  EXPECT_THAT(MessageOf(config), HasSubstr("none is left to train on"));
  config.held_out_path = Config(Lines(10, 20), "other/quiz.jsonl").path;
  EXPECT_THAT(MessageOf(config), HasSubstr("the id \"quiz/1\" stands in"));
  config = Config(Lines(0, 10));
  config.held_out_share = 1;
  EXPECT_THAT(MessageOf(config), HasSubstr("none is left to train on"));
  config = Config(Lines(0, 10));
  config.grader = "regex";
  config.grader_pattern = "(";
  EXPECT_THAT(MessageOf(config), HasSubstr("no regular expression"));
  config = Config(Lines(0, 10));
  config.prompt_role = "";
  config.system = "s";
  EXPECT_THAT(MessageOf(config), HasSubstr("task.prompt_role = \"user\""));
}

TEST_F(JsonlTaskTest, TruncationAtEveryLength) {
  const std::string whole = Lines(0, 6);
  ASSERT_LT(whole.size(), 4096u);
  int made = 0;
  for (size_t size = 0; size <= whole.size(); ++size) {
    const std::string message = MessageOf(Config(whole.substr(0, size)));
    made += message.empty();
    if (!message.empty()) {
      EXPECT_THAT(message, HasSubstr("quiz.jsonl:")) << size;
    }
  }
  EXPECT_EQ(made, 4);  // five or six whole lines, with and without the last newline
}

TEST_F(JsonlTaskTest, ByteFlips) {
  const std::string whole = Lines(0, 6);
  RandomStream random(0, "flips");
  int refused = 0;
  for (int i = 0; i < 1500; ++i) {
    std::string bytes = whole;
    for (uint64_t k = 0; k <= random.Below(3); ++k)
      bytes[random.Below(bytes.size())] = static_cast<char>(random.Next());
    const std::string message = MessageOf(Config(bytes));
    refused += !message.empty();
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  EXPECT_GT(refused, 300);
  EXPECT_LT(refused, 1500);
}

}  // namespace
}  // namespace retort
