// The claim: a small number of samples from a larger model drastically improves a smaller one. Samples are collected in
// nested sets of growing size, a student is trained on each, and the table says how many close the gap. The controls,
// at one size, each lack one thing that the teacher's samples have.
#include "experiments/arms/arms.h"
#include "experiments/arms/control_arms.h"
#include "experiments/design/experiment.h"
#include "experiments/lab/lab.h"

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
                  "these students, and nothing is extrapolated to other sizes.",
                  "Each rule always meets the same student base, since both follow the seed: the two cannot be told "
                  "apart, and all intervals are conditional on these bases."},
      .arms = {{"teacher", "the teacher's worked answers", TeacherAnswers},
               {"shuffled_pairs", "the same answers, each to another prompt", ShuffledPairs, false},
               {"random_results", "the same form with every result drawn at random", RandomResults, false},
               {"replayed", "right answers to questions of skills that the student has already", Replayed, false},
               {"self_distilled", "the student's own answers before it learnt anything", SelfDistilled, false},
               {"answers_only", "the teacher's answers without their steps", AnswersOnly, false},
               {"references", "the task's own solutions of the same prompts", References},
               {"k_shot", "the teacher's answers shown before each question; nothing is trained", TeacherAnswers, true,
                [](CellConfig& config) { config.in_context = true; }},
               {"half_steps", "as teacher, with half the steps of training", TeacherAnswers},
               {"twice_steps", "as teacher, with twice the steps of training", TeacherAnswers},
               {"unrelated", "text as long as the teacher's answers that has nothing to do with the prompts", Unrelated,
                false}},
      .next = {{{"seeds=16"}, "more seeds, of the embedded rules every one once; only the new cells are computed"},
               {{"task.target=big"}, "one rule instead of a draw of sixteen"},
               {{"refine.max_cells=60", "refine.max_n=256"}, "sizes and seeds added where N50 and N90 are unsure"}},
  };
  return Main(argc, argv, experiment);
}

}  // namespace
}  // namespace retort::lab

int main(int argc, char** argv) { return retort::lab::FewSamples(argc, argv); }
