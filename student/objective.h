// What a student learns by: the objectives' names, their settings, and what each needs of whoever teaches. Apart from
// their arithmetic (student/losses.h), so that configs and checks need no LibTorch. docs/objectives.md has the
// formulas.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/config/describe.h"
#include "core/data/answerer.h"
#include "core/data/sample.h"

namespace retort {

// Hugging Face's names (TRL's GKDConfig and DPOConfig) where there are some. What an objective does not use must stay
// as it is: CheckObjective.
struct ObjectiveConfig {
  std::string name = "sft";
  double temperature = 1;                    // of both softmaxes in the loss
  bool temperature_squared_scaling = false;  // the loss times temperature^2
  std::optional<double> beta;                // jsd: weight of the teacher in the mixture, .5; dpo: .1
  std::optional<double> alpha;               // skew_*: weight of the mixture's other part, .1
  int top_k = 0;                             // topk: the first so many of the samples; 0: all
  double label_smoothing = 0;                // dpo
  double lmbda = 0;                          // share of the steps on the student's own answers
  Sampling sampling{.temperature = 1};       // of these
  int64_t max_teacher_tokens = 0;            // that a live teacher may read; 0: no end

  double Beta() const;
  double Alpha() const;
};
void Describe(Describer& d, ObjectiveConfig& config);

enum class Needs {
  kText,        // answers
  kTopK,        // the most likely tokens beside each token of an answer, in the samples
  kFullLogits,  // a teacher at hand while the student learns
  kPairs,       // a better and a worse answer to each prompt
};

struct ObjectiveInfo {
  std::string_view name;
  Needs needs;
  std::string_view formula;
};
// All of them, in the order of docs/objectives.md.
std::span<const ObjectiveInfo> Objectives();
const ObjectiveInfo& InfoOf(const ObjectiveConfig& config);

// Whether training has to ask a teacher that is at hand.
inline bool NeedsLiveTeacher(const ObjectiveConfig& config) { return InfoOf(config).needs == Needs::kFullLogits; }

// Throws Error for a setting that the objective has no use for, or that contradicts another. `key`: where the config
// stands, "student.objective".
void CheckObjective(const ObjectiveConfig& config, std::string_view key);

// Throws Error that names the first sample without what the objective needs of samples: a rejected answer, or
// log-probabilities. What they are worth is seen when they meet the student's tokenizer (student/example.h). `file`:
// where they were read, for the message; may be empty.
void CheckSamples(const ObjectiveConfig& config, std::span<const Sample> samples, const std::string& file = "");

}  // namespace retort
