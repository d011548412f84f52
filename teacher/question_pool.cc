#include "teacher/question_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"
#include "core/base/hash.h"

namespace retort {
namespace {

Item AsAsked(const Task& task, Wording wording, Item item) {
  if (wording == Wording::kTask) return item;
  const bool bare = wording == Wording::kBare;
  std::optional<Item> asked = bare ? task.AnswerOnly(item) : task.Reworded(item);
  if (!asked) {
    throw Error(bare ? "collect.answer_only=true, but this task has no bare form"
                     : "collect.prompts=reworded, but this task can be asked in one way only");
  }
  asked->id = item.id;
  return std::move(*asked);
}

}  // namespace

QuestionPool MakePool(const Task& task, Wording wording, int size, uint64_t seed, const std::vector<Item>& held_out) {
  std::unordered_set<std::string> refused;
  for (const Item& item : held_out) refused.insert(Text(item.prompt));
  std::vector<std::pair<uint64_t, Item>> ranked;
  QuestionPool pool;
  for (Item& item : task.Items(Split::kTrain, size, seed)) {
    if (refused.contains(Text(item.prompt))) {
      ++pool.held_out;
    } else {
      const uint64_t rank = StableHash(seed, item.id);
      ranked.emplace_back(rank, AsAsked(task, wording, std::move(item)));
    }
  }
  std::ranges::stable_sort(ranked, [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second.id) < std::tie(b.first, b.second.id);
  });
  for (auto& [rank, item] : ranked) pool.items.push_back(std::move(item));
  return pool;
}

std::string QuestionsHash(const Task& task, int size, uint64_t seed) {
  Sha256 hash;
  for (const Item& item : task.Items(Split::kTrain, size, seed)) {
    hash.Update(fmt::format("{}\n{}\n", item.id, Text(item.prompt)));
  }
  return hash.Hex();
}

}  // namespace retort
