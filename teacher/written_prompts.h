// New prompts by the teacher itself, so that a run needs no file of them: it is shown a few of the task's and asked for
// one more of the kind, in words; digit folds are asked for in their own form (core/data/fold_writing.h), since the
// small networks that know them read no words. What it writes has no reference solution. Held-out prompts are refused.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/config/describe.h"
#include "core/data/answerer.h"
#include "core/data/fold_writing.h"
#include "core/data/task.h"
#include "teacher/filter.h"

namespace retort {

struct WrittenPromptsConfig {
  int seeds = 8;     // prompts of the task that the teacher is shown examples from
  int examples = 3;  // shown at once
  double temperature = 1;
  int max_tokens = 200;  // of a new prompt
  // What new prompts must pass, as collect.filter does for answers.
  FilterConfig filter = {.filters = {"finish_reason", "length", "exact_duplicate", "near_duplicate", "decontaminate"},
                         .max_characters = 2000,
                         .near_duplicate = 0.7,
                         .rubric =
                             "Is the question below well posed, with one answer, and of the same kind as the "
                             "examples?"};
  // Empty: as digit folds are asked for; refused for other tasks.
  std::string instruction =
      "Here are questions of one kind. Write one new question of the same kind, different from all of them. Reply with "
      "the new question alone.";
};
void Describe(Describer& d, WrittenPromptsConfig& config);

// Numbers 0 to pool_size - 1 are prompts to be, each asked for in its own words; they are written in the order of
// StableHash(seed, id), as the prompts of a task are.
class PromptWriter {
 public:
  // `examples`, `context` and `teacher` outlive the writer. Throws Error if there is no example, or if the instruction
  // is empty and the examples are no digit folds.
  PromptWriter(const WrittenPromptsConfig& config, std::span<const Item> examples, int pool_size, uint64_t seed,
               const FilterContext& context, Answerer& teacher);
  // The next prompts: asks for `count`, and gives those that the filters keep. Empty at the pool's end, at an
  // interrupt, or after a failure.
  std::vector<Item> Next(int count);

  bool done() const { return next_ >= ids_.size(); }
  std::map<std::string, int64_t> counts() const;  // "written.asked", "written.dropped.<filter>"
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  const WrittenPromptsConfig& config_;
  std::span<const Item> examples_;
  uint64_t seed_;
  Answerer& teacher_;
  std::set<std::string> held_out_;  // the questions themselves
  std::optional<FoldKind> folds_;   // where they are asked for without words
  std::vector<std::string> ids_;    // in the order of writing
  size_t next_ = 0;
  std::vector<NamedFilter> filters_;
  std::map<std::string, int64_t> dropped_;
  std::vector<std::string> failures_;
};

}  // namespace retort
