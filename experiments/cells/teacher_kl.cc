#include "experiments/cells/teacher_kl.h"

#include <limits>
#include <vector>

#include "core/base/error.h"
#include "core/lm/checkpoint.h"
#include "core/lm/local_model.h"
#include "core/lm/scorer.h"
#include "core/lm/tokenizer.h"
#include "student/distance.h"
#include "student/example.h"

namespace retort::lab {

void MeasureTeacherKl(const CellRun& run, const LocalModel& student, CellResult& result) {
  const auto& local = std::get<LocalTeacherConfig>(run.config.teacher);
  const LocalModel model(FindModel(local.model, run.config_dir), {.chat_template = local.chat_template});
  const Scorer teacher = model.MakeScorer();
  RequireSameTokens(teacher, student.tokenizer());
  std::vector<Sample> texts;
  const int items = run.config.evaluation.teacher_kl;
  for (const Item& item : run.task.Items(Split::kHeldOut, items, static_cast<uint64_t>(run.config.seed))) {
    const auto reference = run.task.Reference(item);
    if (!reference) throw Error("evaluation.teacher_kl: item " + item.id + " has no reference solution");
    texts.push_back({.id = item.id, .prompt = item.prompt, .finish_reason = "stop"});
    texts.back().completion = AnswerTo(item.prompt, *reference);
  }
  const std::vector<Example> examples =
      Tokenise(student.tokenizer(), student.chat_template(), texts, std::numeric_limits<int>::max());
  const ObjectiveConfig& objective = run.config.student.objective;
  const bool topk = run.config.n > 0 && InfoOf(objective).needs == Needs::kTopK;
  const int shown = objective.top_k > 0 ? objective.top_k : run.config.collect.sampling.top_logprobs;
  const TeacherDistance distance =
      DistanceOf(teacher, student.MakeScorer(), examples, student.tokenizer().vocab_size(), topk ? shown : 0);
  if (distance.tokens == 0) return;
  result.extras["teacher_kl"] = distance.PerToken();
  if (topk) result.extras["covered_mass"] = distance.CoveredShare();
}

}  // namespace retort::lab
