#include "experiments/arms/control_arms.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <variant>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/data/folds.h"
#include "experiments/design/derive.h"

namespace retort::lab {
namespace {

// The steps of the prompt with random results.
std::string RandomFold(const ParsedPrompt& prompt, RandomStream& random) {
  FoldOp op = FindFoldOp(prompt.op);
  std::string text;
  int left = (op.from_right ? prompt.digits.back() : prompt.digits.front()) - '0';
  for (const FoldStep& step : FoldSteps(op, prompt.digits)) {
    const int result = static_cast<int>(random.Below(static_cast<uint64_t>(op.modulo)));
    text += prompt.form == FoldForm::kSecond   ? fmt::format("{},{}={} ", left, step.digit, result)
            : prompt.form == FoldForm::kWorked ? fmt::format("{}{}{} ", left, step.digit, result)
                                               : "";
    left = result;
  }
  return text + fmt::format("{}{}", prompt.form == FoldForm::kSecond ? 'S' : 'A', left);
}

}  // namespace

SampleSet ShuffledPairs(ArmContext& context, int n, uint64_t seed) {
  // Rows change places two by two, so that those of n begin those of a larger n.
  SampleSet set = context.TeacherRows(n + n % 2, seed);
  for (size_t i = 0; i + 1 < set.samples.size(); ++i) {
    if (set.samples[i].id == set.samples[i + 1].id) {
      throw Error("arm shuffled_pairs: needs collect.attempts=1; answers to one prompt would change places");
    }
  }
  for (size_t i = 0; i + 1 < set.samples.size(); i += 2) {
    std::swap(set.samples[i].completion, set.samples[i + 1].completion);
    std::swap(set.samples[i].reasoning, set.samples[i + 1].reasoning);
    for (Sample* sample : {&set.samples[i], &set.samples[i + 1]}) {
      sample->logprobs.clear();
      sample->grade.reset();
    }
  }
  set.samples.resize(static_cast<size_t>(n));
  MarkDerived(set, "each answer given to another prompt");
  return set;
}

SampleSet RandomResults(ArmContext& context, int n, uint64_t seed) {
  SampleSet set = context.TeacherRows(n, seed);
  for (Sample& sample : set.samples) {
    RandomStream random(seed, fmt::format("random_results/{}/{}", sample.id, sample.attempt));
    const std::optional<ParsedPrompt> fold = std::holds_alternative<FoldsConfig>(context.task_config())
                                                 ? ParseFoldPrompt(Text(sample.prompt))
                                                 : std::nullopt;
    SetCompletion(sample, fold ? RandomFold(*fold, random) : OtherDigits(Text(sample.completion), random));
  }
  MarkDerived(set, "results drawn at random");
  return set;
}

SampleSet SelfDistilled(ArmContext& context, int n, uint64_t seed) {
  SampleSet set = context.StartRows(n, seed);
  for (Sample& sample : set.samples) sample.usage = {};  // nobody is paid
  MarkDerived(set, "the student's own answers before it learns");
  return set;
}

SampleSet Replayed(ArmContext& context, int n, uint64_t seed) {
  const auto* folds = std::get_if<FoldsConfig>(&context.task_config());
  if (folds == nullptr) throw Error("arm replayed: only digit folds know what their student was trained on");
  std::vector<std::unique_ptr<Task>> tasks;
  std::vector<std::vector<Item>> items;
  const auto skills = static_cast<int>(BaseSkills().size());
  for (const std::string& skill : BaseSkills()) {
    tasks.push_back(
        MakeTask(FoldsConfig{.target = skill, .min_digits = folds->min_digits, .max_digits = folds->max_digits}));
    items.push_back(tasks.back()->Items(Split::kTrain, (n + skills - 1) / skills, seed));
  }
  SampleSet set;
  set.manifest.teacher = {.name = "reference solutions of old skills",
                          .kind = "oracle",
                          .identity = "oracle " + tasks[0]->ContentHash(),
                          .licence = "as the task's"};
  set.manifest.task_hash = tasks[0]->ContentHash();
  set.manifest.seed = seed;
  for (int i = 0; i < n; ++i) {
    const auto skill = static_cast<size_t>(i % skills);
    const Item& item = items[skill][static_cast<size_t>(i / skills)];
    Sample sample{.id = item.id, .prompt = item.prompt, .finish_reason = "stop"};
    SetCompletion(sample, *tasks[skill]->Reference(item));
    set.samples.push_back(std::move(sample));
  }
  set.manifest.samples_sha256 = HashSamples(set.samples);
  return set;
}

}  // namespace retort::lab
