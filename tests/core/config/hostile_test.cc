// TOML from outside: every truncation and many byte flips give an Error or a tree, never a crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/config/toml_file.h"
#include "tests/core/base/message_of.h"
#include "tests/core/config/test_config.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

constexpr char kFixture[] = R"(# a config of every form
defaults = ["base", {student = "small"}, "_self_"]
name = "text with \"quotes\", \u00e9, \\ and # no comment"
literal = 'C:\dir'
block = """
two lines, "quoted", with a \
continuation"""
raw = '''
it's raw ''' # comment with 'quotes"
n = [4, 16, 64,
     256]
weights = [1.5, -2e-3, inf, 0x1F, 0o17, 0b101, 1_000]
when = "1979-05-27"
flag = true
[student]
max_steps = 200
lora = {rank = 8, alpha = 16.0, deep = {er = [[], [{}]]}}
[student."quoted key".x]
a.b.c = 1
[[rows]]
x = 1
[[rows]]
x = 2
)";

// "" for a tree.
std::string Outcome(const std::string& text) {
  return MessageOf([&] { ParseToml(text, "f.toml"); });
}

TEST(HostileToml, TheFixtureIsValid) { EXPECT_EQ(Outcome(kFixture), ""); }

TEST(HostileToml, TruncatedAtEachLength) {
  const std::string text = kFixture;
  int refused = 0;
  for (size_t length = 0; length < text.size(); ++length) {
    const std::string outcome = Outcome(text.substr(0, length));
    if (!outcome.empty()) {
      EXPECT_THAT(outcome, testing::StartsWith("f.toml:"));
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(HostileToml, ByteFlips) {
  std::mt19937 random(11);
  int refused = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string text = kFixture;
    for (unsigned k = 1 + random() % 3; k > 0; --k) text[random() % (text.size())] = static_cast<char>(random());
    const std::string outcome = Outcome(text);
    EXPECT_EQ(outcome.find('\n'), std::string::npos) << outcome;
    if (!outcome.empty()) ++refused;
  }
  EXPECT_GT(refused, 100);
  EXPECT_LT(refused, 4000);
}

TEST(HostileToml, DepthIsBounded) {
  const auto repeat = [](const std::string& piece, int n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += piece;
    return text;
  };
  for (const int n : {33, 300, 100000}) {
    EXPECT_NE(Outcome("a = " + repeat("[", n) + repeat("]", n)), "") << n;
    EXPECT_NE(Outcome("a = " + repeat("{a = ", n) + "1" + repeat("}", n)), "") << n;
    EXPECT_THAT(Outcome("\n" + repeat("a.", n) + "a = 1"), HasSubstr("f.toml:2: a key of more than 32 parts")) << n;
    EXPECT_THAT(Outcome("[" + repeat("'a,['.", n) + "a]"), HasSubstr("f.toml:1: a key of more than 32 parts")) << n;
    EXPECT_THAT(Outcome("b = \"\"\"it's\n\"\"\"\"\n" + repeat("a . ", n) + "a = 1"),
                HasSubstr("f.toml:3: a key of more than 32 parts"))
        << n;
    EXPECT_THAT(Outcome("x = {y = \"\"\"a'\\\"\n\"\"\", " + repeat("a.", n) + "a = 1}"),
                HasSubstr("f.toml:2: a key of"))
        << n;
  }
  EXPECT_EQ(Outcome("a = '" + repeat("a.", 1000) + "'"), "") << "dots in a text are no depth";
  EXPECT_EQ(Outcome("a = [" + repeat("1.5, ", 1000) + "]"), "");
  EXPECT_EQ(Outcome("# " + repeat("a.", 1000) + "\na = 1"), "");
}

TEST(HostileToml, SizeDatesAndDoubledKeys) {
  EXPECT_THAT(Outcome(std::string((1 << 20) + 1, ' ')), HasSubstr("f.toml: has more than 1048576 bytes"));
  EXPECT_EQ(Outcome("\na = 1979-05-27\n"), "f.toml:2: a date or time, which no option takes; put it in quotes");
  EXPECT_THAT(Outcome("a = 1\na = 2\n"), HasSubstr("f.toml:2: not valid TOML: "));
  EXPECT_THAT(Outcome("a = \"\xff\"\n"), HasSubstr("f.toml:1: not valid TOML: "));
  EXPECT_THAT(Outcome(std::string("a = 1\0\n", 7)), HasSubstr("f.toml:1"));
  EXPECT_THAT(Outcome("a = 99999999999999999999"), HasSubstr("f.toml:1"));
}

TEST(HostileToml, ALargeFileOfUnknownKeysIsQuick) {
  ConfigFolder folder;
  std::string text;
  for (int i = 0; text.size() < (1 << 20) - 20; ++i) text += std::to_string(i) + "=1\n";
  folder.Write("main.toml", text);
  EXPECT_THAT(folder.Problem(), HasSubstr("more problems"));
  folder.Write("main.toml", std::string(1 << 20, 'a') + "a = 1\n");
  EXPECT_THAT(folder.Problem(), HasSubstr("has more than"));
}

TEST(HostileFolder, AFolderOrNothingInPlaceOfAFile) {
  ConfigFolder folder;
  folder.Write("main.toml/inner.toml", "");
  EXPECT_THAT(folder.Problem(), HasSubstr("there is no " + folder.Path("main.toml")));
}

}  // namespace
}  // namespace retort
