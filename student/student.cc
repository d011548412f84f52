#include "student/student.h"

#include <optional>

namespace retort {

void Describe(Describer& d, InitConfig& c) {
  d.Field("model", c.model,
          {.help = "checkpoint folders to start from; a seed takes number seed mod size", .numerics = false});
  d.Field("keep_layers", c.keep_layers, {.help = "cut the model to these layers; empty: all", .min = 0, .max = 1023});
  d.Field("chat_template", c.chat_template, {.help = "empty: as the checkpoint says"});
  // Not written where it is not set: students that begin with a checkpoint keep the names that their cells had before.
  std::optional<int> from_scratch;
  if (c.from_scratch) from_scratch = 1;
  d.Field("from_scratch", from_scratch,
          {.help = "1: the checkpoint gives shape and tokenizer alone, and the weights are drawn anew from the run's "
                   "seed: a student that nobody has trained",
           .min = 0,
           .max = 1});
  c.from_scratch = from_scratch.value_or(0) == 1;
}

void Describe(Describer& d, StudentConfig& c) {
  d.Group("init", c.init, "the network before it learns");
  d.Group("lora", c.lora, "low-rank adapters; PEFT's names");
  d.OneOf("trainer", c.trainer, kTrainerKinds, "how it learns; Hugging Face's names");
  d.Group("objective", c.objective, "what it learns by");
  DescribeReasoning(d, c.reasoning);
}

void DescribeReasoning(Describer& d, std::string& reasoning) {
  d.Field("reasoning", reasoning,
          {.help = "what a teacher thought before it answered: drop: not learnt; think_tags: learnt before the answer",
           .choices = {"drop", "think_tags"}});
}

}  // namespace retort
