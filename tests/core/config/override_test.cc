// Hydra's override grammar, and what each kind of override does to the composed files.
#include "core/config/override.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/config/test_config.h"

namespace retort {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The value of `x=<text>` as TOML; "error: ..." if it is refused.
std::string Value(const std::string& text) {
  Problems problems;
  const auto parsed = ParseOverride("x=" + text, problems);
  try {
    problems.ThrowIfAny();
  } catch (const Error& error) {
    return std::string("error: ") + error.what();
  }
  return TomlText(ToNode(*parsed->value, {}));
}

TEST(OverrideValue, PrimitivesHaveTheirTypes) {
  EXPECT_EQ(Value("5"), "5");
  EXPECT_EQ(Value("-5"), "-5");
  EXPECT_EQ(Value("+5"), "5");
  EXPECT_EQ(Value("1_000"), "1000");
  EXPECT_EQ(Value("1.5"), "1.5");
  EXPECT_EQ(Value(".5"), "0.5");
  EXPECT_EQ(Value("5."), "5.0");
  EXPECT_EQ(Value("1e-3"), "0.001");
  EXPECT_EQ(Value("-2E+2"), "-200.0");
  EXPECT_EQ(Value("inf"), "inf");
  EXPECT_EQ(Value("-inf"), "-inf");
  EXPECT_EQ(Value("nan"), "nan");
  EXPECT_EQ(Value("1e999"), "inf");
  EXPECT_EQ(Value("true"), "true");
  EXPECT_EQ(Value("False"), "false");
  EXPECT_EQ(Value("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(Value("-9223372036854775808"), "-9223372036854775808");
}

TEST(OverrideValue, WhatOnlyLooksLikeANumberIsText) {
  for (const std::string text :
       {"007", "1e", "e5", "1.2.3", "1_", "_1", "1__0", "-", "+", ".", "0x10", "3b", "--5", "1e5e5"}) {
    EXPECT_EQ(Value(text), "\"" + text + "\"");
  }
}

TEST(OverrideValue, UnquotedTexts) {
  EXPECT_EQ(Value("../shared/gsm8k/train.jsonl"), "\"../shared/gsm8k/train.jsonl\"");
  EXPECT_EQ(Value("http://127.0.0.1:8080/v1?a=b"), "\"http://127.0.0.1:8080/v1?a=b\"");
  EXPECT_EQ(Value("two words  "), "\"two words\"");
  EXPECT_EQ(Value("a\\,b"), "\"a,b\"");
  EXPECT_EQ(Value("\\[x\\]"), "\"[x]\"");
  EXPECT_EQ(Value(""), "\"\"");
  EXPECT_EQ(Value("été"), "\"été\"");
}

TEST(OverrideValue, QuotedTexts) {
  EXPECT_EQ(Value("'a, b'"), "\"a, b\"");
  EXPECT_EQ(Value("\"it's\""), "\"it's\"");
  EXPECT_EQ(Value("'5'"), "\"5\"");
  EXPECT_EQ(Value("'it\\'s'"), "\"it's\"");
  EXPECT_EQ(Value("'C:\\dir\\\\'"), "\"C:\\\\dir\\\\\"");
  EXPECT_EQ(Value("'null'"), "\"null\"");
}

TEST(OverrideValue, ListsAndTables) {
  EXPECT_EQ(Value("[4,16, 64]"), "[4, 16, 64]");
  EXPECT_EQ(Value("[]"), "[]");
  EXPECT_EQ(Value("[teacher,answers_only]"), "[\"teacher\", \"answers_only\"]");
  EXPECT_EQ(Value("[[a.b=1,'c=[1,2]'],[]]"), "[[\"a.b=1\", \"c=[1,2]\"], []]");
  EXPECT_EQ(Value("{a: 1, b: {c: [x]}, d e: http://x}"), "{a = 1, b = {c = [\"x\"]}, \"d e\" = \"http://x\"}");
  EXPECT_EQ(Value("{}"), "{}");
  EXPECT_EQ(Value("[${a.b},${oc.env:X,y}]"), "[\"${a.b}\", \"${oc.env:X,y}\"]");
}

TEST(OverrideValue, RefusesWithAReason) {
  EXPECT_EQ(
      Value("null"),
      "error: command line: key x: null: TOML has none; ~key removes a value, so that the default holds; quote it "
      "for a text");
  EXPECT_THAT(Value("nothing(1)"), HasSubstr("there is no function nothing()"));
  EXPECT_THAT(Value("shuffle([1])"), HasSubstr("shuffle() is not supported: a sweep here has a stated order"));
  EXPECT_THAT(Value("interval(0,1)"), HasSubstr("interval() is not supported: no sweep here takes values"));
  EXPECT_THAT(Value("extend_list(1)"), HasSubstr("extend_list() is not supported: write the whole list"));
  EXPECT_THAT(Value("json_str({})"), HasSubstr("json_str() is not supported"));
  EXPECT_THAT(Value("int(x)"), HasSubstr("int() cannot read \"x\""));
  EXPECT_THAT(Value("[choice(1,2)]"), HasSubstr("a sweep inside a value"));
  EXPECT_THAT(Value("[1,2"), HasSubstr("a list without its ]"));
  EXPECT_THAT(Value("[1,,2]"), HasSubstr("an empty element"));
  EXPECT_THAT(Value("[1,]"), HasSubstr("an empty element"));
  EXPECT_THAT(Value("{a: 1"), HasSubstr("a table without its }"));
  EXPECT_THAT(Value("{a}"), HasSubstr("no ':' after the key a"));
  EXPECT_THAT(Value("{'a': 1}"), HasSubstr("a key in quotes"));
  EXPECT_THAT(Value("'open"), HasSubstr("without its closing '"));
  EXPECT_THAT(Value("'a'b"), HasSubstr("text after the closing quote: \"b\""));
  EXPECT_THAT(Value("a]b"), HasSubstr("put the text in quotes"));
  EXPECT_THAT(Value("${a"), HasSubstr("${ without its }"));
  EXPECT_THAT(Value("9223372036854775808"), HasSubstr("does not fit into 64 bits"));
  EXPECT_THAT(Value("two\nlines"), HasSubstr("a line break or control character"));
  EXPECT_THAT(Value("=5"), HasSubstr("'=' in a text without quotes"));
  EXPECT_THAT(Value("${}"), HasSubstr("${} names nothing"));
  EXPECT_THAT(Value(std::string(100000, '[')), HasSubstr("deep"));
  EXPECT_THAT(Value("\xff"), HasSubstr("not UTF-8"));
}

TEST(OverrideWord, BadWords) {
  EXPECT_EQ(ProblemOfOverrides({"word"}), "command line: \"word\" is no override; write key=value");
  EXPECT_EQ(ProblemOfOverrides({"=5"}),
            "command line: \"=5\": the key is not of the form a.b or group/name; write key=value");
  EXPECT_THAT(ProblemOfOverrides({"a..b=5"}), HasSubstr("the key is not of the form"));
  EXPECT_THAT(ProblemOfOverrides({"task@here=x"}), HasSubstr("task@here: there is no group folder"));
  EXPECT_THAT(ProblemOfOverrides({"task@a b=x"}), HasSubstr("the place after @ is not of the form a.b"));
  EXPECT_THAT(ProblemOfOverrides({"x=1,2"}), StartsWith("command line: \"x=1,2\" has several values; a list is [a,b]"));
  EXPECT_THAT(ProblemOfOverrides({"x=range(3)"}), StartsWith("command line: \"x=range(3)\" is a sweep; -m runs each"));
  EXPECT_THAT(ProblemOfOverrides({"hydra.run.dir=x"}), HasSubstr("settings of Hydra itself do not exist here"));
  EXPECT_THAT(ProblemOfOverrides({"a/b=x"}), HasSubstr("there is no group folder"));
}

TEST(Overrides, SetAddForceRemove) {
  ConfigFolder folder;
  folder.Write("main.toml", "workers = 3\n[student]\nmax_steps = 50\n");
  EXPECT_EQ(folder.Load({"workers=4"}).workers, 4);
  EXPECT_EQ(folder.Load({"workers=4", "workers=5"}).workers, 5) << "later wins";
  EXPECT_EQ(folder.Load({"student.learning_rate=0.5"}).student.learning_rate, 0.5)
      << "described, though no file has it";
  EXPECT_EQ(folder.Load({"+limit=9"}).limit, 9);
  EXPECT_EQ(folder.Problem({"+workers=4"}), "command line: key workers: is there already (" + folder.Path("main.toml") +
                                                ":1); workers=v changes it, ++workers=v adds or changes it");
  EXPECT_EQ(folder.Load({"++workers=4", "++limit=2"}).workers, 4);
  EXPECT_EQ(folder.Load({"~workers", "~student.max_steps"}).workers, TestConfig().workers);
  EXPECT_EQ(folder.Load({"~workers=3"}).workers, TestConfig().workers);
  EXPECT_THAT(folder.Problem({"~workers=4"}),
              StartsWith("command line: key workers: is the integer 3, not the integer 4"));
  EXPECT_THAT(folder.Problem({"~limit"}), StartsWith("command line: key limit: no file sets it"));
  EXPECT_EQ(folder.Load({"student={max_steps: 7}", "student.lora={rank: 2}"}).student.lora.rank, 2);
  EXPECT_EQ(folder.Load({"student={learning_rate: 1}"}).student.max_steps, 50) << "tables merge";
}

TEST(Overrides, ReachTheStruct) {
  const TestConfig config =
      LoadOverrides({"n=[4,16,64]", "arms=[teacher,answers_only]", "weights=[1,0.5]",
                     "blocks=[[student.max_steps=3,workers=1],[]]", "name=a b", "limit=3", "clip=2"});
  EXPECT_THAT(config.n, ElementsAre(4, 16, 64));
  EXPECT_THAT(config.arms, ElementsAre("teacher", "answers_only"));
  EXPECT_THAT(config.weights, ElementsAre(1, 0.5));
  EXPECT_THAT(config.blocks, ElementsAre(ElementsAre("student.max_steps=3", "workers=1"), ElementsAre()));
  EXPECT_EQ(config.name, "a b");
  EXPECT_EQ(config.limit, 3);
  EXPECT_EQ(config.clip, 2.0);
}

TEST(Overrides, UnknownKeyNamesTheNearest) {
  EXPECT_EQ(ProblemOfOverrides({"student.learning_rat=1"}),
            "command line: key student.learning_rat: unknown key; did you mean student.learning_rate?");
  EXPECT_EQ(ProblemOfOverrides({"learning_rate=1"}),
            "command line: key learning_rate: unknown key; did you mean student.learning_rate?");
  EXPECT_EQ(ProblemOfOverrides({"workers.a=1"}), "command line: key workers: wants an integer, not the table {a = 1}");
  EXPECT_THAT(ProblemOfOverrides({"name=x", "name.a=1"}), HasSubstr("name is the text \"x\", not a table"));
}

TEST(Overrides, OverriddenKeys) {
  EXPECT_THAT(OverriddenKeys({"a.b=1", "~c", "+d.e=[1]", "++f={x: 1}", "task=folds", "x/y=z", "a.b=2"}),
              ElementsAre("a.b", "c", "d.e", "f", "task", "x.y"));
  EXPECT_THAT(OverriddenKeys({"db@a.b=x", "db@_global_.c=x", "~a/b@_here_", "teacher=smollm2,oracle", "n=range(3)"}),
              ElementsAre("a.b", "c", "teacher", "n"));
  EXPECT_THROW(OverriddenKeys({"nonsense"}), Error);
}

}  // namespace
}  // namespace retort
