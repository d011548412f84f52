// The door for JSON from outside: what it lets in, what it refuses, and that nothing makes it crash.
#include "core/base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/random.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

std::string Problem(std::string_view text, const JsonLimits& limits = {}) {
  return MessageOf([&] { ParseJson(text, {.file = "f.json", .line = 7}, limits); });
}

std::string Nested(int depth) {
  return std::string(static_cast<size_t>(depth), '[') + std::string(static_cast<size_t>(depth), ']');
}

TEST(ParseJson, ReadsAWholeValue) {
  const Json value = ParseJson(R"( {"a": [1, -2.5, true, null, "\u00e9\ud83d\ude00"], "b": {}} )", {});
  EXPECT_EQ(value["a"][1], -2.5);
  EXPECT_EQ(value["a"][4], "é😀");
  EXPECT_EQ(ParseJson("3", {}), 3);
  EXPECT_EQ(ParseJson("18446744073709551615", {}).get<uint64_t>(), 18446744073709551615u);
}

TEST(ParseJson, RefusesWhatIsNoJson) {
  for (const char* text : {"",        " ",        "{",         "{]",    "[1,]",     "{\"a\":1,}",  "{'a':1}", "nul",
                           "NaN",     "Infinity", "-Infinity", "[NaN]", "01",       "+1",          "1.",      "\"\n\"",
                           "\"\\x\"", "// c\n1",  "1 2",       "{} {}", "\"\xff\"", "\"\\ud800\"", "\xfe"}) {
    EXPECT_THAT(Problem(text), HasSubstr("no valid JSON")) << text;
  }
  EXPECT_THAT(Problem(R"({"a": tru})"), HasSubstr("f.json:7: byte 10: no valid JSON"));
}

TEST(ParseJson, RefusesHugeNumbers) {
  for (const char* text : {"1e999", "[-1e400]", "{\"a\": 1e309}"}) {
    EXPECT_THAT(Problem(text), HasSubstr("f.json:7: a number is too large")) << text;
  }
  EXPECT_EQ(Problem("1e308"), "");
  EXPECT_EQ(Problem("1e-999"), "");
}

TEST(ParseJson, RefusesDoubledKeys) {
  EXPECT_THAT(Problem(R"({"a": 1, "a": 2})"), HasSubstr("the key \"a\" stands twice"));
  EXPECT_THAT(Problem(R"([{"b": {"a": 1, "\u0061": 2}}])"), HasSubstr("stands twice"));
  EXPECT_EQ(Problem(R"({"a": {"a": [{"a": 1}, {"a": 2}]}})"), "");
}

TEST(ParseJson, LimitsDepthAndSize) {
  EXPECT_EQ(Problem(Nested(64)), "");
  EXPECT_THAT(Problem(Nested(65)), HasSubstr("nested deeper than 64"));
  EXPECT_THAT(Problem(std::string(1000000, '[')), HasSubstr("nested deeper than 64"));
  EXPECT_THAT(Problem(Nested(3), {.max_depth = 2}), HasSubstr("deeper than 2"));
  EXPECT_EQ(Problem("[1,2]", {.max_bytes = 5}), "");
  EXPECT_THAT(Problem("[1,2]", {.max_bytes = 4}), HasSubstr("more than 4 bytes"));
}

const char kDocument[] =
    R"({"id": "big/4729", "list": [1, 2.5, -3e2, true, null], "text": "é \"x\" \u20ac", "o": {"k": {}}})";

TEST(ParseJson, TruncationAtEveryLength) {
  const std::string_view text = kDocument;
  for (size_t size = 0; size < text.size(); ++size) EXPECT_NE(Problem(text.substr(0, size)), "") << size;
  EXPECT_EQ(Problem(text), "");
}

TEST(ParseJson, ByteFlipsNeverCrash) {
  RandomStream random(0, "flips");
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = kDocument;
    const uint64_t flips = 1 + random.Below(3);
    for (uint64_t k = 0; k < flips; ++k) text[random.Below(text.size())] = static_cast<char>(random.Below(256));
    accepted += Problem(text).empty();
  }
  EXPECT_GT(accepted, 100);
  EXPECT_LT(accepted, 19900);
}

TEST(DumpJson, OneLineSortedAndExact) {
  EXPECT_EQ(DumpJson({{"b", 1}, {"a", {0.1, 1e300, "x\ny"}}}), R"({"a":[0.1,1e+300,"x\ny"],"b":1})");
  RandomStream random(0, "doubles");
  for (int i = 0; i < 1000; ++i) {
    const double value = random.Normal() * std::pow(10, static_cast<double>(random.Below(600)) - 300);
    EXPECT_EQ(ParseJson(DumpJson(value), {}).get<double>(), value);
  }
}

TEST(DumpJson, RefusesWhatJsonHasNot) {
  EXPECT_THROW(DumpJson({{"a", {1.0, std::nan("")}}}), Error);
  EXPECT_THROW(DumpJson(std::numeric_limits<double>::infinity()), Error);
}

TEST(DumpJson, BrokenUtf8BecomesTheReplacementCharacter) {
  EXPECT_EQ(DumpJson("a\xff"
                     "b"),
            "\"a\xEF\xBF\xBD"
            "b\"");
}

}  // namespace
}  // namespace retort
