// Samples as a student learns from them: token ids, and which of them are supervised.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/data/sample.h"
#include "student/objective.h"

namespace retort {

class Tokenizer;

// What a sample tells of the teacher's distribution at one token: the likeliest tokens and the one drawn. The rest of
// the probability belongs to all others together.
struct KnownTokens {
  std::vector<int> ids;  // empty: nothing is known, the token is learnt as it is (the end of an answer)
  std::vector<float> probabilities;
  float rest = 0;
};

struct Example {
  std::vector<int> ids;   // prompt, completion, end token
  int prompt_length = 0;  // ids[prompt_length ..] are supervised
  int64_t supervised() const { return static_cast<int64_t>(ids.size()) - prompt_length; }
  // The end token of a completion is supervised unless the answer was cut off (finish_reason "length"; of the worse one
  // of a pair, rejected_finish_reason).
  std::string name = {};                // "<sample id>/<attempt>", unique within a file
  std::vector<int> rejected = {};       // dpo: prompt, the worse completion, end token
  std::vector<KnownTokens> known = {};  // topk: of each supervised token
};

// The ids of a completion are those of its text; for topk they are those of the sample's logprobs, which must be tokens
// of this very tokenizer and spell the completion. Throws Error that names the sample: one that is longer than
// max_length before its answer begins or was cut off there, logprobs that are missing, no probabilities or of other
// tokens, a pair of equal answers.
std::vector<Example> Tokenise(const Tokenizer& tokenizer, const std::string& chat_template,
                              std::span<const Sample> samples, int max_length, const ObjectiveConfig& objective = {});

}  // namespace retort
