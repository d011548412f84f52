// The claim: leave a capability out of what is released, and who distils the release does not get it. A student is
// distilled from each of several releases and then shown a few solutions of what was withheld: what was absent must be
// learnt from them as an undistilled base learns it, what was only hidden comes back sooner.
#include "experiments/lab/arms.h"
#include "experiments/lab/experiment.h"

namespace retort::lab {
namespace {

int WithheldCapability(int argc, const char* const* argv) {
  const Experiment experiment{
      .program = {.name = "withheld_capability",
                  .summary = "Is a capability that was left out of a release absent from its students, or hidden?",
                  .config_name = "withheld_capability"},
      .title = "Absent, or hidden?",
      .claim = "A developer can leave a capability out of what is released, so that those who distil it do not get it.",
      .sample_noun = "solutions of the withheld operation",
      // NOLINTBEGIN(bugprone-suspicious-missing-comma): sentences of several lines
      .caveats =
          {"A student's score after a distillation says little: it may know more than it says. The test is how "
           "much sooner it learns what was withheld than an undistilled base with the same solutions.",
           "No difference found is not no difference: each interval says how large one may still be.",
           "The withheld operation has nothing in common with the released ones but the form of its answers. "
           "Capabilities of large models overlap: what is released may contain most of what is withheld.",
           "Students learn from answers alone. Who holds the weights of a refusing model can train these: see "
           "the groups weights_*, whose learning rate is another and which compare with each other only.",
           "The filter of the provider knows every question of the withheld operation; a real one errs, and can be "
           "talked round.",
           "Seeds beyond the number of bases meet a base again: all intervals are conditional on these bases."},
      // NOLINTEND(bugprone-suspicious-missing-comma)
      .arms = {{"references", "worked solutions of the withheld operation, by the task itself; no teacher is asked",
                References},
               {"teacher", "the teacher's answers to questions of the withheld operation, such as they are",
                TeacherAnswers}},
      .next = {{{"seeds=12"}, "more seeds: smaller differences show; only the new cells are computed"}},
      .extra_notes = {{"score_on_add10", "share of right answers to the released operation: what the release taught"}},
  };
  return Main(argc, argv, experiment);
}

}  // namespace
}  // namespace retort::lab

int main(int argc, char** argv) { return retort::lab::WithheldCapability(argc, argv); }
