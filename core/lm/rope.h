// Rotary positions (arXiv:2104.09864): the table of angles, and the ways in which a config stretches it.
//
//   default   w_i = theta^(-2i / Dh)
//   linear    w_i / factor
//   dynamic   theta grows with a sequence of n > max_position_embeddings = m positions:
//             theta (factor n / m - (factor - 1))^(Dh / (Dh - 2))
//   llama3    w_i where the wavelength is short, w_i / factor where it is long, blended between (Llama 3.1's model
//   card)
//
// As in Transformers' modeling_rope_utils.py, whose float32 roundings are kept: sin of a large angle shows them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "core/lm/model_config.h"

namespace retort {

// (Dh / 2) angles a position, for a sequence of `length` positions (which only the dynamic scaling looks at).
std::vector<float> RotaryFrequencies(const ModelConfig& config, int64_t length);

// cos and sin of the positions 0 .. length-1 of such a sequence, each (length, Dh / 2), float32, on the device of
// `like` where it is defined. A GPU makes its own: the host would take longer than a small step does.
std::pair<at::Tensor, at::Tensor> RotaryTable(const ModelConfig& config, int64_t length, const at::Tensor& like = {});

// cos, then sin, of one position: both (Dh / 2).
void RotaryRow(const std::vector<float>& frequencies, int64_t position, float* cos, float* sin);

// Whether the angles of a sequence depend on its length.
bool StretchesWith(const ModelConfig& config, int64_t length);

// Angles of single positions, out of one table that grows as needed; a sequence that stretches has its own.
class RotaryAngles {
 public:
  explicit RotaryAngles(const ModelConfig& config) : config_(config) {}
  struct Row {
    const float *cos, *sin;  // (Dh / 2)
  };
  // Begins a pass over sequences of at most `longest` positions; rows of earlier passes are gone.
  void Reset(int64_t longest);
  Row Of(int64_t position, int64_t length);

 private:
  const ModelConfig& config_;
  at::Tensor cos_, sin_;                      // (positions, Dh / 2)
  std::deque<std::vector<float>> stretched_;  // of this pass
};

}  // namespace retort
