// Drops an answer that says nearly what a kept earlier one says. MinHash (Broder 1997) estimates how many of the word
// shingles of two texts are common to both; banding (Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4)
// finds the candidates without comparing with all.
//   - 128 hashes: the estimate of a similarity J has a standard deviation of sqrt(J(1-J)/128), 0.035 at 0.8.
//   - The bands are so many that two signatures over the threshold always share a whole one: the result is that of
//     comparing with every kept text.
//   - About 0.9 KB for each kept answer: 512 bytes of signature, 4 bytes a band (32 at 0.8) for its chain and 4 to 8 a
//     band for the table. Time grows with the number of kept texts that are somewhat alike, at worst with all of them:
//     for 100 000 answers of one template, or a threshold below 0.5, it is no longer seconds.
// What is compared is the completion alone, whatever was asked, EXCEPT a completion of fewer words than a shingle: "42"
// is a right answer to many questions. Such a one is one shingle together with the prompt that it answers, so that it
// is dropped only where the same words answered the same words before; 8 bytes are kept of it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "teacher/filter.h"

namespace retort {

inline constexpr int kMinHashes = 128;
using MinHashSignature = std::array<uint32_t, kMinHashes>;

// A hash for each run of `shingle_words` words (teacher/words.h); a text with fewer words is one shingle.
std::vector<uint64_t> Shingles(std::string_view text, int shingle_words);
MinHashSignature MinHash(std::span<const uint64_t> shingles);
double EstimatedJaccard(const MinHashSignature& a, const MinHashSignature& b);

class MinHashIndex {
 public:
  explicit MinHashIndex(double threshold);  // in (0, 1]
  // False, and nothing added, where one that was added before has an estimated similarity of `threshold` or more.
  bool AddIfNew(const MinHashSignature& signature);

 private:
  static constexpr uint32_t kNone = 0xFFFFFFFF;
  struct Band {
    std::vector<uint32_t> heads;  // slot -> the signature added last; a power of two of them
    std::vector<uint32_t> next;   // of a signature: the one before it in its slot
  };
  uint32_t& Head(Band& band, size_t first, const MinHashSignature& signature) const;
  void Grow();

  int matches_;  // that many equal hashes are the threshold
  size_t rows_;  // hashes of a band
  std::vector<MinHashSignature> signatures_;
  std::vector<Band> bands_;
  std::vector<uint32_t> seen_;  // of a signature: the query that last came across it
  uint32_t query_ = 0;
};

std::unique_ptr<Filter> MakeNearDuplicateFilter(const FilterConfig& config);

}  // namespace retort
