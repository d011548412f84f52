// What may an API reveal? The same teacher, asked about the same prompts, shows its probabilities in full, the
// likeliest of them, text alone, text without its reasoning, or the same content in other words; a student learns from
// each.
#include "experiments/arms/arms.h"
#include "experiments/arms/signal_arms.h"
#include "experiments/design/experiment.h"
#include "experiments/lab/lab.h"

namespace retort::lab {
namespace {

// An arm whose rows are asked for in a way of its own.
Arm Asked(const char* name, const char* description, void (*asks)(ExperimentConfig&),
          SampleSet (*rows)(ArmContext&, int, uint64_t) = TeacherAnswers) {
  return {.name = name, .description = description, .rows = rows, .asks = asks};
}

int SignalLimits(int argc, const char* const* argv) {
  const Experiment experiment{
      .program = {.name = "signal_limits",
                  .summary = "What does each kind of answer that an API may give leave to a student?",
                  .config_name = "signal_limits"},
      .title = "What may an API reveal?",
      .claim = "An API that shows less of its probabilities makes its model harder to distil.",
      .sample_noun = "answers of the teacher, one drawn to a prompt",
      // NOLINTBEGIN(bugprone-suspicious-missing-comma): sentences of several lines
      .caveats =
          {"Every student trains for as many steps, and none stops early. One of few drawn texts learns their noise by "
           "heart, which its likelihood of other texts pays for: quarter_steps shows how much of the lead of "
           "probabilities over text is that.",
           "dice is measured by the likelihood of given texts, lower is better, since any draw is a right answer; "
           "rules, by right answers. The two scores cannot be set beside each other.",
           "full_logits, top_5, top_2, top_1 and one_draw learn from the very same texts; they differ in nothing but "
           "the probabilities that they are shown beside them.",
           "The teacher at hand of full_logits reads each text once more, and its tokens are counted: an API that "
           "returned all probabilities with the text would charge half of that.",
           "Texts, top-k and logits of these arms cost the same teacher tokens at the same N, and four draws too: for "
           "them equal samples are equal tokens. The arms equal_tokens are those where it is not so.",
           "A student of no_reasoning learns to answer without steps: its distance from the teacher on texts with them "
           "says that it does not write steps, not what it knows.",
           "A cut of the probabilities hides other things than these: which of two models answers, or a watermark.",
           "The four seeds are four student bases: all intervals are conditional on these, and no p values are given."},
      // NOLINTEND(bugprone-suspicious-missing-comma)
      .arms = {Asked("one_draw", "text: one answer to a prompt, drawn", AskDrawn),
               {"full_logits", "the same texts with all probabilities of every token", TeacherAnswers, true,
                LearnFullLogits},
               {"top_5", "the same texts with the five likeliest tokens, and the rest as one", TeacherAnswers, true,
                LearnTop5},
               {"top_2", "the same with the two likeliest", TeacherAnswers, true, LearnTop2},
               {"top_1", "the same with the likeliest", TeacherAnswers, true, LearnTop1},
               Asked("greedy", "text: the likeliest token each time", AskGreedy),
               Asked("four_draws", "text: four answers drawn to each prompt, of a quarter of the prompts",
                     AskFourDraws),
               {.name = "no_reasoning",
                .description = "the last word of each answer",
                .rows = TeacherAnswers,
                .shows_steps = false,
                .asks = AskWithoutReasoning},
               Asked("paraphrase", "text in another wording than the student is examined in", AskReworded),
               {"full_logits_equal_tokens", "full_logits, of as many texts as cost one_draw's tokens",
                FullLogitsAtEqualTokens, true, LearnFullLogits},
               Asked("paraphrase_equal_tokens", "paraphrase, of as many texts as cost one_draw's tokens", AskReworded,
                     RewordedAtEqualTokens),
               {.name = "quarter_steps",
                .description = "as one_draw, with a quarter of the steps of training",
                .rows = TeacherAnswers,
                .adjust = LearnAQuarter,
                .asks = AskDrawn},
               {"references", "the task's own solutions of the same prompts", References},
               {"unrelated", "text as long as the teacher's answers that has nothing to do with the prompts", Unrelated,
                false}},
      .next = {{{"seeds=8"}, "more seeds: p values, and narrower intervals"},
               {{"policies.use=[logprobs]", "policies.logprobs.top_k=5", "policies.logprobs.round_to=0.1",
                 "arms=[one_draw,top_5]"},
                "probabilities rounded to a tenth of a nat"}},
      .extra_notes = {{"teacher_kl", "KL(teacher || student) in nats a token, on held-out texts; 0: no difference"},
                      {"covered_mass",
                       "share of the teacher's probability that the tokens shown have together, there"}},
  };
  return Main(argc, argv, experiment);
}

}  // namespace
}  // namespace retort::lab

int main(int argc, char** argv) { return retort::lab::SignalLimits(argc, argv); }
