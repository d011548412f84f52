// Slots of a band's table hold whatever hashes to them, unchecked: a candidate is compared by its whole signature
// anyway, and so the table needs no keys.
#include "teacher/near_duplicates.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <unordered_set>

#include "core/base/random.h"
#include "teacher/keep_if.h"
#include "teacher/words.h"

namespace retort {
namespace {

// Hash i of a shingle: the upper half of (shingle ^ mask[i]) * factor[i]. Shingles are well mixed already.
struct HashFamily {
  std::array<uint64_t, kMinHashes> masks, factors;
  HashFamily() {
    RandomStream random(1, "MinHash");
    for (uint64_t& mask : masks) mask = random.Next();
    for (uint64_t& factor : factors) factor = random.Next() | 1;
  }
};

int EqualHashes(const MinHashSignature& a, const MinHashSignature& b) {
  int equal = 0;
  for (size_t i = 0; i < a.size(); ++i) equal += a[i] == b[i];
  return equal;
}

class NearDuplicateFilter : public Filter {
 public:
  NearDuplicateFilter(int shingle_words, double threshold)
      : shingle_words_(static_cast<size_t>(shingle_words)), index_(threshold) {}

  void Apply(std::span<PromptAnswers> prompts) override {
    for (PromptAnswers& prompt : prompts) {
      KeepIf(prompt.answers, [&](const Sample& sample) {
        std::vector<uint64_t> words = WordHashes(Text(sample.completion));
        if (words.size() >= shingle_words_) return index_.AddIfNew(MinHash(ShinglesOf(words, shingle_words_)));
        // With the number of words first, words cannot wander between prompt and completion.
        words.insert(words.begin(), words.size());
        for (const Message& message : prompt.item->prompt) {
          const std::vector<uint64_t> more = WordHashes(message.content);
          words.insert(words.end(), more.begin(), more.end());
        }
        return short_.insert(SequenceHash(words)).second;
      });
    }
  }

  static std::vector<uint64_t> ShinglesOf(std::span<const uint64_t> words, size_t shingle_words) {
    if (words.size() < shingle_words) return {SequenceHash(words)};
    std::vector<uint64_t> shingles;
    shingles.reserve(words.size() - shingle_words + 1);
    for (size_t i = 0; i + shingle_words <= words.size(); ++i) {
      shingles.push_back(SequenceHash(words.subspan(i, shingle_words)));
    }
    return shingles;
  }

 private:
  size_t shingle_words_;
  MinHashIndex index_;
  std::unordered_set<uint64_t> short_;
};

}  // namespace

std::vector<uint64_t> Shingles(std::string_view text, int shingle_words) {
  return NearDuplicateFilter::ShinglesOf(WordHashes(text), static_cast<size_t>(shingle_words));
}

MinHashSignature MinHash(std::span<const uint64_t> shingles) {
  static const HashFamily family;
  MinHashSignature signature;
  signature.fill(0xFFFFFFFF);
  for (const uint64_t shingle : shingles) {
    for (size_t i = 0; i < signature.size(); ++i) {
      const auto hash = static_cast<uint32_t>(((shingle ^ family.masks[i]) * family.factors[i]) >> 32);
      signature[i] = std::min(signature[i], hash);
    }
  }
  return signature;
}

double EstimatedJaccard(const MinHashSignature& a, const MinHashSignature& b) {
  return static_cast<double>(EqualHashes(a, b)) / kMinHashes;
}

// Two signatures with enough matches differ in at most 128 - matches hashes. With one band more than that, a band is
// left in which none differs.
MinHashIndex::MinHashIndex(double threshold)
    : matches_(std::max(1, static_cast<int>(std::ceil(threshold * kMinHashes)))),
      rows_(static_cast<size_t>(kMinHashes / (kMinHashes - matches_ + 1))) {
  assert(threshold > 0 && threshold <= 1);
  bands_.resize(kMinHashes / rows_);
  for (Band& band : bands_) band.heads.assign(64, kNone);
}

bool MinHashIndex::AddIfNew(const MinHashSignature& signature) {
  ++query_;
  for (size_t b = 0; b < bands_.size(); ++b) {
    for (uint32_t i = Head(bands_[b], b * rows_, signature); i != kNone; i = bands_[b].next[i]) {
      if (seen_[i] == query_) continue;
      seen_[i] = query_;
      if (EqualHashes(signatures_[i], signature) >= matches_) return false;
    }
  }
  if (signatures_.size() == bands_[0].heads.size()) Grow();
  const auto index = static_cast<uint32_t>(signatures_.size());
  signatures_.push_back(signature);
  seen_.push_back(query_);
  for (size_t b = 0; b < bands_.size(); ++b) {
    uint32_t& head = Head(bands_[b], b * rows_, signature);
    bands_[b].next.push_back(head);
    head = index;
  }
  return true;
}

uint32_t& MinHashIndex::Head(Band& band, size_t first, const MinHashSignature& signature) const {
  uint64_t hash = 0;
  for (size_t i = first; i < first + rows_; ++i) hash = (hash ^ signature[i]) * 0x9E3779B97F4A7C15;
  return band.heads[(hash >> 32) & (band.heads.size() - 1)];
}

void MinHashIndex::Grow() {
  for (size_t b = 0; b < bands_.size(); ++b) {
    Band& band = bands_[b];
    band.heads.assign(band.heads.size() * 2, kNone);
    for (uint32_t i = 0; i < signatures_.size(); ++i) {
      uint32_t& head = Head(band, b * rows_, signatures_[i]);
      band.next[i] = head;
      head = i;
    }
  }
}

std::unique_ptr<Filter> MakeNearDuplicateFilter(const FilterConfig& config) {
  return std::make_unique<NearDuplicateFilter>(config.shingle_words, config.near_duplicate);
}

}  // namespace retort
