// One evaluation for teacher, base and student.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/data/answerer.h"
#include "core/data/grader.h"
#include "core/data/sampled_scores.h"
#include "core/data/task.h"

namespace retort {

struct ItemScore {
  std::string id;
  double score = 0;  // exact match in [0, 1], or bits per byte where the metric is a likelihood; of k answers the mean
  bool parsed = false;  // of k answers: the first
  std::optional<double> step_accuracy;
  std::optional<double> reference_nats;  // log-likelihood of the reference solution
  int64_t completion_tokens = 0;
  std::string answer;                     // of k answers: the first
  std::optional<SampledAnswers> sampled;  // where more than one was asked for
};

// Asks every item `samples` times, as attempts 0, 1, ..., and grades. Throws Error if a request fails. Results stand in
// the order of `items`.
std::vector<ItemScore> Evaluate(Answerer& answerer, std::span<const Item> items, Grader& grader,
                                const Sampling& sampling, int samples = 1);
// score = bits per byte of the item's reference solution. Throws Error for an item that has none.
std::vector<ItemScore> EvaluateLikelihood(LikelihoodScorer& scorer, std::span<const Item> items, const Task& task);

// One JSON line for items.jsonl, and back.
std::string ToJsonLine(const ItemScore& score);
ItemScore ParseItemScore(std::string_view line, const std::string& file, int line_number);

struct Means {
  double score = 0, parse_rate = 0;
  std::optional<double> step_accuracy, reference_nats;
  std::optional<SampledMeans> sampled;  // where every item has as many answers as the next; a cell keeps it in `extras`
};
Means Average(std::span<const ItemScore> scores);

}  // namespace retort
