#include "core/base/ascii.h"

#include <gtest/gtest.h>

namespace retort {
namespace {

TEST(AsciiTest, LettersOfAsciiAlone) {
  EXPECT_EQ(AsciiLower("Content-TYPE @[`{ 09"), "content-type @[`{ 09");
  EXPECT_EQ(AsciiLower("\xc3\x84\xff"), "\xc3\x84\xff");
  EXPECT_EQ(AsciiLower('Z'), 'z');
}

}  // namespace
}  // namespace retort
