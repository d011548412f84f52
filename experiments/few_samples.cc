// The claim: a small number of samples from a larger model drastically improves a smaller one. Samples are collected in
// nested sets of growing size, a student is trained on each, and the table says how many close the gap.
#include "experiments/lab/arms.h"
#include "experiments/lab/experiment.h"

namespace retort::lab {
namespace {

int FewSamples(int argc, const char* const* argv) {
  const Experiment experiment{
      .program = {.name = "few_samples",
                  .summary = "How few samples of a teacher close the gap between a student and its teacher?",
                  .config_name = "few_samples"},
      .title = "How few samples close the gap?",
      .claim = "A small number of samples from a larger model drastically improves a smaller one.",
      .sample_noun = "worked answers of the teacher",
      .caveats = {"A small model's N50 is not a frontier model's: the numbers hold for these tasks, this teacher and "
                  "these students."},
      .arms = {{"teacher", "the teacher's worked answers", TeacherAnswers},
               {"answers_only", "the same answers without their steps", AnswersOnly, false},
               {"references", "the task's own solutions of the same prompts", References},
               {"unrelated", "text as long as the teacher's answers that has nothing to do with the prompts", Unrelated,
                false}},
      .next = {{{"seeds=8"}, "more seeds: only the new cells are computed"},
               {{"n=[4,8,16,32,64,128]"}, "a finer curve"},
               {{"task.target=big"}, "one rule instead of a draw of sixteen"},
               {{"n=[16]", "arms=[teacher,references,unrelated]"}, "controls at equal N"}},
  };
  return Main(argc, argv, experiment);
}

}  // namespace
}  // namespace retort::lab

int main(int argc, char** argv) { return retort::lab::FewSamples(argc, argv); }
