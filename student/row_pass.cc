#include "student/row_pass.h"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>

#include <algorithm>

#include "core/base/numerics.h"
#include "core/lm/packed_pass.h"
#include "core/lm/rope.h"
#include "core/lm/transformer.h"

namespace retort {
namespace {

// Tokens of one pass: so few that what it keeps for the way back stays in cache, or in a large model takes little
// memory; so many that the matrix products stay efficient. Measured: docs/benchmarks.md.
size_t PassRows(const Transformer& model) { return model.config().ParameterCount() < 5'000'000 ? 512 : 1024; }
constexpr int64_t kLogits = int64_t{32} << 20;  // made at once: 128 MB; fewer rows make the products of a head slow

}  // namespace

RowPass::RowPass(const Transformer& model, int vocab, int together)
    : model_(model),
      vocab_(vocab > 0 ? std::min(vocab, model.config().vocab_size) : model.config().vocab_size),
      together_(static_cast<size_t>(together)) {
  if (!UsesReference() && PackedPass::Supports(model)) pass_ = std::make_unique<PackedPass>(model);
}

RowPass::~RowPass() = default;

double RowPass::Learn(std::span<const SupervisedRows> sequences, RowLoss& loss, double count) {
  return Run(sequences, loss, count, true);
}

void RowPass::Show(std::span<const SupervisedRows> sequences, RowLoss& loss) { Run(sequences, loss, 1, false); }

double RowPass::Run(std::span<const SupervisedRows> sequences, RowLoss& loss, double count, bool learn) {
  double sum = 0;
  if (pass_ == nullptr) {
    // Angles may go by the length, of each sequence its own: then none is padded.
    size_t longest = 0;
    for (const SupervisedRows& sequence : sequences) longest = std::max(longest, sequence.ids.size() - 1);
    const bool apart = StretchesWith(model_.config(), static_cast<int64_t>(longest));
    const size_t step = apart ? together_ : sequences.size();
    for (size_t begin = 0; begin < sequences.size(); begin += step) {
      sum += Reference(sequences, begin, std::min(begin + step, sequences.size()), loss, count, learn);
    }
    return sum;
  }
  const auto tokens = [&](size_t begin) {
    size_t total = 0;
    for (size_t i = begin; i < begin + together_; ++i) total += sequences[i].ids.size() - 1;
    return total;
  };
  const size_t most = PassRows(model_);
  for (size_t begin = 0; begin < sequences.size();) {
    size_t end = begin + together_;
    for (size_t rows = tokens(begin); end < sequences.size() && rows + tokens(end) <= most; end += together_) {
      rows += tokens(end);
    }
    sum += Fused(sequences, begin, end, loss, count, learn);
    begin = end;
  }
  return sum;
}

double RowPass::Fused(std::span<const SupervisedRows> sequences, size_t begin, size_t end, RowLoss& loss, double count,
                      bool learn) {
  PackedSequences batch;
  std::vector<int64_t> rows;
  for (size_t i = begin; i < end; ++i) {
    const auto& [ids, first] = sequences[i];
    const auto length = static_cast<int64_t>(ids.size()), start = batch.begins.back();
    batch.Add(ids.data(), length - 1);
    for (int64_t t = first; t < length; ++t) rows.push_back(start + t - 1);
  }
  loss.Begin(sequences, begin, end - begin);
  const at::AutoDispatchBelowADInplaceOrView no_autograd;
  const at::Tensor hidden = pass_->Forward(batch);
  const at::Tensor index = at::from_blob(rows.data(), {static_cast<int64_t>(rows.size())}, at::kLong);
  const auto scale = static_cast<float>(1.0 / count);
  at::Tensor rows_hidden = hidden.index_select(0, index);  // (S, D); becomes its own gradient
  const at::Tensor head = model_.lm_head().narrow(0, 0, vocab_);
  const int64_t most = std::clamp<int64_t>(kLogits / vocab_, 1, rows_hidden.size(0));
  at::Tensor buffer = at::empty({most, vocab_});
  double sum = 0;
  const auto for_parts = [&](const auto& f) {
    for (int64_t first = 0; first < rows_hidden.size(0); first += most) {
      const int64_t n = std::min(most, rows_hidden.size(0) - first);
      at::Tensor logits = buffer.narrow(0, 0, n);
      const at::Tensor part = rows_hidden.narrow(0, first, n);
      at::mm_out(logits, part, head.t());
      f(logits, part, first);
    }
  };
  if (!learn || loss.looks_first()) {
    for_parts([&](const at::Tensor& logits, const at::Tensor&, int64_t first) { loss.Look(logits, first); });
  }
  if (!learn) return 0;
  for_parts([&](const at::Tensor& logits, at::Tensor part, int64_t first) {
    sum += loss.InPlace(logits, first, scale);
    model_.lm_head().grad().narrow(0, 0, vocab_).addmm_(logits.t(), part);
    at::mm_out(part, logits, head);
  });
  pass_->Backward(at::zeros_like(hidden).index_copy_(0, index, rows_hidden));
  return sum / count;
}

double RowPass::Reference(std::span<const SupervisedRows> sequences, size_t begin, size_t end, RowLoss& loss,
                          double count, bool learn) {
  size_t length = 0;
  for (size_t i = begin; i < end; ++i) length = std::max(length, sequences[i].ids.size() - 1);
  const auto batch = static_cast<int64_t>(end - begin), width = static_cast<int64_t>(length);
  at::Tensor ids = at::zeros({batch, width}, at::kLong);  // padding: any valid id, never supervised, never attended
  std::vector<int64_t> rows;
  auto* data = ids.mutable_data_ptr<int64_t>();
  for (int64_t b = 0; b < batch; ++b) {
    const auto& [sequence, first] = sequences[begin + static_cast<size_t>(b)];
    for (size_t t = 0; t + 1 < sequence.size(); ++t) {
      data[b * width + static_cast<int64_t>(t)] = sequence[t];
      if (static_cast<int>(t) + 1 >= first) rows.push_back(b * width + static_cast<int64_t>(t));
    }
  }
  loss.Begin(sequences, begin, end - begin);
  at::AutoGradMode gradients(learn);
  const at::Device device = model_.flat().device();
  const at::Tensor hidden = model_.Hidden(ids.to(device));
  const at::Tensor rows_hidden =
      hidden.reshape({-1, hidden.size(2)}).index_select(0, at::tensor(rows, at::kLong).to(device));
  at::Tensor logits = model_.Logits(rows_hidden);
  if (vocab_ < logits.size(1)) logits = logits.narrow(1, 0, vocab_);
  if (!learn) {
    loss.Look(logits.to(at::kCPU), 0);
    return 0;
  }
  const at::Tensor mean = loss.Sum(logits) / count;
  mean.backward();
  return mean.item<double>();
}

}  // namespace retort
