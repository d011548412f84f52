// The objective `sft`: cross-entropy of the supervised tokens. Logits are made for those rows only.
#pragma once

#include <memory>
#include <span>

#include "student/trainer.h"

namespace retort {

class PackedPass;

class Sft {
 public:
  // The fused path where the model allows it and nobody asked for the reference (core/base/numerics.h).
  explicit Sft(const Transformer& model);
  ~Sft();

  // Adds the gradient of the loss that this returns: the sum over the supervised tokens of the chosen examples, in
  // nats, over `supervised`, the number of such tokens in the whole optimizer step.
  double Accumulate(std::span<const Example> examples, std::span<const int> chosen, int64_t supervised);

 private:
  double Fused(std::span<const Example> examples, std::span<const int> chosen, int64_t supervised);
  double Reference(std::span<const Example> examples, std::span<const int> chosen, int64_t supervised);

  const Transformer& model_;
  std::unique_ptr<PackedPass> pass_;  // empty: the reference
};

}  // namespace retort
