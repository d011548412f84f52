// The claim: a thousand well chosen samples do as much as a large heap (LIMO, arXiv:2502.03387; s1, arXiv:2501.19393).
// Sets of equal size are chosen by several rules from the same candidates, and stand beside all of these.
#include "experiments/arms/arms.h"
#include "experiments/arms/chosen_arms.h"
#include "experiments/design/experiment.h"
#include "experiments/lab/heap_section.h"
#include "experiments/lab/lab.h"
#include "experiments/lab/taught_section.h"

namespace retort::lab {
namespace {

constexpr double kMargin = 0.05;  // in score: what "matches the heap" means, declared before it is run

int Curation(int argc, const char* const* argv) {
  const Experiment experiment{
      .program = {.name = "curation",
                  .summary = "Do chosen samples teach more than as many random ones, and as much as a heap?",
                  .config_name = "curation"},
      .title = "Do chosen samples match a heap?",
      .claim = "A thousand well chosen samples match a large heap.",
      .sample_noun = "randomly drawn answers of the teacher",
      // NOLINTBEGIN(bugprone-suspicious-missing-comma): sentences of several lines
      .caveats =
          {"The heap here is 512 samples and the sets are 8 to 128: the ratio of the claim, not its size.",
           "All candidates are answers of one teacher to questions of one kind, drawn evenly. Published sets are "
           "chosen from mixed and partly bad sources: there choosing has more to throw away, and more to gain.",
           "Longer answers have more tokens, so the longest and the diverse sets are larger than random ones of "
           "equal N: see supervised tokens under costs.",
           "Students of every arm take as many steps. The heap is seen about twelve times, a set of eight 800 "
           "times: other numbers of steps may favour other arms.",
           "Where a rule looks at answers, the teacher is paid for all of them: choosing saves training, not "
           "requests. by_errors looks at the student's answers and is billed for the chosen alone, but knows which "
           "are right.",
           "written shares no prompt with the other arms."},
      // NOLINTEND(bugprone-suspicious-missing-comma)
      .arms = {{.name = "random", .description = "drawn at random", .rows = RandomChoice, .check = CheckChoice},
               Choosing("diverse", "next the answer with most words that none before it has", Diverse),
               Choosing("longest", "the longest answers", Longest),
               Choosing("hardest", "answers that the student finds least likely, a token", Hardest),
               Choosing("easiest", "answers that it finds likeliest: the other end of the same scale", Easiest),
               Choosing("by_errors", "prompts that the student gets wrong, fewest right steps first", ByErrors),
               {.name = "written",
                .description = "prompts that the teacher writes, and its answers",
                .rows = Written,
                .check = CheckWritten},
               {.name = "heap", .description = "all candidates", .rows = RandomChoice, .check = CheckChoice},
               {"references", "the task's own solutions of random's prompts", References},
               {"unrelated", "text as long as the teacher's answers that has nothing to do with the prompts", Unrelated,
                false}},
      .next = {{{"student.trainer.max_steps=800"}, "four times the steps: does the heap gain most?"},
               {{"task.target=add10"}, "new facts in place of a composition: what is not seen cannot be known"}},
      .extra_notes = {{"candidates", "answers or prompts looked at to choose these"},
                      {"thrown_away_tokens", "the teacher's tokens for what was looked at and not taken"},
                      {"dropped_share", "share of the written prompts that were malformed, double or held out"}},
      .sections = [](const SectionsInput& input) {
        return std::vector{HeapSection(input, "heap", kMargin), TaughtSection(input)};
      }};
  return Main(argc, argv, experiment);
}

}  // namespace
}  // namespace retort::lab

int main(int argc, char** argv) { return retort::lab::Curation(argc, argv); }
