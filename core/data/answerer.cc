// The options of decoding.
#include "core/data/answerer.h"

namespace retort {

void Describe(Describer& d, Sampling& sampling) {
  d.Field("temperature", sampling.temperature, {.help = "of sampling; 0 is greedy", .min = 0, .max = 100});
  d.Field("top_p", sampling.top_p,
          {.help = "sample from the fewest tokens that hold this much probability; 1: all", .min = 1e-6, .max = 1});
  d.Field("top_k", sampling.top_k, {.help = "sample from the k likeliest tokens; 0: all", .unit = "tokens", .min = 0});
  d.Field("max_new_tokens", sampling.max_new_tokens,
          {.help = "longest answer; 0: what the task, or else the model's context, allows",
           .unit = "tokens",
           .min = 0,
           .max = 1 << 20});
  d.Field("seed", sampling.seed, {.help = "of the draws"});
  d.Field("ignore_eos", sampling.ignore_eos, {.help = "go on to max_new_tokens past the end of the answer"});
  d.Field("top_logprobs", sampling.top_logprobs,
          {.help = "log-probabilities to record: -1 none, 0 the chosen token's, k also those of the k likeliest",
           .min = -1,
           .max = 20});
}

}  // namespace retort
