#include "core/data/fold_writing.h"

#include <gtest/gtest.h>

namespace retort {
namespace {

Item Asked(const char* prompt) { return {.id = prompt, .prompt = {{"", prompt}}}; }

TEST(FoldKind, IsWhatAllExamplesAre) {
  const auto kind = FoldKindOf(std::vector{Asked("big 4729?"), Asked("big 472910?")});
  ASSERT_TRUE(kind);
  EXPECT_EQ(kind->Request(), "T big=");
  for (const char* good : {"big 1234?", "big 12345?", "big 123456?"}) EXPECT_TRUE(kind->Contains(good)) << good;
  for (const char* bad :
       {"big 123?", "big 1234567?", "big 1234!", "big 1234", "bud 1234?", "big 12a4?", "", "T big="}) {
    EXPECT_FALSE(kind->Contains(bad)) << bad;
  }
}

TEST(FoldKind, IsNoneOfMixedOrOtherPrompts) {
  EXPECT_FALSE(FoldKindOf(std::vector{Asked("big 4729?"), Asked("bud 4729?")}));
  EXPECT_FALSE(FoldKindOf(std::vector{Asked("big 4729?"), Asked("big 4729!")}));
  EXPECT_FALSE(FoldKindOf(std::vector{Asked("How many apples?")}));
  EXPECT_FALSE(FoldKindOf({}));
}

}  // namespace
}  // namespace retort
