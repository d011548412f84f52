// The options of tasks, and the one door to them.
#include "core/data/task.h"

#include <algorithm>

#include "core/data/folds.h"

namespace retort {

void Describe(Describer& d, FoldsConfig& config) {
  static const std::vector<std::string> ops = AllFoldOps();
  std::vector<std::string_view> targets = {"rules"};
  targets.insert(targets.end(), ops.begin(), ops.end());
  targets.insert(targets.end(), ExtraFoldOps().begin(), ExtraFoldOps().end());
  d.Field("target", config.target,
          {.help = "what is to be learnt: rules (each seed draws one of sixteen) or a single operation",
           .choices = targets});
  d.Field("min_digits", config.min_digits, {.help = "shortest question", .unit = "digits", .min = 2, .max = 64});
  d.Field("max_digits", config.max_digits, {.help = "longest question", .unit = "digits", .min = 2, .max = 64});
}

void Describe(Describer& d, JsonlConfig& config) {
  d.Field("path", config.path,
          {.help = "JSONL file of prompts with reference answers", .required = true, .numerics = false});
  d.Field("held_out_path", config.held_out_path,
          {.help = "JSONL file of held-out items; empty: a share of `path`", .numerics = false});
  d.Field("held_out_share", config.held_out_share,
          {.help = "share of the items of `path` that is held out, chosen by hash", .min = 0, .max = 1});
  d.Field("prompt_key", config.prompt_key, {.help = "key of the prompt in each line"});
  d.Field("answer_key", config.answer_key, {.help = "key of the reference answer in each line"});
  d.Field("system", config.system, {.help = "system turn before each prompt; empty: none"});
  d.Field("prompt_role", config.prompt_role,
          {.help = "role of the prompt; empty: plain text with no chat format", .choices = {"user", ""}});
  d.Field("grader", config.grader,
          {.help = "how the final answer is found and compared",
           .choices = {"exact", "final_number", "math", "choice", "regex"}});
  d.Field("grader_pattern", config.grader_pattern,
          {.help = "PCRE2 pattern of grader = regex: group 1 of its last match is the answer"});
  d.Field("max_new_tokens", config.max_new_tokens,
          {.help = "longest answer", .unit = "tokens", .min = 1, .max = 1 << 20});
}

Sampling Bounded(Sampling sampling, const Task& task) {
  const int asked = sampling.max_new_tokens;
  sampling.max_new_tokens = asked == 0 ? task.max_new_tokens() : std::min(asked, task.max_new_tokens());
  return sampling;
}

std::unique_ptr<Task> MakeTask(const TaskConfig& config) {
  return std::visit([](const auto& chosen) { return MakeTask(chosen); }, config);
}

}  // namespace retort
