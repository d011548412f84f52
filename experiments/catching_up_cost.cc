// The claim: distillation gives the benefit of the older model without its expense. What reaching a score costs by a
// teacher's answers on a pretrained base, by the task's own solutions on the same base, and by these alone, from
// scratch: in FLOPs and in dollars, with and without what was there before.
#include "experiments/arms/arms.h"
#include "experiments/design/experiment.h"
#include "experiments/lab/catching_up_page.h"
#include "experiments/lab/expenses.h"
#include "experiments/lab/lab.h"

namespace retort::lab {
namespace {

constexpr double kDeclaredLevel = 0.8;  // the declared ratio: teacher against from_scratch, FLOPs, at this share

int AsksNobody(ArmContext& /*context*/, int /*n*/, uint64_t /*seed*/) { return 0; }

int CatchingUpCost(int argc, const char* const* argv) {
  const Experiment experiment{
      .program = {.name = "catching_up_cost",
                  .summary = "What does catching up with a teacher cost, beside doing it oneself?",
                  .config_name = "catching_up_cost"},
      .title = "What does catching up cost?",
      .claim = "The newer model gets the benefit of the older one without its expense.",
      .sample_noun = "worked answers of the teacher",
      // NOLINTBEGIN(bugprone-suspicious-missing-comma): sentences of several lines
      .caveats =
          {"What a frontier lab pays is not here: staff, data, research and failed runs beside the few that are "
           "counted, and models of this size. No ratio of this page holds for another size.",
           "The task's own solutions cost nothing here. Where people must write them, each N of own references "
           "and from scratch has a price that this page does not know.",
           "Dollars are FLOPs at the price of a large GPU that is used as well as in the training of large "
           "models; networks as small as these would use it far worse, and run on two cores here.",
           "Learning rate and sizes of from scratch were chosen in trials of two of these seeds; level and ratio of "
           "the declared comparison entered the history two minutes after the run had begun.",
           "From scratch learns one rule and nothing else; a base has five skills, and serves many students. "
           "Its pretraining is counted whole or not at all.",
           "Shares of the gap of the three routes are read against the same base and teacher; the tables of the "
           "group from scratch are read against a network that nobody has trained."},
      // NOLINTEND(bugprone-suspicious-missing-comma)
      .arms = {{"teacher", "the teacher's worked answers, on a pretrained base", TeacherAnswers},
               {.name = "references",
                .description = "the task's own solutions of the same prompts, on the same base",
                .rows = References,
                .wants = AsksNobody},
               {.name = "from_scratch",
                .description = "the task's own solutions, each seen once, by weights drawn anew",
                .rows = References,
                .wants = AsksNobody}},
      .next = {{{"seeds=16"}, "more seeds, of the embedded rules every one once"},
               {{"task.target=big"}, "one rule instead of a draw of sixteen"}},
      .sections =
          [](const SectionsInput& input) {
            return CatchingUpSections(input,
                                      {{"distillation", "teacher"},
                                       {"own references on the base", "references"},
                                       {"training from scratch", "from_scratch", false}},
                                      kDeclaredLevel);
          },
      .check = [](const ExperimentConfig& config,
                  const std::filesystem::path& dir) { ReadExpenses(dir, config.assumptions); }};
  return Main(argc, argv, experiment);
}

}  // namespace
}  // namespace retort::lab

int main(int argc, char** argv) { return retort::lab::CatchingUpCost(argc, argv); }
