// The claim, in the words of the debate's own definition of distillation: the newer model learns because the older one
// judges its answers. Every student first learns a few of the teacher's answers; then each arm may spend the same
// number of the teacher's tokens, read and written, in its own way.
#include "experiments/arms/judged_arms.h"
#include "experiments/design/experiment.h"
#include "experiments/lab/lab.h"

namespace retort::lab {
namespace {

void OnPolicy(CellConfig& config) {
  config.student.objective = {.name = "rkl", .lmbda = 1, .max_teacher_tokens = config.n};
}

void Dpo(CellConfig& config) {
  if (config.student.objective.name != "dpo") config.student.objective = {.name = "dpo"};
}

int GradedAnswers(int argc, const char* const* argv) {
  const Experiment experiment{
      .program = {.name = "graded_answers",
                  .summary = "What is a teacher's judgement of a student's answers worth, beside its own answers?",
                  .config_name = "graded_answers"},
      .title = "What is a judgement worth?",
      .claim = "The newer model learns because the older one evaluates the quality of its answers.",
      .sample_noun = "tokens of the teacher spent on judging",
      // NOLINTBEGIN(bugprone-suspicious-missing-comma): sentences of several lines
      .caveats =
          {"One round, but for on_policy: the student answers as it is after its warm start, and not again when it "
           "has learnt.",
           "What the student never gets right at first it cannot be told. The exploration floor is the share that it "
           "does get right.",
           "oracle_accepts, random_accepts and self_majority pay the teacher nothing: their N says with which "
           "budget of teacher_accepts they got as many of the student's answers.",
           "on_policy spends its budget while it trains, and so takes fewer steps than the 200 of the others: "
           "the costs show how many.",
           "Training on answers of its own, accepted or not, costs the student old skills: see the column "
           "retained.",
           "Seeds beyond the number of bases meet a base again: all intervals are conditional on these bases.",
           "Tokens are counted as an API would bill them, read and written alike; a written token often costs "
           "several times a read one.",
           "This teacher was trained to judge: it solves the question itself and compares. Another judge may be "
           "worse."},
      // NOLINTEND(bugprone-suspicious-missing-comma)
      .arms = {{"teacher_accepts", "its own answers that the teacher accepted", TeacherAccepts},
               {"imitation", "the teacher's answers", Imitation},
               {"oracle_accepts", "the same answers as for teacher_accepts, those that are right", OracleAccepts},
               {"random_accepts", "as many of the same answers, drawn at random", RandomAccepts},
               {"self_majority", "those of its own answers that most of them agree with", SelfMajority},
               {"best_of_k", "of several of its own answers the one that the teacher's verdict puts first", BestOfK},
               {"dpo", "the best of several against the worst, by the objective dpo", BestAgainstWorst, false, Dpo,
                true},
               {"on_policy", "the teacher judges each token of what it answers while it learns (reverse KL)",
                OnPolicyPrompts, false, OnPolicy},
               {"student_chooses", "of several of the teacher's answers the one that it finds likeliest itself",
                StudentChooses}},
      .next = {{{"judging.attempts=8"}, "more answers to choose from"},
               {{"warm_start.n=4"}, "a student that knows less when it is judged"}},
      .n_unit = "teacher tokens",
      .extra_notes = {{"exploration_floor",
                       "share of the student's answers that were right before it learnt from them"},
                      {"accepted_share", "share of its answers that the teacher accepted"},
                      {"judge_true_positive_rate", "share of the right answers that the teacher accepted"},
                      {"judge_false_positive_rate", "share of the wrong answers that the teacher accepted"}},
  };
  return Main(argc, argv, experiment);
}

}  // namespace
}  // namespace retort::lab

int main(int argc, char** argv) { return retort::lab::GradedAnswers(argc, argv); }
