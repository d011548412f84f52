// What waits, of several owners: one owner's in the order of their coming, owners in turns. Who has a thousand waiting
// delays nobody else by more than one; who has many names has as many turns. Keys are unique.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace retort {

template <class Item>
class FairQueue {
 public:
  using Entry = std::pair<int64_t, Item>;  // its key, and what it is

  void Push(const std::string& owner, int64_t key, Item item) {
    auto [found, is_new] = by_owner_.try_emplace(owner);
    if (is_new) turns_.push_back(owner);
    found->second.emplace_back(key, std::move(item));
  }

  // The next one; its owner is the last to have a turn again. Not of an empty queue.
  Entry Pop() {
    return *PopOf([](const std::string& /*owner*/) { return true; });
  }

  // The next one of an owner of whom `may` is true; nullopt: there is none.
  template <class May>
  std::optional<Entry> PopOf(const May& may) {
    const auto turn = std::ranges::find_if(turns_, may);
    if (turn == turns_.end()) return std::nullopt;
    const auto found = by_owner_.find(*turn);
    Entry entry = std::move(found->second.front());
    found->second.pop_front();
    if (found->second.empty()) {
      turns_.erase(turn);
      by_owner_.erase(found);
    } else {
      turns_.splice(turns_.end(), turns_, turn);
    }
    return entry;
  }

  // nullopt: it does not wait.
  std::optional<Item> Remove(int64_t key) {
    for (auto owner = by_owner_.begin(); owner != by_owner_.end(); ++owner) {
      std::deque<Entry>& waiting = owner->second;
      const auto found = std::ranges::find(waiting, key, &Entry::first);
      if (found == waiting.end()) continue;
      Item item = std::move(found->second);
      waiting.erase(found);
      if (waiting.empty()) {
        turns_.remove(owner->first);
        by_owner_.erase(owner);
      }
      return item;
    }
    return std::nullopt;
  }

  bool empty() const { return turns_.empty(); }

 private:
  std::map<std::string, std::deque<Entry>> by_owner_;  // none of them empty
  std::list<std::string> turns_;                       // their owners, the next one first
};

}  // namespace retort
