// Defaults lists, groups and their overrides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/config/test_config.h"

namespace retort {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Compose, DefaultsComeFirstAndOwnContentLast) {
  ConfigFolder folder;
  folder.Write("base.toml", "workers = 5\nlimit = 5\nn = [1, 2, 3]\n[student]\nmax_steps = 5\nlearning_rate = 0.5\n");
  folder.Write("main.toml", "defaults = [\"base\"]\nlimit = 6\nn = [9]\n[student]\nmax_steps = 6\n");
  const TestConfig config = folder.Load();
  EXPECT_EQ(config.workers, 5);
  EXPECT_EQ(config.limit, 6);
  EXPECT_THAT(config.n, ElementsAre(9)) << "lists replace";
  EXPECT_EQ(config.student.max_steps, 6);
  EXPECT_EQ(config.student.learning_rate, 0.5) << "tables merge";
  EXPECT_EQ(folder.Load({}, "main.toml"), config) << "the ending may be written";
}

TEST(Compose, SelfFirstLetsDefaultsWin) {
  ConfigFolder folder;
  folder.Write("base.toml", "workers = 5\n");
  folder.Write("main.toml", "defaults = [\"_self_\", \"base\"]\nworkers = 6\n");
  EXPECT_EQ(folder.Load().workers, 5);
  folder.Write("main.toml", "defaults = [\"_self_\", \"_self_\"]\nworkers = 6\n");
  EXPECT_EQ(folder.Problem(), folder.Path("main.toml") + ":1: defaults: _self_ stands twice");
}

TEST(Compose, GroupsArePlacedAtTheirKeyAndNest) {
  ConfigFolder folder;
  folder.Write("main.toml", "defaults = [{student = \"small\"}, {\"student/lora\" = \"thin\"}]\n");
  folder.Write("plain.toml", "defaults = [{student = \"small\"}]\n");
  folder.Write("student/small.toml", "max_steps = 7\n");
  folder.Write("student/large.toml", "defaults = [\"small\", {lora = \"wide\"}]\nlearning_rate = 0.25\n");
  folder.Write("student/lora/thin.toml", "rank = 1\n");
  folder.Write("student/lora/wide.toml", "rank = 64\nalpha = 3.5\n");
  EXPECT_EQ(folder.Load().student.max_steps, 7);
  EXPECT_EQ(folder.Load().student.lora.rank, 1);
  const TestConfig large = folder.Load({"student=large"}, "plain");
  EXPECT_EQ(large.student.max_steps, 7) << "a group file's own defaults are of its folder";
  EXPECT_EQ(large.student.learning_rate, 0.25);
  EXPECT_EQ(large.student.lora.alpha, 3.5) << "and its groups below its own key";
  EXPECT_EQ(large.student.lora.rank, 64);
  EXPECT_EQ(folder.Load({"student=large", "student/lora=thin"}, "plain").student.lora.rank, 1);
  EXPECT_THAT(folder.Problem({"student=large"}), HasSubstr("student/lora has two choices, thin and wide"));
  EXPECT_EQ(folder.Load({"student/lora=wide.toml"}).student.lora.rank, 64);
  EXPECT_EQ(folder.Load({"student.lora.rank=3", "student/lora=wide"}).student.lora.rank, 3) << "values after groups";
}

TEST(Compose, GroupOverrides) {
  ConfigFolder folder;
  folder.Write("main.toml", "defaults = [{student = \"small\"}]\nworkers = 3\n");
  folder.Write("plain.toml", "workers = 3\n");
  folder.Write("student/small.toml", "max_steps = 7\n");
  folder.Write("student/large.toml", "max_steps = 70\n");
  EXPECT_EQ(folder.Load({"~student"}).student.max_steps, TestStudent().max_steps);
  EXPECT_EQ(folder.Load({"~student=small"}).student.max_steps, TestStudent().max_steps);
  EXPECT_EQ(folder.Problem({"~student=large"}),
            "command line: ~student=large: the choice is \"small\"; ~student drops any choice");
  EXPECT_EQ(folder.Load({"+student=large"}, "plain").student.max_steps, 70);
  EXPECT_EQ(folder.Load({"+student=large"}, "").student.max_steps, 70) << "without a primary file";
  EXPECT_EQ(folder.Problem({"student=large"}, "plain"),
            "command line: student=large: the group student does not stand in a defaults list; +student=large adds it");
  EXPECT_EQ(folder.Problem({"student=huge"}),
            "command line: student: there is no " + folder.Path("student/huge.toml") + "; there are: large, small");
  EXPECT_EQ(folder.Problem({"student=../main"}),
            "command line: student: \"student/../main\" is no config name; give the name of a file");
  folder.Write("name/other.toml", "");
  EXPECT_EQ(folder.Load({"name=other"}).name, "other") << "a plain option is no group, whatever folders there are";
}

TEST(Compose, AChoiceThatMustBeMade) {
  ConfigFolder folder;
  folder.Write("main.toml", "\ndefaults = [{student = \"???\"}]\n");
  folder.Write("student/small.toml", "max_steps = 7\n");
  EXPECT_EQ(folder.Problem(),
            folder.Path("main.toml") + ":2: defaults: student must be chosen; give student=<choice>; there are: small");
  EXPECT_EQ(folder.Load({"student=small"}).student.max_steps, 7);
}

