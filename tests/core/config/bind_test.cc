// Types, ranges, choices, unions, unknown keys; all problems at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/config/test_config.h"

namespace retort {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Bind, NothingGivenIsTheDefault) { EXPECT_EQ(LoadOverrides({}), TestConfig()); }

TEST(Bind, AllProblemsAtOnceInOrder) {
  ConfigFolder folder;
  folder.Write("base.toml", "workers = true\n");
  folder.Write("main.toml",
               "defaults = [\"base\"]\n"
               "nmae = \"x\"\n"  // 2
               "n = [4, -1]\n"   // 3
               "arms = [\"teacher\", \"answer_only\"]\n"
               "clip = nan\n"  // 5
               "[student]\n"
               "max_steps = 2.0\n"          // 7
               "learning_rate = 7\n"        // 8
               "precision = \"float16\"\n"  // 9
               "[student.lora]\n"
               "rank = 99999999999\n"  // 11
               "[teecher]\n"           // 12
               "kind = \"api\"\nurl = \"x\"\n");
  const std::string main = folder.Path("main.toml"), base = folder.Path("base.toml");
  EXPECT_EQ(
      folder.Problem({"student.shuffle=1", "limit='3'", "zzzzz=1", "weights=3"}),
      base + ":1: key workers: wants an integer, not true\n" + main +
          ":2: key nmae: unknown key; did you mean name?\n" + main +
          ":3: key n: element 2: -1 is out of range; wants a value >= 0\n" + main +
          ":4: key arms: element 2: \"answer_only\" is not one of teacher, answers_only, references; "
          "did you mean answers_only?\n" +
          main + ":5: key clip: the number nan is not finite\n" + main +
          ":7: key student.max_steps: wants an integer, not the number 2.0\n" + main +
          ":8: key student.learning_rate: 7 is out of range; wants a value from 0 to 1\n" + main +
          ":9: key student.precision: \"float16\" is not one of float32, bfloat16; did you mean bfloat16?\n" + main +
          ":11: key student.lora.rank: 99999999999 is out of range; wants a value from 1 to 1024\n" + main +
          ":12: key teecher: unknown key; did you mean teacher?\n"
          "command line: key student.shuffle: wants true or false, not the integer 1\n"
          "command line: key weights: wants a list, not the integer 3; write [3]\n"
          "command line: key limit: wants an integer, not the text \"3\"\n"
          "command line: key zzzzz: unknown key; known here: student, teacher, name, n, weights, arms, blocks, limit, "
          "clip, workers");
}

TEST(Bind, OnlyAnIntegerForANumberIsTakenAcross) {
  EXPECT_EQ(LoadOverrides({"clip=3"}).clip, 3.0);
  EXPECT_THAT(LoadOverrides({"weights=[1,2.5]"}).weights, ElementsAre(1, 2.5));
  for (const std::string word :
       {"clip=true", "clip='3'", "limit=3.0", "limit=true", "student.shuffle=0", "name=5", "name=true", "n=[1.0]",
        "n=4", "n=[[4]]", "arms=[1]", "blocks=[a=b]", "student=5", "clip=inf", "limit=0", "student.lora.alpha=inf",
        "student.lora.alpha=nan", "n=[4294967297]", "weights=[nan]"}) {
    EXPECT_NE(ProblemOfOverrides({word}), "") << word;
  }
  EXPECT_EQ(ProblemOfOverrides({"name=5"}), "command line: key name: wants a text, not the integer 5; quote it: '5'");
  EXPECT_THAT(ProblemOfOverrides({"n=[4294967297]"}), HasSubstr("4294967297 does not fit into 32 bits"));
}

TEST(Bind, Unions) {
  EXPECT_EQ(std::get<TestLocal>(LoadOverrides({"teacher.model=m"}).teacher).model, "m");
  const TestConfig api = LoadOverrides({"teacher.kind=api", "teacher.url=u", "teacher.lora.rank=4"});
  EXPECT_EQ(std::get<TestApi>(api.teacher), (TestApi{.url = "u", .lora = {.rank = 4}}));
  EXPECT_EQ(ProblemOfOverrides({"teacher.kind=ap"}),
            "command line: key teacher.kind: \"ap\" is not one of local, api; did you mean api?");
  EXPECT_EQ(ProblemOfOverrides({"teacher.kind=3", "teacher.whatever=1"}),
            "command line: key teacher.kind: wants a text, not the integer 3; quote it: '3'")
      << "of an unknown kind the keys cannot be judged";
}

TEST(Bind, ATextInPlaceOfAUnionSaysWhereTheKindStands) {
  EXPECT_EQ(ProblemOfOverrides({"teacher=api"}),
            "command line: key teacher: wants a table, not the text \"api\"; write teacher.kind=...");
}

TEST(Bind, AKeyOfAnotherKindSaysWhichHasIt) {
  ConfigFolder folder;
  folder.Write("main.toml", "[teacher]\nkind = \"local\"\nmodel = \"m\"\n");
  EXPECT_EQ(folder.Problem({"teacher.kind=api", "teacher.url=u"}),
            folder.Path("main.toml") + ":3: key teacher.model: unknown key; only teacher.kind = \"local\" has it");
  EXPECT_EQ(folder.Problem({"teacher.lora.rank=1"}),
            "command line: key teacher.lora: unknown key; only teacher.kind = \"api\" has it");
  EXPECT_EQ(folder.Problem({"teacher.retrys=1"}),
            "command line: key teacher.retrys: unknown key; known here: kind, model");
}

TEST(Bind, ManyProblemsAreCut) {
  ConfigFolder folder;
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "k" + std::to_string(i) + " = 1\n";
  folder.Write("main.toml", text);
  const std::string problem = folder.Problem();
  EXPECT_THAT(problem, HasSubstr("\nand 19950 more problems"));
  EXPECT_LT(problem.size(), 20000u);
}

TEST(Bind, OddKeysAreShownOnOneLine) {
  ConfigFolder folder;
  folder.Write("main.toml", "\"a\\nb\" = 1\n\"\" = 2\n[student]\n\"x.y\" = 1\n");
  const std::string problem = folder.Problem();
  EXPECT_THAT(problem, HasSubstr(":1: key \"a\\nb\": unknown key"));
  EXPECT_THAT(problem, HasSubstr(":4: key student.\"x.y\": unknown key"));
  EXPECT_EQ(std::count(problem.begin(), problem.end(), '\n'), 2);
}

}  // namespace
}  // namespace retort
