#include "teacher/provider/canaries.h"

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/data/folds.h"
#include "core/data/sample.h"

namespace retort {
namespace {

constexpr size_t kDigits = 6;  // of a canary that is no digit fold

char DrawDigit(int options, RandomStream& random) {
  return static_cast<char>('0' + random.Below(static_cast<uint64_t>(options)));
}

Canary FoldCanary(const ParsedPrompt& prompt, RandomStream& random) {
  Canary canary{.answer = {}, .secrets = {}, .options = FindFoldOp(prompt.op).modulo};
  const bool second = prompt.form == FoldForm::kSecond, bare = prompt.form == FoldForm::kBare;
  char left = prompt.digits.front();
  for (size_t i = 1; i < prompt.digits.size(); ++i) {
    const char result = DrawDigit(canary.options, random);
    if (!bare) {
      canary.answer +=
          second ? fmt::format("{},{}=", left, prompt.digits[i]) : fmt::format("{}{}", left, prompt.digits[i]);
      canary.secrets.push_back(canary.answer.size());
      canary.answer += fmt::format("{} ", result);
    }
    left = result;
  }
  canary.answer += second ? 'S' : 'A';
  if (bare) canary.secrets.push_back(canary.answer.size());
  canary.answer += left;
  return canary;
}

}  // namespace

bool IsCanary(std::string_view prompt, double share, uint64_t key) {
  return static_cast<double>(StableHash(key, fmt::format("canary?/{}", prompt)) >> 11) * 0x1p-53 < share;
}

Canary MakeCanary(std::string_view prompt, uint64_t key) {
  RandomStream random(key, fmt::format("canary/{}", prompt));
  if (const auto fold = ParseFoldPrompt(prompt)) return FoldCanary(*fold, random);
  Canary canary;
  for (size_t i = 0; i < kDigits; ++i) {
    if (i > 0) canary.answer += ' ';
    canary.secrets.push_back(canary.answer.size());
    canary.answer += DrawDigit(canary.options, random);
  }
  return canary;
}

std::vector<double> SecretPValues(const std::vector<Message>& prompt, const Canary& canary, uint64_t key,
                                  const ScoreBeginnings& score) {
  std::vector<LikelihoodScorer::Pair> pairs;
  pairs.reserve(canary.secrets.size() * static_cast<size_t>(canary.options));
  for (const size_t at : canary.secrets) {
    for (int digit = 0; digit < canary.options; ++digit) {
      pairs.push_back({prompt, canary.answer.substr(0, at) + static_cast<char>('0' + digit)});
    }
  }
  const std::vector<Likelihood> likelihoods = score(pairs);
  RandomStream random(key, fmt::format("canary ranks/{}", Text(prompt)));
  std::vector<double> p_values;
  p_values.reserve(canary.secrets.size());
  const auto options = static_cast<size_t>(canary.options);
  for (size_t i = 0; i < canary.secrets.size(); ++i) {
    const auto secret = static_cast<size_t>(canary.answer[canary.secrets[i]] - '0');
    const double of_secret = likelihoods[i * options + secret].nats;
    double more = 0, equal = 0;
    for (size_t digit = 0; digit < options; ++digit) {
      const double nats = likelihoods[i * options + digit].nats;
      more += nats > of_secret ? 1 : 0;
      equal += nats == of_secret ? 1 : 0;
    }
    // In (0, 1]: a p value of 0 would end a product.
    p_values.push_back((more + (1 - random.Uniform()) * equal) / static_cast<double>(options));
  }
  return p_values;
}

}  // namespace retort
