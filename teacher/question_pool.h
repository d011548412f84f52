// The prompts that a seed may ask: its own pool, in an order that depends on nothing but seed and id.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/task.h"

namespace retort {

struct QuestionPool {
  std::vector<Item> items;  // as asked, in the order of StableHash(seed, id)
  int64_t held_out = 0;     // refused, since their prompt is one of the held-out ones
};
// How the questions are put. Throws Error where the task cannot be asked so.
enum class Wording { kTask, kBare, kReworded };
QuestionPool MakePool(const Task& task, Wording wording, int size, uint64_t seed, const std::vector<Item>& held_out);

// Over the questions themselves: whatever in a task's config changes them changes the hash, and nothing else does.
std::string QuestionsHash(const Task& task, int size, uint64_t seed);

}  // namespace retort
