// The claim: a provider can tell from a student alone that it was distilled from its model. Students of which all rows,
// some, or none came from the teacher, who marks what it sells; three tests of each, and what its model card owes.
#include "experiments/arms/arms.h"
#include "experiments/arms/control_arms.h"
#include "experiments/cells/compute_cell.h"
#include "experiments/design/experiment.h"
#include "experiments/lab/lab.h"
#include "experiments/provider/disclosure_section.h"
#include "experiments/provider/provenance_arms.h"
#include "experiments/provider/provenance_probe.h"
#include "experiments/provider/provenance_section.h"

namespace retort::lab {
namespace {

Arm Taught(const std::string& name, const std::string& description) {
  return {.name = name, .description = description, .rows = provider::TaughtRows(name)};
}

// Asks the block's own teacher for nothing.
Arm Null(const std::string& name, const std::string& description,
         const std::function<SampleSet(ArmContext&, int, uint64_t)>& rows) {
  return {
      .name = name, .description = description, .rows = rows, .wants = [](ArmContext&, int, uint64_t) { return 0; }};
}

Arm Other(const std::string& name, const std::string& description, size_t which) {
  Arm arm = Null(name, description, provider::OtherTeacher(which));
  arm.check = provider::NeedsOthers(which + 1);
  return arm;
}

int Provenance(int argc, const char* const* argv) {
  const Experiment experiment{
      .program = {.name = "provenance",
                  .summary = "Can a provider tell from a student alone that its teacher taught it?",
                  .config_name = "provenance"},
      .title = "Who taught this student?",
      .claim = "A provider can tell from a student alone that it was distilled from its model.",
      .sample_noun = "rows, all of them answers of the teacher",
      // NOLINTBEGIN(bugprone-suspicious-missing-comma): sentences of several lines
      .caveats =
          {"A flag says that a student is unlike those that others taught, or holds what chance would seldom give it. "
           "It "
           "does not say how that came about, by whom, or whether it was allowed.",
           "The provider marks one prompt in sixteen with a wrong answer, which its paying customers get too. Real "
           "canaries would be rarer, and a real student learns more than a hundred rows.",
           "Students, teachers and their mistakes are tiny. What large models share with each other without having "
           "learnt from one another is not in these untaught students.",
           "The likelihood's threshold comes from students of sources that the provider knows. Of others it can be "
           "wrong, "
           "and the table of untaught students says how often for each kind.",
           "Intervals count students as independent. They stem from four bases and sixteen rules, and students of one "
           "seed "
           "share their prompts.",
           "An attacker here does one thing, and does not know the tests. One who trains on filtered or corrected "
           "rows, or "
           "long enough on others, was not tried."},
      // NOLINTEND(bugprone-suspicious-missing-comma)
      .arms = {Taught("taught_100", "all rows from the teacher, as its provider sells them: with marks"),
               Taught("taught_20", "20 % of the rows from the teacher, the rest the task's own solutions"),
               Taught("taught_5", "5 % of the rows from the teacher, the rest the task's own solutions"),
               Taught("taught_1", "1 % of the rows from the teacher, the rest the task's own solutions"),
               Taught("paraphrased_100", "all rows from the teacher, told in the second grammar"),
               Taught("paraphrased_20", "20 % from the teacher, told in the second grammar; the rest own solutions"),
               Taught("mixed_20", "20 % from the teacher, the rest by three other sources with mistakes of their own"),
               Taught("mixed_5", "5 % from the teacher, the rest by three other sources with mistakes of their own"),
               {.name = "mixed_0",
                .description = "not taught by it: three other sources with mistakes of their own",
                .rows = provider::TaughtRows("mixed_0")},
               Null("references", "not taught by it: the task's own solutions", References),
               Null("rival", "not taught by it: a source as strong, with mistakes of its own, another for each seed",
                    provider::Rival),
               Null("self_distilled", "not taught by it: the student's own answers before it learnt anything",
                    SelfDistilled),
               Other("other_a", "not taught by it: the first of provenance.others", 0),
               Other("other_b", "not taught by it: the second of provenance.others", 1),
               Other("descendant", "taught by a model that was trained further from the teacher", 2),
               {"unrelated",
                "not taught by it: text as long as the teacher's answers that has nothing to do with the prompts",
                Unrelated, false},
               {"unmarked", "taught by the same model without a mark", TeacherAnswers},
               Null("other_key", "taught by the same model behind another provider's watermark", provider::OtherKey)},
      .next = {{{"provenance.alpha=0.01"}, "a stricter threshold; nothing is computed again"},
               {{"provenance.canary_share=0.02", "blocks=[]"}, "rarer canaries"}},
      .compute = [](const CellRun& run) { return ComputeCell(run, provider::TryStudent); },
      .sections =
          [](const SectionsInput& input) {
            return std::vector{provider::ProvenanceSection(input), provider::DisclosureSection(input)};
          },
      .check = provider::CheckProvenance};
  return Main(argc, argv, experiment);
}

}  // namespace
}  // namespace retort::lab

int main(int argc, char** argv) { return retort::lab::Provenance(argc, argv); }
