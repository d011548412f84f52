// ${a.b}, ${oc.env:X} and ???.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/core/config/test_config.h"

namespace retort {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Interpolation, AWholeValueKeepsItsType) {
  ConfigFolder folder;
  folder.Write("main.toml",
               "limit = \"${workers}\"\nworkers = 3\nclip = \"${student.lora.alpha}\"\nn = [\"${limit}\", 8]\n"
               "arms = \"${other.arms}\"\n[student]\nlora = \"${shared}\"\n[shared]\nrank = 2\nalpha = 1.5\n"
               "[other]\narms = [\"references\"]\n");
  const std::string problem = folder.Problem();
  EXPECT_THAT(problem, HasSubstr("key other: unknown key")) << "helper tables must be options too";
  const TestConfig config =
      folder.Load({"~shared", "student.lora={rank: 2, alpha: 1.5}", "~other", "arms=[references]"});
  EXPECT_EQ(config.limit, 3);
  EXPECT_EQ(config.clip, 1.5);
  EXPECT_THAT(config.n, ElementsAre(3, 8));
}

TEST(Interpolation, InATextItGivesText) {
  ConfigFolder folder;
  folder.Write("main.toml",
               "name = \"w${workers}-${student.shuffle}-${clip}-${teacher.model}\"\nworkers = 3\nclip = 2.0\n");
  EXPECT_EQ(folder.Load().name, "w3-True-2.0-teacher") << "defaults of the struct count too; a bool as in Python";
  EXPECT_EQ(folder.Load({"workers=9"}).name, "w9-True-2.0-teacher") << "resolved after overrides";
  EXPECT_EQ(folder.Load({"name=x/${workers}"}).name, "x/3");
  EXPECT_EQ(folder.Problem({"name='${n}'", "n=[1]"}), "command line: key name: wants a text, not the list [1]");
}

TEST(Interpolation, FollowsTheChosenKind) {
  EXPECT_EQ(LoadOverrides({"teacher={kind: api, url: u}", "name=${teacher.retries}s"}).name, "3s");
  EXPECT_THAT(ProblemOfOverrides({"name=${teacher.retries}s"}), HasSubstr("${teacher.retries}: there is no such key"));
}

TEST(Interpolation, Environment) {
  ASSERT_EQ(setenv("RETORT_TEST_VALUE", "from, outside", 1), 0);
  unsetenv("RETORT_TEST_UNSET");
  EXPECT_EQ(LoadOverrides({"name=${oc.env:RETORT_TEST_VALUE}"}).name, "from, outside");
  EXPECT_EQ(LoadOverrides({"name=a/${oc.env:RETORT_TEST_UNSET,dflt}/b"}).name, "a/dflt/b");
  EXPECT_EQ(LoadOverrides({"name=${oc.env:RETORT_TEST_UNSET,}"}).name, "");
  EXPECT_EQ(
      ProblemOfOverrides({"name=${oc.env:RETORT_TEST_UNSET}"}),
      "command line: key name: ${oc.env:RETORT_TEST_UNSET}: the environment has no \"RETORT_TEST_UNSET\"; set it, or "
      "write ${oc.env:NAME,default}");
  ASSERT_EQ(setenv("RETORT_TEST_VALUE", "\xff", 1), 0);
  EXPECT_THAT(ProblemOfOverrides({"name=${oc.env:RETORT_TEST_VALUE}"}), HasSubstr("is not UTF-8"));
}

// A variable may hold a key.
TEST(Interpolation, NoMessageShowsWhatTheEnvironmentHolds) {
  ASSERT_EQ(setenv("RETORT_TEST_VALUE", "hunter2", 1), 0);
  for (const char* override : {"workers=${oc.env:RETORT_TEST_VALUE}", "workers=a${oc.env:RETORT_TEST_VALUE}",
                               "teacher.kind=${oc.env:RETORT_TEST_VALUE}", "name=[${oc.env:RETORT_TEST_VALUE}]"}) {
    const std::string problem = ProblemOfOverrides({override});
    EXPECT_THAT(problem, testing::Not(HasSubstr("hunter2"))) << override;
    EXPECT_THAT(problem, testing::Not(testing::IsEmpty())) << override;
  }
}

TEST(Interpolation, Escapes) {
  EXPECT_EQ(LoadOverrides({R"(name='\${workers}')"}).name, "${workers}");
  EXPECT_EQ(LoadOverrides({R"(name='\\${workers}')", "workers=3"}).name, "\\3");
  EXPECT_EQ(LoadOverrides({R"(name='a\b$c{')"}).name, "a\\b$c{");
}

