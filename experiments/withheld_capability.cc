// The claim: leave a capability out of what is released, and who distils the release does not get it. A student is
// distilled from each of several releases and then shown a few solutions of what was withheld: what was absent must be
// learnt from them as an undistilled base learns it, what was only hidden comes back sooner.
#include <fmt/format.h>

#include "experiments/arms/arms.h"
#include "experiments/design/experiment.h"
#include "experiments/lab/lab.h"

namespace retort::lab {
namespace {

// What the names of groups stand for.
std::vector<OwnSection> Groups(const SectionsInput& /*input*/) {
  const std::vector<std::pair<std::string, std::string>> distilled = {
      {"_none", "nothing, the undistilled base"},
      {"_unrelated", "control, a teacher's answers to other operations"},
      {"_add10", "control, the released operation alone, of a teacher that never learnt the withheld one"},
      {"_never", "a teacher that was never trained on the withheld operation, and answers all the same"},
      {"_refused", "a teacher that was taught to refuse it; the refusals are learnt as well"},
      {"_filtered", "a teacher behind a filter that refuses it; the refusals are thrown away"},
      {"_open", "positive control, a teacher that answers everything"}};
  OwnSection section{.page = {.id = "what-groups", .title = "What the groups are"}};
  section.page.paragraphs = {
      "Students of naive_ start from bases that never saw the withheld operation, those of latent_ from bases that had "
      "it in 1 % of their pretraining. Before they are shown solutions of it (N), they are distilled from:"};
  for (const auto& [ending, from] : distilled) {
    section.page.points.push_back(fmt::format("{}: {}", ending, from));
    section.names.emplace_back("naive" + ending, "never saw the withheld operation; distilled from: " + from);
    section.names.emplace_back("latent" + ending, "had a little of it in pretraining; distilled from: " + from);
  }
  section.page.points.emplace_back(
      "weights_never, weights_refused: no distillation; the weights of the teacher that never learnt it, and of the "
      "one that was taught to refuse it");
  return {section};
}

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
           "Who distils the released operation learns the withheld one sooner for its likeness, with nothing hidden: "
           "the group naive_add10 has had the released part alone, from a teacher that never knew the other.",
           "No difference found is not no difference: each interval says how large one may still be.",
           "The withheld operation shares the form of steps and answers with the released one, and no fact. "
           "Capabilities of large models overlap: what is released may contain most of what is withheld.",
           "Students learn from answers alone. Who holds the weights of a refusing model can train these: see "
           "the groups weights_*, whose learning rate is another and which compare with each other only.",
           "The filter of the provider knows every question of the withheld operation; a real one errs, and can be "
           "talked round.",
           "The rate at which all groups learn the withheld operation was chosen in trials of two of these seeds.",
           "Seeds beyond the number of bases meet a base again: all intervals are conditional on these bases."},
      // NOLINTEND(bugprone-suspicious-missing-comma)
      .arms = {{"references", "worked solutions of the withheld operation, by the task itself; no teacher is asked",
                References},
               {"teacher", "the teacher's answers to questions of the withheld operation, such as they are",
                TeacherAnswers}},
      .next = {{{"seeds=12"}, "more seeds: smaller differences show; only the new cells are computed"}},
      .extra_notes = {{"score_on_add10", "share of right answers to the released operation: what the release taught"}},
      .sections = Groups,
  };
  return Main(argc, argv, experiment);
}

}  // namespace
}  // namespace retort::lab

int main(int argc, char** argv) { return retort::lab::WithheldCapability(argc, argv); }
