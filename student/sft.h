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

  // Adds `scale` times the gradient of the sum over the supervised tokens of the chosen examples; returns `scale` times
  // that sum, in nats.
  double Accumulate(std::span<const Example> examples, std::span<const int> chosen, double scale);

 private:
  double Fused(std::span<const Example> examples, std::span<const int> chosen, double scale);
  double Reference(std::span<const Example> examples, std::span<const int> chosen, double scale);

  const Transformer& model_;
  std::unique_ptr<PackedPass> pass_;  // empty: the reference
};

}  // namespace retort
