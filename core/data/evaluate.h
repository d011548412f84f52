// One evaluation for teacher, base and student.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/data/answerer.h"
#include "core/data/grader.h"
#include "core/data/task.h"

namespace retort {

struct ItemScore {
  std::string id;
  double score = 0;  // exact match in [0, 1], or bits per byte where the metric is a likelihood
  bool parsed = false;
  std::optional<double> step_accuracy;
  std::optional<double> reference_nats;  // log-likelihood of the reference solution
  int64_t completion_tokens = 0;
  std::string answer;
};

// Asks every item once and grades. Throws Error if a request fails. Results stand in the order of `items`.
std::vector<ItemScore> Evaluate(Answerer& answerer, std::span<const Item> items, Grader& grader,
                                const Sampling& sampling);
// score = bits per byte of the item's reference solution. Throws Error for an item that has none.
std::vector<ItemScore> EvaluateLikelihood(LikelihoodScorer& scorer, std::span<const Item> items, const Task& task);

// One JSON line for items.jsonl, and back.
std::string ToJsonLine(const ItemScore& score);
ItemScore ParseItemScore(std::string_view line, const std::string& file, int line_number);

struct Means {
  double score = 0, parse_rate = 0;
  std::optional<double> step_accuracy, reference_nats;
};
Means Average(std::span<const ItemScore> scores);

}  // namespace retort
