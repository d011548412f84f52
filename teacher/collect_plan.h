// What asking a teacher would take, reckoned before anything is asked.
#pragma once

#include <cstdint>
#include <vector>

#include "core/data/answerer.h"
#include "core/data/sample.h"
#include "core/data/task.h"
#include "teacher/price.h"

namespace retort {

struct CollectPlan {
  int64_t requests = 0, answered = 0;  // still to ask, and had already
  Usage likely, most;                  // read and written: at four bytes a token and full length; at worst
  double likely_dollars = 0, most_dollars = 0;
};

void AddRequest(int64_t prompt_bytes, int64_t max_new_tokens, CollectPlan& plan);
void AddDollars(const PriceConfig& prices, CollectPlan& plan);
void Add(const CollectPlan& plan, CollectPlan& sum);

// One answer to each item; `sampling` is bounded by the task.
CollectPlan PlanAnswers(const std::vector<Item>& items, const Sampling& sampling, const PriceConfig& prices);

}  // namespace retort
