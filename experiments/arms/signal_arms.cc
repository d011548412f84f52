#include "experiments/arms/signal_arms.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "core/base/error.h"
#include "core/data/folds.h"
#include "experiments/design/derive.h"

namespace retort::lab {
namespace {

constexpr int kDraws = 4;

void RequireTemperature(const ExperimentConfig& config, const char* arm) {
  if (config.collect.sampling.temperature > 0) return;
  throw Error({.place = fmt::format("arm {}", arm)},
              "collect.sampling.temperature is 0: its answers would be those of greedy over again",
              "set collect.sampling.temperature=1, or leave the arm out");
}

// Text alone: what is not asked for cannot be learnt from.
void AskText(ExperimentConfig& config) { config.collect.sampling.top_logprobs = -1; }

// Rows as long as `cost` of them stays within `budget`; what the teacher wrote for others nobody asked for.
template <class Cost>
SampleSet Within(SampleSet set, int64_t budget, const std::string& how, const Cost& cost) {
  int64_t spent = 0;
  size_t kept = 0;
  for (; kept < set.samples.size(); ++kept) {
    const int64_t next = cost(set.samples[kept]);
    if (spent + next > budget) break;
    spent += next;
  }
  set.samples.resize(kept);
  MarkDerived(set, how);
  return set;
}

void LearnTop(CellConfig& config, int k) {
  config.student.objective = {.name = "topk"};
  config.student.objective.top_k = k;
}

}  // namespace

void AskDrawn(ExperimentConfig& config) { RequireTemperature(config, "one_draw"); }

void AskGreedy(ExperimentConfig& config) {
  config.collect.sampling.temperature = 0;
  AskText(config);
}

void AskFourDraws(ExperimentConfig& config) {
  RequireTemperature(config, "four_draws");
  config.collect.attempts = kDraws;
  AskText(config);
}

void AskWithoutReasoning(ExperimentConfig& config) {
  std::vector<std::string>& use = config.policies.use;
  if (std::ranges::find(use, "hide_reasoning") == use.end()) {
    use.emplace_back("hide_reasoning");
    config.policies.hide_reasoning.answer_pattern = R"((\S+)\s*\z)";
  }
  AskText(config);
}

void AskReworded(ExperimentConfig& config) {
  config.collect.prompts = "reworded";
  AskText(config);
}

void LearnFullLogits(CellConfig& config) { config.student.objective = {.name = "fkl"}; }
void LearnTop1(CellConfig& config) { LearnTop(config, 1); }
void LearnTop2(CellConfig& config) { LearnTop(config, 2); }
void LearnTop5(CellConfig& config) { LearnTop(config, 5); }

void LearnAQuarter(CellConfig& config) {
  auto* trainer = std::get_if<TrainerConfig>(&config.student.trainer);
  if (trainer == nullptr) {
    throw Error("arm quarter_steps: the command of student.trainer.kind=external chooses its own number of steps");
  }
  trainer->max_steps = (trainer->max_steps + 3) / 4;  // 0: by epochs
  trainer->num_train_epochs /= 4;
}

SampleSet FullLogitsAtEqualTokens(ArmContext& context, int n, uint64_t seed) {
  SampleSet set = context.TeacherRows(n, seed);
  int64_t budget = 0;
  for (const Sample& sample : set.samples) budget += sample.usage.Total();
  return Within(std::move(set), budget, "as many as are written and read for the tokens of N",
                [](const Sample& sample) { return 2 * sample.usage.Total(); });
}

SampleSet RewordedAtEqualTokens(ArmContext& context, int n, uint64_t seed) {
  SampleSet set = context.TeacherRows(n, seed);
  int64_t budget = 0;
  for (const Sample& sample : set.samples) {
    const auto prompt = ParseFoldPrompt(Text(sample.prompt));
    if (!prompt) throw Error("arm paraphrase_equal_tokens: only digit folds tell how long the usual wording is");
    // A token a character, and the grammars differ in nothing but their characters.
    const FoldOp& op = FindFoldOp(prompt->op);
    const auto usual = static_cast<int64_t>(FoldCompletion(op, prompt->digits, FoldForm::kWorked).size()),
               other = static_cast<int64_t>(FoldCompletion(op, prompt->digits, FoldForm::kSecond).size());
    budget += sample.usage.Total() - other + usual;
  }
  return Within(std::move(set), budget, "as many as the tokens of N in the usual wording pay for",
                [](const Sample& sample) { return sample.usage.Total(); });
}

}  // namespace retort::lab
