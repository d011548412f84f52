#include "teacher/collect_plan.h"

namespace retort {

void AddRequest(int64_t prompt_bytes, int64_t max_new_tokens, CollectPlan& plan) {  // as ApiTeacher reckons
  ++plan.requests;
  plan.likely.prompt_tokens += prompt_bytes / 4 + 8;
  plan.most.prompt_tokens += prompt_bytes + 16 + 64;
  plan.likely.completion_tokens += max_new_tokens;
  plan.most.completion_tokens += max_new_tokens;
}

void AddDollars(const PriceConfig& prices, CollectPlan& plan) {
  plan.likely_dollars = Dollars(prices, plan.likely);
  plan.most_dollars = Dollars(prices, plan.most);
}

void Add(const CollectPlan& plan, CollectPlan& sum) {
  sum.requests += plan.requests;
  sum.answered += plan.answered;
  sum.likely += plan.likely;
  sum.most += plan.most;
  sum.likely_dollars += plan.likely_dollars;
  sum.most_dollars += plan.most_dollars;
}

CollectPlan PlanAnswers(const std::vector<Item>& items, const Sampling& sampling, const PriceConfig& prices) {
  CollectPlan plan;
  for (const Item& item : items) {
    AddRequest(static_cast<int64_t>(Text(item.prompt).size()), sampling.max_new_tokens, plan);
  }
  AddDollars(prices, plan);
  return plan;
}

}  // namespace retort
