// Batched decoding with a KV cache: Submit, Step, Cancel. Every step runs one ragged batch of rows (slot, position,
// token): whole prompts of sequences that just joined and one token of each that goes on. There is no padding, a
// finished sequence leaves at once, and a waiting one takes its place. Matrix products: core/lm/linear.h; what
// lies between them: core/fused.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/data/answerer.h"

namespace retort {

class Transformer;

struct DecodeResult {
  int64_t handle = 0;
  std::vector<int> ids;       // without the stop id
  std::string finish_reason;  // "stop", "length"
  struct TokenInfo {
    double logprob = 0;                       // under the model's own distribution, temperature 1
    std::vector<std::pair<int, double>> top;  // most likely first
  };
  // One an id if sampling.top_logprobs >= 0; with report_stop one more, of the stop id that ended it.
  std::vector<TokenInfo> logprobs;
  int stop_id = -1;                        // which ended it
  std::vector<TokenInfo> prompt_logprobs;  // one for each id of the prompt but the first, where they are asked for
};

struct DecodeRequest {
  std::vector<int> prompt;  // not empty
  Sampling sampling;
  std::vector<int> stop_ids;  // end the sequence; not part of the output
  std::string random_name;    // names this request's random stream, with sampling.seed
  int prompt_logprobs = -1;   // of the prompt itself, as sampling.top_logprobs
  bool only_prompt = false;   // draws no token: for its log-probabilities alone
  bool report_stop = false;   // the log-probability of the stop id, too
  // Hears each token as it is drawn, within Step, with its log-probabilities where they are asked for; false ends the
  // sequence there, as a stop id would.
  std::function<bool(int id, const DecodeResult::TokenInfo* info)> on_token;
};

class Decoder {
 public:
  // `vocab_limit`: ids at or above it are never drawn (a config's vocabulary may exceed the tokenizer's); 0 = none.
  Decoder(const Transformer& model, int batch_size, int vocab_limit = 0);
  ~Decoder();

  // Queues a request; throws Error for an empty prompt, an id outside the vocabulary, or a prompt longer than the
  // model's positions.
  int64_t Submit(DecodeRequest request);
  // One forward pass. `on_done` gets each sequence that ended. Returns false when nothing is left to do.
  bool Step(const std::function<void(DecodeResult)>& on_done);
  // No result will come. Returns how many tokens were drawn. Not within Step.
  int64_t Cancel(int64_t handle);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Log-probability of each id after the first, given those before it: ids.size() - 1 values for each sequence. Sequences
// are run together, at most `max_rows` tokens a pass. Throws Error as Submit does.
std::vector<std::vector<double>> ScoreTokens(const Transformer& model, const std::vector<std::vector<int>>& sequences,
                                             int max_rows = 4096);

}  // namespace retort
