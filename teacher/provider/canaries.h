// Canaries: to a few prompts, chosen by a keyed hash, a provider gives an answer that no other source gives, since
// parts of it are drawn by its key. Who finds these parts likelier in a model than others that could have stood there,
// knows that the model has learnt from its answers, or from somebody who had them.
//
// On digit folds the results of all steps are secret digits, in the usual form: a canary is wrong, and looks like any
// other answer. On other tasks it is a row of secret digits. After the idea of Carlini et al. (2019, The Secret
// Sharer), whose exposure is a rank among all secrets; here each digit has its own rank, which a single pass gives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/answerer.h"

namespace retort {

// Whether the provider answers this prompt so, by its key: of many prompts `share` are.
bool IsCanary(std::string_view prompt, double share, uint64_t key);

struct Canary {
  std::string answer;
  std::vector<size_t> secrets;  // where in the answer its secret digits stand, rising
  int options = 10;             // each is a digit below this, all equally likely
};
Canary MakeCanary(std::string_view prompt, uint64_t key);

// Log-likelihoods of texts as beginnings: LocalModel::ScoreBeginnings.
using ScoreBeginnings = std::function<std::vector<Likelihood>(std::span<const LikelihoodScorer::Pair>)>;

// One p value for each secret digit: its rank, by how likely the student finds it after what stands before it, among
// all digits that could have stood there, a uniform share (drawn by `key`) of its own place given away. For a student
// that never learnt the secrets they are uniform and independent, whatever it else learnt: each digit was drawn without
// regard to it and to the digits before.
std::vector<double> SecretPValues(const std::vector<Message>& prompt, const Canary& canary, uint64_t key,
                                  const ScoreBeginnings& score);

}  // namespace retort
