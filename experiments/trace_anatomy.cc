// What in a sample does it? The teacher's worked answers, and the same answers with one thing taken from them or made
// wrong: the steps, their order, their digits, their rule, or the answer. Beside them answers alone, as many and as
// many tokens of them.
#include "experiments/arms/anatomy_arms.h"
#include "experiments/arms/arms.h"
#include "experiments/design/experiment.h"
#include "experiments/lab/lab.h"

namespace retort::lab {
namespace {

int TraceAnatomy(int argc, const char* const* argv) {
  const Experiment experiment{
      .program = {.name = "trace_anatomy",
                  .summary = "What in a worked answer teaches a student: its form, its order, or what it says?",
                  .config_name = "trace_anatomy"},
      .title = "What in a sample does it?",
      .claim = "A worked answer teaches by its structure, and what its steps say matters little.",
      .sample_noun = "worked answers of the teacher",
      // NOLINTBEGIN(bugprone-suspicious-missing-comma): sentences of several lines
      .caveats =
          {"A student of wrong_answer is taught to end on another digit than its steps lead to. The score reads the "
           "last digit alone, so it is low by construction; what was learnt of the steps is the column of steps right.",
           "The score is by the rule that the question names. A student of other_rule was taught another one: which "
           "share of its answers follow that stands beside it, with the share of items on which the two rules agree.",
           "All arms have the learning rate and the number of steps of the teacher's arm. The batches of "
           "answers_equal_tokens hold as many tokens as those of whole answers, and all rows are seen equally often.",
           "N of answers_equal_tokens says with how many whole answers it has as many supervised tokens. The teacher "
           "wrote whole answers for it, and that is what its teacher tokens count.",
           "Dots are new to the student, which met no text of dots before; filler may cost it samples to learn their "
           "form.",
           "The steps of this task are short and exact, and the student knows their parts: a long chain of thought in "
           "words has slack that these steps do not have.",
           "Each rule always meets the same student base, since both follow the seed: all intervals are conditional on "
           "these bases."},
      // NOLINTEND(bugprone-suspicious-missing-comma)
      .arms = {{"teacher", "the teacher's worked answers", TeacherAnswers},
               {"answers_only", "the same answers without their steps", AnswersOnly, false},
               {.name = "answers_equal_tokens",
                .description = "answers without steps, so many that they have as many tokens as the worked ones",
                .rows = AnswersAtEqualTokens,
                .shows_steps = false,
                .wants = RowsAtEqualTokens},
               {"steps_shuffled", "the same steps in another order, the answer behind them", StepsShuffled},
               {"wrong_answer", "the same steps, and behind them a wrong answer", WrongAnswer},
               {"half_corrupted", "half of all digits, steps and answer alike, replaced by others", HalfCorrupted},
               {"other_rule", "right steps of a wrong rule, the same one for all rows of a seed", OtherRule},
               {"filler", "dots in place of the steps, as long as these, and the right answer", Filler, false},
               {"references", "the task's own solutions of the same prompts", References},
               {"unrelated", "text as long as the teacher's answers that has nothing to do with the prompts", Unrelated,
                false}},
      .next = {{{"n=[8,32,128,256]"}, "more samples: can what is missing be made up for?"},
               {{"task.target=add10", "student.trainer.max_steps=400", "student.trainer.learning_rate=0.003"},
                "new facts in place of a rule made of old skills"}},
      .extra_notes = {{"follows_other_rule", "share of the held-out items that the student answers by the wrong rule"},
                      {"rules_agree",
                       "share of the held-out items on which wrong and right rule give the same answer"}},
      .compute = ComputeAnatomy,
  };
  return Main(argc, argv, experiment);
}

}  // namespace
}  // namespace retort::lab

int main(int argc, char** argv) { return retort::lab::TraceAnatomy(argc, argv); }