TEST(Compose, MissingFilesAndCircles) {
  ConfigFolder folder;
  folder.Write("main.toml", "# first\ndefaults = [\n  \"absent\",\n  {student = \"absent\"}]\n");
  folder.Write("a.toml", "defaults = [\"b\"]\n");
  folder.Write("b.toml", "defaults = [\"a\"]\n");
  EXPECT_EQ(folder.Problem(), folder.Path("main.toml") + ":3: defaults: there is no " + folder.Path("absent.toml") +
                                  "; there are: a, b, main\n" + folder.Path("main.toml") +
                                  ":4: defaults: there is no " + folder.Path("student/absent.toml") + "; the folder " +
                                  folder.Path("student") + " holds no configs");
  EXPECT_EQ(folder.Problem({}, "a"), folder.Path("b.toml") +
                                         ":1: defaults: defaults go in a circle: " + folder.Path("a.toml") + " -> " +
                                         folder.Path("b.toml") + " -> " + folder.Path("a.toml"));
  EXPECT_EQ(folder.Problem({}, "none"),
            "command line: --config-name=none: there is no " + folder.Path("none.toml") + "; there are: a, b, main");
}

TEST(Compose, FilesThatDoubleEndlesslyAreRefused) {
  ConfigFolder folder;
  for (int i = 0; i < 30; ++i) {
    const std::string next = "\"f" + std::to_string(i + 1) + "\"";
    folder.Write("f" + std::to_string(i) + ".toml", "defaults = [" + next + ", " + next + "]\n");
  }
  folder.Write("f30.toml", "workers = 3\n");
  EXPECT_THAT(folder.Problem({}, "f0"), HasSubstr("over 1000 files"));
}

TEST(Compose, RefusesWhatIsNoEntry) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{student = 5}", "a choice is one name or a list of names"},
      {"{student = [\"a\", 5]}", "a choice is one name or a list of names"},
      {"{student = \"\"}", "a choice is one name or a list of names"},
      {"{\"../up\" = \"x\"}", "is no group"},
      {"{\"overide student\" = \"x\"}", "\"overide\" is no keyword"},
      {"{\"student@a b\" = \"x\"}", "\"a b\" is no place"},
      {"{student = \"a\", teacher = \"b\"}", "is no entry"},
      {"5", "is no entry"},
      {"\"../b\"", "is no config name"},
      {"\"\"", "is no config name"},
      {"\"_self_@a\"", "_self_ takes no place"},
      {"{student = [\"${name}\"]}", "an interpolation in a list of choices"},
      {"{student = \"${nothing}\"}", "${nothing}: there is no such key"},
      {"{\"override student\" = \"a\"}", "override student: the group student does not stand in a defaults list"},
      {"{\"override hydra/job\" = \"a\"}", "settings of Hydra itself do not exist here"},
  };
  for (const auto& [entry, message] : cases) {
    ConfigFolder folder;
    folder.Write("main.toml", "defaults = [" + entry + "]\n");
    EXPECT_THAT(folder.Problem(), HasSubstr(message));
    EXPECT_THAT(folder.Problem(), HasSubstr("main.toml:1: defaults: "));
  }
  ConfigFolder folder;
  folder.Write("main.toml", "defaults = \"base\"\n");
  EXPECT_THAT(folder.Problem(), HasSubstr("main.toml:1: defaults: wants a list"));
  folder.Write("main.toml", "_package_ = 5\n");
  EXPECT_THAT(folder.Problem(), HasSubstr("main.toml:1: _package_: the integer 5 is no place"));
}

TEST(Compose, PackagesReachTheStruct) {
  ConfigFolder folder;
  folder.Write("main.toml", "defaults = [{\"adapter@student.lora\" = \"thin\"}, {top = \"eight\"}]\n");
  folder.Write("adapter/thin.toml", "rank = 1\n");
  folder.Write("adapter/wide.toml", "rank = 64\n");
  folder.Write("top/eight.toml", "_package_ = \"_global_\"\nworkers = 8\n");
  EXPECT_EQ(folder.Load().student.lora.rank, 1);
  EXPECT_EQ(folder.Load().workers, 8);
  EXPECT_EQ(folder.Load({"adapter@student.lora=wide"}).student.lora.rank, 64);
  EXPECT_EQ(folder.Problem({"adapter=wide"}),
            "command line: adapter=wide: the group adapter does not stand in a defaults list; did you mean "
            "adapter@student.lora? +adapter=wide adds it");
  EXPECT_EQ(folder.Problem({"adaptor@student.lora=wide"}),
            "command line: adaptor@student.lora: there is no group folder " + folder.Path("adaptor"));
}

TEST(Compose, OverridesStandLast) {
  ConfigFolder folder;
  folder.Write("main.toml", "defaults = [{student = \"small\"},\n{\"override student\" = \"large\"},\n\"base\"]\n");
  folder.Write("student/small.toml", "max_steps = 7\n");
  folder.Write("student/large.toml", "max_steps = 70\n");
  folder.Write("base.toml", "workers = 5\n");
  EXPECT_EQ(folder.Problem(), folder.Path("main.toml") +
                                  ":3: defaults: an entry after the override of student; put overrides at the end of "
                                  "the list");
  folder.Write("main.toml", "defaults = [{student = \"small\"}, {\"override student\" = \"large\"}]\n");
  EXPECT_EQ(folder.Load().student.max_steps, 70);
  EXPECT_EQ(folder.Load({"student=small"}).student.max_steps, 7) << "the command line wins";
}

TEST(Compose, AProblemOfAFileHidesNoProblemOfAWord) {
  ConfigFolder folder;
  folder.Write("main.toml", "a = \n");
  EXPECT_THAT(folder.Problem({"nonsense"}), HasSubstr("main.toml:1: not valid TOML: "));
  EXPECT_THAT(folder.Problem({"nonsense"}), HasSubstr("\ncommand line: \"nonsense\" is no override"));
}

}  // namespace
}  // namespace retort
