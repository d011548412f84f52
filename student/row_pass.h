// The student's forward and backward pass for every objective: the logits of supervised rows only, in parts of bounded
// size, each turned by the objective into its own gradient. On the fused path (core/lm/packed_pass.h) nothing knows of
// autograd; the reference is plain LibTorch, for adapters, bfloat16, CUDA, and to be measured by.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>

namespace retort {

class PackedPass;
class Transformer;

// Supervised are ids[first ..]; the rows of a sequence are those that predict them.
struct SupervisedRows {
  std::span<const int> ids;
  int first = 1;
  int64_t size() const { return static_cast<int64_t>(ids.size()) - first; }
};

// What a row of logits is worth.
class RowLoss {
 public:
  virtual ~RowLoss() = default;
  // sequences[begin, begin + count) are run next, together; their rows come one after the other, from 0.
  virtual void Begin(std::span<const SupervisedRows> sequences, size_t begin, size_t count) = 0;
  // Whether all logits of a pass must be seen before any gradient is known: then they come twice.
  virtual bool looks_first() const { return false; }
  virtual void Look(const at::Tensor& /*logits*/, int64_t /*first*/) {}
  // Rows [first, first + n) of the pass. logits: (n, V) float32, become scale times the gradient. Returns their sum.
  virtual double InPlace(const at::Tensor& logits, int64_t first, float scale) = 0;
  // The sum over all rows of the pass, (R, V), for autograd.
  virtual at::Tensor Sum(const at::Tensor& logits) = 0;
};

class RowPass {
 public:
  // vocab: the logits of so many first ids are made; 0: of all. together: sequences that share a pass, a pair's two.
  RowPass(const Transformer& model, int vocab, int together = 1);
  ~RowPass();

  // Adds the gradient of what it returns: the sum over all rows, over `count`.
  double Learn(std::span<const SupervisedRows> sequences, RowLoss& loss, double count);
  // Has the loss look at all logits; no gradients.
  void Show(std::span<const SupervisedRows> sequences, RowLoss& loss);

 private:
  double Run(std::span<const SupervisedRows> sequences, RowLoss& loss, double count, bool learn);
  double Fused(std::span<const SupervisedRows> sequences, size_t begin, size_t end, RowLoss& loss, double count,
               bool learn);
  double Reference(std::span<const SupervisedRows> sequences, size_t begin, size_t end, RowLoss& loss, double count,
                   bool learn);

  const Transformer& model_;
  int64_t vocab_;
  size_t together_;
  std::unique_ptr<PackedPass> pass_;  // empty: the reference
};

}  // namespace retort
