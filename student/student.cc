#include "student/student.h"

namespace retort {

void Describe(Describer& d, InitConfig& c) {
  d.Field("model", c.model,
          {.help = "checkpoint folders to start from; a seed takes number seed mod size", .numerics = false});
  d.Field("keep_layers", c.keep_layers, {.help = "cut the model to these layers; empty: all", .min = 0, .max = 1023});
  d.Field("chat_template", c.chat_template, {.help = "empty: as the checkpoint says"});
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
