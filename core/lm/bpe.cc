#include "core/lm/bpe.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <queue>

#include "core/base/utf8.h"

namespace retort {
namespace {

constexpr size_t kCachedWords = 1 << 16, kCachedBytes = 64;

uint64_t PairKey(int left, int right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

}  // namespace

Bpe::Bpe(StringMap<int> ids_by_text, const std::vector<BpeMerge>& merges, const BpeOptions& options)
    : ids_by_text_(std::move(ids_by_text)), options_(options) {
  for (size_t byte = 0; byte < byte_ids_.size(); ++byte) {
    const auto found = ids_by_text_.find(options_.byte_fallback ? fmt::format("<0x{:02X}>", byte)
                                                                : std::string(1, static_cast<char>(byte)));
    byte_ids_[byte] = found == ids_by_text_.end() ? -1 : found->second;
  }
  merges_.reserve(merges.size());
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    // Where a pair stands twice the last counts, as in the reference.
    merges_[PairKey(merges[rank].left, merges[rank].right)] = {static_cast<int>(rank), merges[rank].result};
  }
}

void Bpe::Encode(std::string_view word, std::vector<int>& ids) const {
  if (word.size() > kCachedBytes) {
    const std::vector<int> fresh = Merge(word);
    ids.insert(ids.end(), fresh.begin(), fresh.end());
    return;
  }
  const std::lock_guard lock(mutex_);
  auto found = cache_.find(word);
  if (found == cache_.end()) {
    if (cache_.size() >= kCachedWords) cache_.clear();
    found = cache_.emplace(word, Merge(word)).first;
  }
  ids.insert(ids.end(), found->second.begin(), found->second.end());
}

std::vector<int> Bpe::Symbols(std::string_view word) const {
  std::vector<int> ids;
  for (std::string_view rest = word; !rest.empty();) {
    const size_t length = options_.byte_fallback ? NextUtf8(rest).length : 1;
    const auto character = options_.byte_fallback ? ids_by_text_.find(rest.substr(0, length)) : ids_by_text_.end();
    const std::string_view bytes = rest.substr(0, length);
    rest.remove_prefix(length);
    if (character != ids_by_text_.end()) {
      ids.push_back(character->second);
      continue;
    }
    const auto id_of = [&](char c) { return byte_ids_[static_cast<unsigned char>(c)]; };
    if (std::ranges::all_of(bytes, [&](char c) { return id_of(c) >= 0; })) {
      std::ranges::transform(bytes, std::back_inserter(ids), id_of);
    } else if (options_.unk_id >= 0 && !(options_.fuse_unk && !ids.empty() && ids.back() == options_.unk_id)) {
      ids.push_back(options_.unk_id);  // a character goes whole, never some of its bytes
    }
  }
  return ids;
}

std::vector<int> Bpe::Merge(std::string_view word) const {
  if (options_.ignore_merges) {
    if (const auto whole = ids_by_text_.find(word); whole != ids_by_text_.end()) return {whole->second};
  }
  std::vector<int> ids = Symbols(word);

  // The list: a symbol swallowed by its left neighbour has id -1.
  const int n = static_cast<int>(ids.size());
  std::vector<int> next(ids.size()), previous(ids.size());
  for (int i = 0; i < n; ++i) next[i] = i + 1, previous[i] = i - 1;
  struct Candidate {
    int rank, position, left, right, result;
    bool operator>(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : position > other.position;
    }
  };
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto consider = [&](int position) {
    if (position < 0 || next[position] >= n) return;
    const int left = ids[position], right = ids[next[position]];
    const auto found = merges_.find(PairKey(left, right));
    if (found != merges_.end()) queue.push({found->second.rank, position, left, right, found->second.result});
  };
  for (int i = 0; i + 1 < n; ++i) consider(i);
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    const int i = best.position, j = next[i];
    if (ids[i] != best.left || j >= n || ids[j] != best.right) continue;  // one of the two was merged meanwhile
    ids[i] = best.result;
    ids[j] = -1;
    next[i] = next[j];
    if (next[i] < n) previous[next[i]] = i;
    consider(previous[i]);
    consider(i);
  }
  std::erase(ids, -1);
  return ids;
}

}  // namespace retort
