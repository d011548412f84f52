// The claim: teachers whose weights are open can be run privately, so that distilling them leaves no trace at any
// provider, and the students that come of it can be released and teach on. Teachers of one style and four strengths,
// as they come and filtered, and a second generation that a student taught; and what a provider could see of it.
#include "experiments/arms/arms.h"
#include "experiments/arms/control_arms.h"
#include "experiments/arms/open_arms.h"
#include "experiments/design/experiment.h"
#include "experiments/lab/lab.h"
#include "experiments/lab/taught_section.h"
#include "experiments/provider/asked_rows.h"

namespace retort::lab {
namespace {

int OpenTeacher(int argc, const char* const* argv) {
  const Experiment experiment{
      .program = {.name = "open_teacher",
                  .summary = "What do weak and strong open teachers teach, and what does a provider see of it?",
                  .config_name = "open_teacher"},
      .title = "What do open teachers teach?",
      .claim = "Open-weight teachers can be run privately, and the students they teach can be released and teach on.",
      .sample_noun = "answers of the open teacher",
      // NOLINTBEGIN(bugprone-suspicious-missing-comma): sentences of several lines
      .caveats =
          {"The four teachers share their style: the same weights, trained further on more wrong facts or on "
           "none. Published teachers differ in strength and style at once, and this says nothing about style.",
           "A weak teacher here holds wrong facts, and says them the same way each time. One that errs at random "
           "would teach otherwise.",
           "The ceiling of every row is the default teacher, right on about .93 of items. Students of the "
           "perfect one may pass it.",
           "Filtering needs somebody who knows which answers are right: here the task's own grader, which is "
           "never wrong. It looks at the answer and not at the steps.",
           "The second generation has cost the teacher what the first one learnt, which its rows do not count; "
           "its prompts are others than those of the first.",
           "That no request leaves the machine says nothing about licences: a card's terms hold all the same."},
      // NOLINTEND(bugprone-suspicious-missing-comma)
      .arms = {{"raw", "answers of the teacher that is the ceiling, as they come", TeacherAnswers},
               {"filtered", "right answers only of the same teacher, by the task's grader", RightAnswers},
               {"raw_60", "answers of folds-teacher-60, the weakest, as they come", TeacherAnswers},
               {"filtered_60", "right answers of folds-teacher-60 only", RightAnswers},
               {"raw_80", "answers of folds-teacher-80 as they come", TeacherAnswers},
               {"filtered_80", "right answers of folds-teacher-80 only", RightAnswers},
               {"raw_100", "answers of folds-teacher-100, which has no wrong facts, as they come", TeacherAnswers},
               {.name = "second_generation",
                .description = "answers of a student that learnt 128 of raw's answers (warm_start.n)",
                .rows = TaughtByAStudent,
                .from_base = true,
                .check = CheckTaughtByAStudent},
               {"self_distilled", "the student's own answers before it learnt anything", SelfDistilled, false},
               {"references", "the task's own solutions of the same prompts", References},
               {"unrelated", "text as long as the teacher's answers that has nothing to do with the prompts", Unrelated,
                false}},
      .next = {{{"seeds=16"}, "more seeds, of the embedded rules every one once; only the new cells are computed"},
               {{"+policies=logged", "runs_dir=runs_logged"},
                "through a logged teacher, asked anew: the log is in request_logs/"}},
      .sections = [](const SectionsInput& input) {
        return std::vector{TaughtSection(input), provider::AskedRowsSection(input)};
      }};
  return Main(argc, argv, experiment);
}

}  // namespace
}  // namespace retort::lab

int main(int argc, char** argv) { return retort::lab::OpenTeacher(argc, argv); }
