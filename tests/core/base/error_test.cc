#include "core/base/error.h"

#include <gtest/gtest.h>

namespace retort {
namespace {

TEST(Error, NamesFileLinePlaceAndMend) {
  EXPECT_STREQ(Error({.file = "a.toml", .line = 3, .place = "key x"}, "is bad", "write 1").what(),
               "a.toml:3: key x: is bad; write 1");
  EXPECT_STREQ(Error({.file = "a.toml"}, "is bad").what(), "a.toml: is bad");
  EXPECT_STREQ(Error({.line = 3}, "is bad").what(), "line 3: is bad");
  EXPECT_STREQ(Error({.place = "byte 2"}, "is bad").what(), "byte 2: is bad");
  EXPECT_STREQ(Error(Where{}, "is bad").what(), "is bad");
}

TEST(Error, ExcerptFitsOneLine) {
  EXPECT_EQ(Excerpt("plain é"), "\"plain é\"");
  EXPECT_EQ(Excerpt("a\n\x1b[31m\x7f"), "\"a\\x0a\\x1b[31m\\x7f\"");
  EXPECT_EQ(Excerpt("abcdef", 6), "\"abcdef\"");
  EXPECT_EQ(Excerpt("abcdefg", 6), "\"abcdef...\"");
  EXPECT_EQ(Excerpt("abé", 3), "\"ab...\"");  // no half character
  EXPECT_EQ(Excerpt("\x80\x80\x80", 1), "\"...\"");
}

}  // namespace
}  // namespace retort
