#include "student/sft.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>

#include <algorithm>

#include "core/base/numerics.h"
#include "core/fused/cross_entropy.h"
#include "core/lm/packed_pass.h"
#include "core/lm/rope.h"
#include "core/lm/threads.h"
#include "core/lm/transformer.h"

namespace retort {
namespace {

// Tokens of one pass: so few that what it keeps for the way back stays in cache, or in a large model takes little
// memory; so many that the matrix products stay efficient. Measured: docs/benchmarks.md.
size_t PassRows(const Transformer& model) { return model.config().ParameterCount() < 5'000'000 ? 512 : 1024; }
constexpr int64_t kLogits = int64_t{32} << 20;  // made at once: 128 MB; fewer rows make the products of a head slow

// Sum of the rows' cross-entropies; the logits become their gradient, times `scale`.
double CrossEntropySum(const at::Tensor& logits, const int64_t* targets, float scale) {
  const int64_t rows = logits.size(0), vocab = logits.size(1);
  std::vector<double> losses(static_cast<size_t>(rows));  // summed in order, whoever made them
  auto* data = logits.mutable_data_ptr<float>();
  at::parallel_for(0, rows, Grain(vocab), [&](int64_t begin, int64_t end) {
    losses[static_cast<size_t>(begin)] =
        fused::CrossEntropy(data + begin * vocab, targets + begin, end - begin, vocab, scale);
  });
  double sum = 0;
  for (const double loss : losses) sum += loss;
  return sum;
}

}  // namespace

Sft::Sft(const Transformer& model) : model_(model) {
  if (!UsesReference() && PackedPass::Supports(model)) pass_ = std::make_unique<PackedPass>(model);
}

Sft::~Sft() = default;

double Sft::Accumulate(std::span<const Example> examples, std::span<const int> chosen, int64_t supervised) {
  if (pass_ == nullptr) return Reference(examples, chosen, supervised);
  const size_t most = PassRows(model_);
  double sum = 0;
  for (size_t begin = 0; begin < chosen.size();) {
    const auto tokens = [&](size_t i) { return examples[static_cast<size_t>(chosen[i])].ids.size() - 1; };
    size_t end = begin + 1;
    for (size_t rows = tokens(begin); end < chosen.size() && rows + tokens(end) <= most; ++end) rows += tokens(end);
    sum += Fused(examples, chosen.subspan(begin, end - begin), supervised);
    begin = end;
  }
  return sum;
}

double Sft::Fused(std::span<const Example> examples, std::span<const int> chosen, int64_t supervised) {
  PackedSequences batch;
  std::vector<int64_t> rows, targets;
  for (const int i : chosen) {
    const Example& example = examples[static_cast<size_t>(i)];
    const auto length = static_cast<int64_t>(example.ids.size()), begin = batch.begins.back();
    batch.Add(example.ids.data(), length - 1);
    for (int64_t t = example.prompt_length; t < length; ++t) {
      rows.push_back(begin + t - 1);
      targets.push_back(example.ids[static_cast<size_t>(t)]);
    }
  }
  const at::AutoDispatchBelowADInplaceOrView no_autograd;
  const at::Tensor hidden = pass_->Forward(batch);
  const at::Tensor index = at::from_blob(rows.data(), {static_cast<int64_t>(rows.size())}, at::kLong);
  const auto scale = static_cast<float>(1.0 / static_cast<double>(supervised));
  at::Tensor rows_hidden = hidden.index_select(0, index);  // (S, D); becomes its own gradient
  const at::Tensor& head = model_.lm_head();
  const int64_t most = std::clamp<int64_t>(kLogits / head.size(0), 1, rows_hidden.size(0));
  at::Tensor buffer = at::empty({most, head.size(0)});
  double loss = 0;
  for (int64_t first = 0; first < rows_hidden.size(0); first += most) {
    const int64_t count = std::min(most, rows_hidden.size(0) - first);
    at::Tensor logits = buffer.narrow(0, 0, count), part = rows_hidden.narrow(0, first, count);
    at::mm_out(logits, part, head.t());
    loss += CrossEntropySum(logits, targets.data() + first, scale);
    head.grad().addmm_(logits.t(), part);
    at::mm_out(part, logits, head);
  }
  pass_->Backward(at::zeros_like(hidden).index_copy_(0, index, rows_hidden));
  return loss / static_cast<double>(supervised);
}

double Sft::Reference(std::span<const Example> examples, std::span<const int> chosen, int64_t supervised) {
  size_t length = 0;
  for (const int i : chosen) length = std::max(length, examples[static_cast<size_t>(i)].ids.size() - 1);
  const auto batch = static_cast<int64_t>(chosen.size()), width = static_cast<int64_t>(length);
  if (batch > 1 && StretchesWith(model_.config(), width)) {  // angles go by the length: each by its own
    double sum = 0;
    for (size_t i = 0; i < chosen.size(); ++i) sum += Reference(examples, chosen.subspan(i, 1), supervised);
    return sum;
  }
  at::Tensor ids = at::zeros({batch, width}, at::kLong);  // padding: any valid id, never supervised, never attended
  std::vector<int64_t> rows, targets;
  auto* data = ids.mutable_data_ptr<int64_t>();
  for (int64_t b = 0; b < batch; ++b) {
    const Example& example = examples[static_cast<size_t>(chosen[static_cast<size_t>(b)])];
    for (size_t t = 0; t + 1 < example.ids.size(); ++t) {
      data[b * width + static_cast<int64_t>(t)] = example.ids[t];
      if (static_cast<int>(t) + 1 >= example.prompt_length) {
        rows.push_back(b * width + static_cast<int64_t>(t));
        targets.push_back(example.ids[t + 1]);
      }
    }
  }
  const at::Device device = model_.flat().device();
  const at::Tensor hidden = model_.Hidden(ids.to(device));
  const at::Tensor rows_hidden =
      hidden.reshape({-1, hidden.size(2)}).index_select(0, at::tensor(rows, at::kLong).to(device));
  const at::Tensor sum = at::cross_entropy_loss(model_.Logits(rows_hidden), at::tensor(targets, at::kLong).to(device),
                                                {}, at::Reduction::Sum);
  const at::Tensor loss = sum / static_cast<double>(supervised);
  loss.backward();
  return loss.item<double>();
}

}  // namespace retort
