// Which students learn from a few samples? The same answers of the same teacher go to students of two families, two
// sizes and two amounts of pretraining, so that what is put down to a family can be held against what it was pretrained
// on.
#include "experiments/arms/arms.h"
#include "experiments/design/experiment.h"
#include "experiments/lab/lab.h"

namespace retort::lab {
namespace {

int StudentFamilies(int argc, const char* const* argv) {
  const Experiment experiment{
      .program = {.name = "student_families",
                  .summary = "Does it matter which family of models a student comes from, or what it has seen before?",
                  .config_name = "student_families"},
      .title = "Family, size, or pretraining?",
      .claim = "Models of one family learn from another's samples far better than those of others.",
      .sample_noun = "worked answers of the teacher",
      // NOLINTBEGIN(bugprone-suspicious-missing-comma): sentences of several lines
      .caveats =
          {"Six seeds: the first run had four, and two were added after it had been seen, the declared comparison "
           "unchanged.",
           "The families differ here in what Llama and Qwen2 differ in: biases in the attention and tied "
           "embeddings. Real families also differ in data, tokenizer, size and post-training.",
           "There are two bases of each kind, and the seeds share them: all intervals are conditional on these "
           "bases, and a kind whose two bases are lucky looks better than it is.",
           "Both amounts of pretraining see the same kind of data; a quarter of the steps is another schedule of the "
           "learning rate too.",
           "All students are trained with the same settings, chosen for the Llama-like small base.",
           "A share of the gap is one of each group's own gap: compare scores, and the rise since N = 0."},
      // NOLINTEND(bugprone-suspicious-missing-comma)
      .arms = {{"teacher", "the teacher's worked answers, the same for every group", TeacherAnswers},
               {"references", "the task's own solutions of the same prompts", References},
               {"unrelated", "text as long as the teacher's answers that has nothing to do with the prompts", Unrelated,
                false}},
      .next = {{{"seeds=12"}, "more seeds: smaller effects show; only the new cells are computed"},
               {{"arms=[references]"}, "the task's own solutions: is it the teacher that suits a family?"}},
  };
  return Main(argc, argv, experiment);
}

}  // namespace
}  // namespace retort::lab

int main(int argc, char** argv) { return retort::lab::StudentFamilies(argc, argv); }
