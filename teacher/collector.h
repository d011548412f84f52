// Asks a teacher about the prompts of a seed's pool and stores what the filters keep. A collection is a folder:
//   journal.jsonl   what was asked, charged and answered; appended to, never rewritten
//   samples.jsonl   the rows, in the pool's order: the first n that the filters kept, made anew from the journal
//   manifest.json   where they come from, and what each step took
// A second run asks only for what the journal lacks. More rows come from further prompts of the pool, so that a larger
// file begins with the smaller one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/data/grader.h"
#include "core/data/sample_set.h"
#include "core/data/task.h"
#include "teacher/books.h"
#include "teacher/card.h"
#include "teacher/collect_plan.h"
#include "teacher/filter.h"
#include "teacher/price.h"
#include "teacher/teacher.h"
#include "teacher/written_prompts.h"

namespace retort {

struct CollectConfig {
  Sampling sampling;
  int pool_size = 512;           // prompts of a seed, whatever n is asked for
  int attempts = 1;              // answers asked for each prompt
  int chunk = 64;                // prompts asked together
  bool answer_only = false;      // ask for the bare answer, where the task has that form
  std::string prompts = "task";  // "reworded": the same asked in other words; "teacher": it writes them
  WrittenPromptsConfig written;
  FilterConfig filter;
  BudgetConfig budget;
  std::string acknowledge_terms;  // name of a teacher whose terms forbid this

  // Not options of this group:
  std::string task;  // the task's resolved config, for the manifest
  PriceConfig prices;
  CardConfig card;
};
void Describe(Describer& d, CollectConfig& config);
// The groups `prices` and `card`, which stand beside `collect` in a config.
void DescribePricesAndCard(Describer& d, CollectConfig& config);

struct CollectJob {
  Teacher& teacher;
  const Task& task;
  Grader* grader = nullptr;  // null: the filter `grade` is refused
  const CollectConfig& config;
  uint64_t seed = 0;
  const std::vector<Item>& held_out;
  std::filesystem::path folder;
  std::function<void(int done, int total)> progress = {};  // may be empty
};

// The prompts of a seed's pool in the order that they are asked, those of `held_out` refused.
std::vector<Item> RankedPool(const Task& task, const CollectConfig& config, uint64_t seed,
                             const std::vector<Item>& held_out);

// Makes sure that the folder has the first `rows` rows of the pool, ranked by StableHash(seed, id), attempts adjacent;
// rows beyond them that the folder had already stay. Throws Error if the pool has fewer rows, if the folder holds
// another teacher's, task's or sampling's samples, if the teacher's terms forbid it, or if requests failed (all that
// came is kept, and a further call asks for the rest). An interrupt (core/base/interrupt.h) returns early with what is
// there.
SampleSet Collect(const CollectJob& job, int rows);

// What Collect would still ask for, at most, if no filter dropped an answer and no request failed.
CollectPlan PlanCollection(const CollectJob& job, int rows);

// Names a collection by what fixes its answers: teacher identity, task, sampling, seed; not by how many rows.
std::string CollectionHash(const Card& teacher, const Task& task, const CollectConfig& config, uint64_t seed);

}  // namespace retort
