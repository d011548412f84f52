// Which answers become samples. Filters run in the order that the config names them, over answers in the pool's order,
// so that what is kept does not depend on when an answer came, and more prompts never change what earlier ones gave.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/describe.h"
#include "core/data/answerer.h"
#include "core/data/grader.h"
#include "core/data/sample.h"
#include "core/data/task.h"

namespace retort {

struct FilterConfig {
  // In order; names in kFilters of filters.cc.
  std::vector<std::string> filters;
  std::vector<std::string> finish_reasons = {"stop"};  // finish_reason keeps these
  int min_characters = 1, max_characters = 100000;     // length keeps completions of so many (Unicode characters)
  int shingle_words = 5;                               // near_duplicate: MinHash over shingles of so many words
  double near_duplicate = 0.8;                         // ... drops from this estimated Jaccard similarity on
  int ngram_words = 13;                                // decontaminate: shared word n-gram with a held-out prompt
  double min_score = 1;                                // grade keeps answers that the task's grader gives so much
  double min_judge_score = 8;                          // judge: 1 to 10, mean of the two orders
  double max_disagreement = 2;                         // judge drops answers that the two orders score further apart
  std::string rubric = "Is the answer right, complete and clearly reasoned?";
  int keep = 1;  // best_of keeps so many attempts of a prompt
};
void Describe(Describer& d, FilterConfig& config);

// All that filters may look at. Every pointer outlives the filters.
struct FilterContext {
  Grader* grader = nullptr;        // null: the task has none; then `grade` is refused
  Answerer* judge = nullptr;       // asked by `judge`
  std::span<const Item> held_out;  // `decontaminate`
};

// The answers to one prompt that are still in, attempts ascending.
struct PromptAnswers {
  const Item* item = nullptr;
  std::vector<Sample> answers;
};

class Filter {
 public:
  virtual ~Filter() = default;
  // Removes what is not kept. Called with consecutive prompts of the pool, each prompt once; may attach a grade.
  virtual void Apply(std::span<PromptAnswers> prompts) = 0;
  // Further counts for the manifest ("judge.disagreed"); empty for most.
  virtual std::map<std::string, int64_t> counts() const { return {}; }
};

struct NamedFilter {
  std::string name;
  std::unique_ptr<Filter> filter;
};
// Throws Error for an unknown or doubled name, or one that needs what the context lacks.
std::vector<NamedFilter> MakeFilters(const FilterConfig& config, const FilterContext& context);

// All of them in turn; adds how many answers each took to dropped[name].
void ApplyFilters(std::span<const NamedFilter> filters, std::span<PromptAnswers> prompts,
                  std::map<std::string, int64_t>& dropped);

}  // namespace retort
