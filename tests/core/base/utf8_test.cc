#include "core/base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace retort {
namespace {

// Expected values: Python's bytes.decode("utf-8", errors="replace").
TEST(Utf8, ReplacesEachBrokenPartOnce) {
  const std::string r = "\uFFFD";
  EXPECT_EQ(ToUtf8("plain \xC3\xA9 \xF0\x9F\x98\x80"), "plain \xC3\xA9 \xF0\x9F\x98\x80");
  EXPECT_EQ(ToUtf8("a\xFFz"), "a" + r + "z");
  EXPECT_EQ(ToUtf8("\xE2\x82"), r);                      // cut at its end: one
  EXPECT_EQ(ToUtf8("\xF0\x9F\x98 x"), r + " x");         // three good bytes, then another character
  EXPECT_EQ(ToUtf8("\xC0\xAF"), r + r);                  // overlong
  EXPECT_EQ(ToUtf8("\xE0\x80\x80"), r + r + r);          // overlong
  EXPECT_EQ(ToUtf8("\xED\xA0\x80"), r + r + r);          // surrogate
  EXPECT_EQ(ToUtf8("\xF4\x90\x80\x80"), r + r + r + r);  // over U+10FFFF
  EXPECT_EQ(ToUtf8("\xF4\x8F\xBF\xBF"), "\xF4\x8F\xBF\xBF");
}

std::string Encoded(char32_t c) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | c >> 6), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xE0 | c >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | c >> 18), tail(12), tail(6), tail(0)};
}

TEST(Utf8, ReadsEveryCodePoint) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    const std::string text = Encoded(c);
    const Utf8Step step = NextUtf8(text);
    ASSERT_EQ(step.code_point, static_cast<int64_t>(c));
    ASSERT_EQ(step.length, text.size());
  }
}

}  // namespace
}  // namespace retort
