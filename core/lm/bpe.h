// Byte-pair encoding of one word: the pair of neighbours with the lowest rank is merged until none is left (Sennrich et
// al. 2016, section 3.2). A priority queue over a linked list keeps a word of n bytes at n log n; words met before come
// from a cache, which is where nearly all of ordinary text goes.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace retort {

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <typename T>
using StringMap = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;

struct BpeMerge {
  int left, right, result;  // ids; rank = place in the list
};

struct BpeOptions {
  int unk_id = -1;             // for what has no token; -1: it is dropped
  bool fuse_unk = false;       // neighbouring unknowns give one token
  bool ignore_merges = false;  // a word that is a token is that token
  bool byte_fallback = false;  // words are of characters; one without a token is its bytes <0x00> to <0xFF>
};

class Bpe {
 public:
  // `ids_by_text`: the tokens that words can reach; with byte fallback the byte tokens are among them, or a character
  // that has no token is unknown.
  Bpe(StringMap<int> ids_by_text, const std::vector<BpeMerge>& merges, const BpeOptions& options);
  // Appends the ids of `word`. Safe to call from several threads.
  void Encode(std::string_view word, std::vector<int>& ids) const;

 private:
  struct Ranked {
    int rank, result;
  };
  std::vector<int> Symbols(std::string_view word) const;
  std::vector<int> Merge(std::string_view word) const;

  StringMap<int> ids_by_text_;
  std::array<int, 256> byte_ids_;
  std::unordered_map<uint64_t, Ranked> merges_;
  BpeOptions options_;
  mutable std::mutex mutex_;
  mutable StringMap<std::vector<int>> cache_;
};

}  // namespace retort