TEST(Interpolation, Problems) {
  EXPECT_EQ(ProblemOfOverrides({"name=${worker}"}),
            "command line: key name: ${worker}: there is no such key; did you mean workers?");
  EXPECT_THAT(ProblemOfOverrides({"name=${name}"}), HasSubstr("goes in a circle"));
  EXPECT_THAT(ProblemOfOverrides({"name=x${limit}", "limit=${name}"}), HasSubstr("goes in a circle"));
  EXPECT_THAT(ProblemOfOverrides({"student.lora=${student}"}), HasSubstr("goes in a circle"));
  EXPECT_THAT(ProblemOfOverrides({"name=${..workers}"}), HasSubstr("2 dots lead out of the config"));
  EXPECT_THAT(ProblemOfOverrides({"name=${now:x}"}), HasSubstr("${now:x}: the resolver \"now\" is not supported"));
  EXPECT_THAT(ProblemOfOverrides({"name=${oc.dict.keys:n}"}), HasSubstr("a table of TOML has no order"));
  EXPECT_THAT(ProblemOfOverrides({"name=${oc.env:X,null}"}), HasSubstr("null: TOML has none"));
  EXPECT_THAT(ProblemOfOverrides({"name=\"${a.${b}}\""}), HasSubstr("${b}: there is no such key"));
  EXPECT_THAT(ProblemOfOverrides({"name=\"${a.${workers}}\""}), HasSubstr("${workers} is the integer 2, which cannot"));
  EXPECT_THAT(ProblemOfOverrides({"name=${a b}"}), HasSubstr("${a b} is no interpolation"));
  EXPECT_THAT(ProblemOfOverrides({"name=\"${a\""}), HasSubstr("${ without its }"));
  EXPECT_THAT(ProblemOfOverrides({"name=a${n}", "n=[1]"}), HasSubstr("the list [1], which cannot stand inside a text"));
  EXPECT_THAT(ProblemOfOverrides({"limit=${name}", "name=x"}),
              HasSubstr("key limit: wants an integer, not the text \"x\""));
}

TEST(Interpolation, NestedRelativeAndResolvers) {
  ConfigFolder folder;
  folder.Write("main.toml",
               "arms = [\"${.1}\", \"references\"]\n[student]\nmax_steps = \"${.lora.rank}\"\n"
               "[student.lora]\nrank = 4\nalpha = \"${...workers}\"\n");
  const TestConfig config = folder.Load({"workers=6", "name='${student.lora.${oc.select:no,rank}}x'"});
  EXPECT_THAT(config.arms, ElementsAre("references", "references"));
  EXPECT_EQ(config.student.max_steps, 4);
  EXPECT_EQ(config.student.lora.alpha, 6);
  EXPECT_EQ(config.name, "4x");
  ASSERT_EQ(setenv("RETORT_TEST_VALUE", "[7, 8]", 1), 0);
  EXPECT_THAT(folder.Load({"n='${oc.decode:${oc.env:RETORT_TEST_VALUE}}'"}).n, ElementsAre(7, 8));
  EXPECT_EQ(folder.Load({"limit=${oc.select:nothing,3}"}).limit, 3);
}

TEST(Interpolation, WhatIsDecodedFromTheEnvironmentStaysHidden) {
  for (const char* secret : {"hunter2", "[hunter2]", "{a: [hunter2]}", "[hunter2"}) {
    ASSERT_EQ(setenv("RETORT_TEST_VALUE", secret, 1), 0);
    const std::string problem = ProblemOfOverrides({"workers='${oc.decode:${oc.env:RETORT_TEST_VALUE}}'"});
    EXPECT_THAT(problem, testing::Not(HasSubstr("hunter2")));
    EXPECT_THAT(problem, testing::Not(testing::IsEmpty()));
  }
}

TEST(Interpolation, GrowthIsBounded) {
  ConfigFolder folder;
  std::string text = "name = \"${k0}\"\n";
  for (int i = 0; i < 50; ++i) {
    text += "k" + std::to_string(i) + " = \"${k" + std::to_string(i + 1) + "}${k" + std::to_string(i + 1) + "}\"\n";
  }
  folder.Write("main.toml", text + "k50 = \"x\"\n");
  EXPECT_THAT(folder.Problem(), HasSubstr("interpolations grow too large"));
  text = "name = \"${z.k0}\"\n[z]\n";
  for (int i = 0; i < 20000; ++i) text += "k" + std::to_string(i) + " = \"${z.k" + std::to_string(i + 1) + "}\"\n";
  folder.Write("main.toml", text);
  EXPECT_THAT(folder.Problem(), HasSubstr("a chain of more than 64"));
}

TEST(MustBeGiven, OnlyIfStillSoAtLoad) {
  ConfigFolder folder;
  folder.Write("main.toml", "workers = 2\nlimit = \"???\"\n[teacher]\nkind = \"api\"\n");
  EXPECT_EQ(
      folder.Problem(),
      folder.Path("main.toml") +
          ": key teacher.url: must be given; write teacher.url=<value> on the command line or set it in a file\n" +
          folder.Path("main.toml") +
          ":2: key limit: must be given; write limit=<value> on the command line or set it in a file");
  EXPECT_EQ(folder.Load({"limit=4", "teacher.url=http://x"}).limit, 4);
  EXPECT_EQ(folder.Load({"~limit", "teacher.url=http://x"}).limit, std::nullopt);
  EXPECT_THAT(folder.Problem({"name=${limit}", "teacher.url=u"}), HasSubstr("${limit}: is not given yet"));
  EXPECT_THAT(folder.Problem({"teacher.kind=???"}), HasSubstr("command line: key teacher.kind: must be given"));
}

}  // namespace
}  // namespace retort
