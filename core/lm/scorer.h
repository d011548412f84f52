// A teacher at hand, as a student sees it: a function from given tokens to logits, and enough of a name to check and to
// log. Declared here, so that `student` need not know who teaches; an experiment plugs one in. All rows of a call are
// in memory at once, (rows, V) float32: who calls bounds them.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace retort {

class Tokenizer;
class Transformer;

// The rows wanted of it are those that predict ids[first], ids[first + 1], ...; first >= 1.
struct ScorerSequence {
  std::span<const int> ids;
  int first = 1;
};

struct Scorer {
  std::string name;       // for messages
  std::string identity;   // what fixes its replies
  std::string token_map;  // Tokenizer::Hash()
  // (rows, V) float32 on the CPU: the rows of all sequences, one after the other. They may enter a loss.
  std::function<at::Tensor(std::span<const ScorerSequence>)> logits;
};

// Throws Error that names the teacher where ids do not mean the same to it and to the student: token maps are compared,
// not sizes, which members of one family differ in.
void RequireSameTokens(const Scorer& teacher, const Tokenizer& student);

// Calls `on_rows` with the logits (n, V) of consecutive wanted rows. Sequences are run together, at most `max_rows`
// tokens a pass, logits in parts of 64 MB. Throws Error for an empty sequence, an id outside the vocabulary, or more
// tokens than the model has positions.
void ForEachLogits(const Transformer& model, std::span<const ScorerSequence> sequences, int max_rows,
                   const std::function<void(const at::Tensor& logits)>& on_rows);

}  // namespace retort
