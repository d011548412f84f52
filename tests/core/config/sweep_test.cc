// -m: which runs, in which order, and the bounds; what every run is worth is held to Hydra's in hydra_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/base/message_of.h"
#include "tests/core/config/test_config.h"

namespace retort {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<SweepPoint> Expand(const ConfigFolder& folder, std::vector<std::string> words, bool multirun = true) {
  CommandLine command = folder.Command(std::move(words));
  command.multirun = multirun;
  return ExpandSweep(command);
}

std::string Problem(std::vector<std::string> words, bool multirun = true) {
  return MessageOf([&] { Expand(ConfigFolder(), std::move(words), multirun); });
}

TEST(Sweep, TheLastAxisVariesFastest) {
  const auto runs = Expand(ConfigFolder(), {"n=[4],[16]", "name=x", "student.max_steps=range(1,4)"});
  ASSERT_EQ(runs.size(), 6u);
  EXPECT_THAT(runs[1].axes, ElementsAre(Pair("n", "[4]"), Pair("student.max_steps", "2")));
  EXPECT_THAT(runs[1].command_line.overrides, ElementsAre("n=[4]", "name=x", "student.max_steps=2"));
  EXPECT_THAT(runs[5].axes, ElementsAre(Pair("n", "[16]"), Pair("student.max_steps", "3")));
}

TEST(Sweep, WithoutAnAxisThereIsOneRun) {
  for (const bool multirun : {false, true}) {
    const auto runs = Expand(ConfigFolder(), {"name=x", "~limit"}, multirun);
    ASSERT_EQ(runs.size(), 1u);
    EXPECT_THAT(runs[0].axes, IsEmpty());
    EXPECT_THAT(runs[0].command_line.overrides, ElementsAre("name=x", "~limit"));
  }
}

TEST(Sweep, GroupsAreAxes) {
  ConfigFolder folder;
  folder.Write("main.toml", "defaults = [{student = \"small\"}]\n");
  folder.Write("student/small.toml", "max_steps = 7\n");
  folder.Write("student/large.toml", "max_steps = 70\n");
  const auto runs = Expand(folder, {"student=glob(*)"});
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_THAT(runs[0].axes, ElementsAre(Pair("student", "large")));
  EXPECT_EQ(Load<TestConfig>(runs[0].command_line).student.max_steps, 70);
  EXPECT_EQ(Load<TestConfig>(runs[1].command_line).student.max_steps, 7);
}

TEST(Sweep, Problems) {
  EXPECT_THAT(Problem({"a=1,2"}, false), HasSubstr("\"a=1,2\" has several values; a list is [a,b], a text with a "
                                                   "comma 'a,b'; -m runs each value"));
  EXPECT_EQ(Problem({"a=1,2", "b=range(3,3)"}), "command line: b: the sweep range(3,3) is empty");
  EXPECT_THAT(Problem({"nonsense", "a=[1", "b=1,2"}), HasSubstr("nonsense"));
  EXPECT_THAT(Problem({"nonsense", "a=[1", "b=1,2"}), HasSubstr("a list without its ]"));
}

TEST(Sweep, HugeRangesAreBounded) {
  const std::string message = "command line: the sweep asks for more than 100000 runs";
  EXPECT_EQ(Problem({"a=range(9223372036854775807)"}), message);
  EXPECT_EQ(Problem({"a=range(-9223372036854775807,9223372036854775807,9223372036854775807)"}), "");
  EXPECT_EQ(Problem({"a=range(0,1e300,1)"}), message);
  EXPECT_EQ(Problem({"a=range(0.5,1e300,1e-300)"}), message);
  EXPECT_EQ(Problem({"a=range(1000)", "b=range(1000)", "c=range(1000)", "d=range(1000)"}), message);
  EXPECT_THAT(Problem({"a=range(0,inf)"}), HasSubstr("stop is not finite"));
}

TEST(ComposedJson, SortedKeysAndNumbersAsPythonWritesThem) {
  ConfigFolder folder;
  folder.Write("main.toml", "b = [1, 2.0, [], {}]\na = 'é \"q\"'\nn = nan\ni = -inf\nr = '${b.0}'\n");
  EXPECT_EQ(ComposedJson(folder.Command(), true),
            "{\n  \"a\": \"é \\\"q\\\"\",\n  \"b\": [\n    1,\n    2.0,\n    [],\n    {}\n  ],\n  \"i\": -Infinity,\n"
            "  \"n\": NaN,\n  \"r\": 1\n}");
  EXPECT_THAT(ComposedJson(folder.Command(), false), HasSubstr("\"r\": \"${b.0}\""));
  EXPECT_THROW(ComposedJson(folder.Command({"c=1"}), true), Error);
}

}  // namespace
}  // namespace retort
