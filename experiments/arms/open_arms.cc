#include "experiments/arms/open_arms.h"

#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "experiments/design/derive.h"
#include "experiments/design/graded.h"

namespace retort::lab {

SampleSet RightAnswers(ArmContext& context, int n, uint64_t seed) {
  const Graded truth(context, seed);
  const auto wanted = static_cast<size_t>(n);
  SampleSet kept;
  Usage dropped;  // of the others, which no row counts
  std::set<std::string> prompts;
  for (size_t asked = wanted, looked = 0; kept.samples.size() < wanted; asked += wanted - kept.samples.size()) {
    SampleSet answers = context.TeacherRows(static_cast<int>(asked), seed);  // throws where the pool has fewer
    kept.manifest = std::move(answers.manifest);
    for (; looked < asked && kept.samples.size() < wanted; ++looked) {
      Sample& answer = answers.samples[looked];
      prompts.insert(answer.id);
      if (truth.Right(answer)) {
        kept.samples.push_back(std::move(answer));
      } else {
        dropped += answer.usage;
      }
    }
  }
  MeasureAsked(kept, dropped, prompts.size());
  MarkDerived(kept, "those that the task's grader finds right");
  return kept;
}

SampleSet TaughtByAStudent(ArmContext& context, int n, uint64_t seed) {
  const int learnt = context.warm_prompts();
  SampleSet set = context.StartRows(learnt + n, seed);
  set.samples.erase(set.samples.begin(), set.samples.begin() + learnt);
  for (Sample& sample : set.samples) sample.usage = {};   // nobody is paid
  set.manifest.measures[std::string(kPromptsAsked)] = 0;  // of the teacher
  MarkDerived(set, "a student's answers to prompts that it has not learnt from");
  return set;
}

void CheckTaughtByAStudent(const ExperimentConfig& config) {
  if (config.warm_start.n > 0) return;
  throw Error({.place = "warm_start.n"}, "is 0, and an arm is taught by the student that it makes",
              "set warm_start.n=128, or another number of answers that the first generation learns");
}

}  // namespace retort::lab
