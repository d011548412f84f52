// Asks a teacher about the prompts of a seed's pool and stores the answers: append-only JSON lines and a manifest. A
// second run asks only for what is missing; more rows are asked for in the pool's order, so that files only grow.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/data/grader.h"
#include "core/data/sample_set.h"
#include "core/data/task.h"
#include "teacher/teacher.h"

namespace retort {

struct CollectConfig {
  Sampling sampling;
  int pool_size = 512;       // prompts of a seed, whatever n is asked for
  int attempts = 1;          // answers asked for each prompt
  int chunk = 64;            // prompts asked together; the stored order is that of the pool
  bool answer_only = false;  // ask for the bare answer, where the task has that form
  std::string task;          // not an option: the task's resolved config, for the manifest
};
void Describe(Describer& d, CollectConfig& config);

// The prompts of a seed's pool in the order that they are asked, those of `held_out` refused.
std::vector<Item> RankedPool(const Task& task, const CollectConfig& config, uint64_t seed,
                             const std::vector<Item>& held_out);

// Makes sure that folder/samples.jsonl holds the first `rows` rows of the pool of `seed`: prompts ranked by
// StableHash(seed, id), attempts adjacent. Answers with an error are reported by an Error after the rest is stored. A
// prompt whose text equals one of `held_out` is refused (counted as "dropped.held_out"). `progress(done, total)` may be
// empty. Returns the whole set as stored. Throws Error if the pool has fewer than `rows` rows, or if the folder holds
// another teacher's, task's or sampling's samples. An interrupt (core/base/interrupt.h) returns early with what is
// stored.
SampleSet Collect(Teacher& teacher, const Task& task, const CollectConfig& config, uint64_t seed, int rows,
                  const std::vector<Item>& held_out, const std::filesystem::path& folder,
                  const std::function<void(int, int)>& progress);

// Names a collection by what fixes its answers: teacher identity, task, sampling, seed; not by how many rows.
std::string CollectionHash(const Card& teacher, const Task& task, const CollectConfig& config, uint64_t seed);

}  // namespace retort
