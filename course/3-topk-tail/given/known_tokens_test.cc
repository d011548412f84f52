// For you, before you hand in: a few rows that can be checked by hand. The grader looks at many more, and at nothing
// that this prints.
#include "core/fused/known_tokens.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace retort::fused {
namespace {

double Loss(std::vector<float>& logits, const std::vector<int>& ids, const std::vector<float>& known, float rest) {
  return KnownTokensDivergence(logits.data(), static_cast<int64_t>(logits.size()), ids.data(), known.data(),
                               static_cast<int64_t>(ids.size()), rest, 1);
}

TEST(KnownTokens, OneOfTwoTokens) {
  std::vector<float> logits = {0, 0};
  EXPECT_NEAR(Loss(logits, {0}, {0.75F}, 0.25F), 0.75 * std::log(1.5) + 0.25 * std::log(0.5), 1e-6);
  EXPECT_NEAR(logits[0], -0.25, 1e-6);
  EXPECT_NEAR(logits[1], 0.25, 1e-6);
}

TEST(KnownTokens, TheRestIsOneBucket) {
  std::vector<float> logits = {0, 0, 0, 0};  // S(rest) = 3/4: as the teacher has it, however it shares it out
  EXPECT_NEAR(Loss(logits, {2}, {0.25F}, 0.75F), 0, 1e-6);
  for (const float slope : logits) EXPECT_NEAR(slope, 0, 1e-6);
}

TEST(KnownTokens, AConstantIsNothingToASoftmax) {
  std::vector<float> low = {1, 2, 3}, high = {1001, 1002, 1003};
  EXPECT_NEAR(Loss(low, {1}, {0.5F}, 0.5F), Loss(high, {1}, {0.5F}, 0.5F), 1e-6);
}

}  // namespace
}  // namespace retort::fused
