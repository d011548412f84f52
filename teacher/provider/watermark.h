// A green-list watermark in sampled text (Kirchenbauer et al. 2023, arXiv:2301.10226, algorithm 2): the `context_width`
// tokens before a place and a secret key part the vocabulary into green and red, and the logits of green tokens are
// raised by `delta` before one is drawn. Who has the key counts green tokens; a text that nobody marked has a share
// `gamma` of them.
//
// The paper draws a list of exactly gamma |V| tokens; here each token is green by itself with probability gamma, by a
// hash of key, context and token. So a detector needs no vocabulary, and the indicators of distinct (context, token)
// pairs are independent under a random key, which makes the test below exact.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>

#include "core/data/answerer.h"

namespace retort {

struct WatermarkSettings {
  double gamma = 0.25;    // share of green tokens, in (0, 1)
  double delta = 2;       // added to a green token's logit
  int context_width = 1;  // tokens before a place that choose its green list; 0: one list for all places
  bool operator==(const WatermarkSettings&) const = default;
};

class Watermark {
 public:
  // Throws Error for settings out of range or a key of fewer than 16 bytes. The key is in no message.
  Watermark(const WatermarkSettings& settings, std::string key);

  const WatermarkSettings& settings() const { return settings_; }
  // The green list after `ids`, whose last context_width tokens count; there must be as many.
  uint64_t ListAfter(std::span<const int> ids) const;
  bool IsGreen(uint64_t list, int token) const;
  // Names the key, and gives nothing of a random one away: 16 hex digits.
  std::string key_id() const;

 private:
  WatermarkSettings settings_;
  std::string key_;
};

// Raises green logits; at a place with fewer tokens before it than context_width, none. `first` (may be null) is
// another processor, whose changes come first.
std::shared_ptr<LogitsProcessor> MakeWatermarkProcessor(std::shared_ptr<const Watermark> watermark,
                                                        std::shared_ptr<LogitsProcessor> first = nullptr);

// What speaks for a watermark in texts. Null hypothesis: the texts were made without knowledge of the key.
struct WatermarkEvidence {
  int64_t pairs = 0;   // distinct (context, token) pairs: a repeated one says nothing new
  int64_t green = 0;   // of them
  double z = 0;        // (green - gamma pairs) / sqrt(pairs gamma (1 - gamma)), equation 3 of the paper
  double p_value = 1;  // P(Binomial(pairs, gamma) >= green): exact, one-sided; discrete, so never too small
};

class WatermarkDetector {
 public:
  explicit WatermarkDetector(std::shared_ptr<const Watermark> watermark) : watermark_(std::move(watermark)) {}

  // Tokens of a text, by the tokenizer of the teacher that is suspected, and those known to stand before it (its
  // prompt; may be empty: the first context_width tokens of the text are then no evidence).
  void Add(std::span<const int> before, std::span<const int> ids);
  WatermarkEvidence Evidence() const;

 private:
  std::shared_ptr<const Watermark> watermark_;
  std::unordered_set<uint64_t> seen_;  // hashes of pairs
  int64_t green_ = 0;
};

}  // namespace retort
