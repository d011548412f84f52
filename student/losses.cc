#include "student/losses.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cassert>
#include <cmath>

#include "core/fused/cross_entropy.h"
#include "core/fused/divergence.h"
#include "core/fused/known_tokens.h"
#include "core/lm/threads.h"
#include "core/lm/transformer.h"
#include "student/divergence.h"
#include "student/known_tokens.h"

namespace retort {
namespace {

// f(row) of `rows` rows, in parallel; summed in order, whoever made them.
template <class F>
double SumRows(int64_t rows, int64_t work, const F& f) {
  std::vector<double> losses(static_cast<size_t>(rows));
  at::parallel_for(0, rows, Grain(work), [&](int64_t begin, int64_t end) { f(begin, end, losses.data()); });
  double sum = 0;
  for (const double loss : losses) sum += loss;
  return sum;
}

// What every loss wants of its sequences: the token that each row predicts.
class TargetLoss : public RowLoss {
 public:
  void Begin(std::span<const SupervisedRows> sequences, size_t begin, size_t count) override {
    targets_.clear();
    for (size_t i = begin; i < begin + count; ++i) {
      const auto& [ids, first] = sequences[i];
      for (auto t = static_cast<size_t>(first); t < ids.size(); ++t) targets_.push_back(ids[t]);
    }
  }

 protected:
  at::Tensor Targets(const at::Tensor& logits) const { return at::tensor(targets_, at::kLong).to(logits.device()); }
  std::vector<int64_t> targets_;
};

class CrossEntropyLoss : public TargetLoss {
 public:
  double InPlace(const at::Tensor& logits, int64_t first, float scale) override {
    const int64_t vocab = logits.size(1);
    auto* data = logits.mutable_data_ptr<float>();
    return SumRows(logits.size(0), vocab, [&](int64_t begin, int64_t end, double* losses) {
      losses[begin] =
          fused::CrossEntropy(data + begin * vocab, targets_.data() + first + begin, end - begin, vocab, scale);
    });
  }
  at::Tensor Sum(const at::Tensor& logits) override {
    return at::cross_entropy_loss(logits, Targets(logits), {}, at::Reduction::Sum);
  }
};

class DivergenceLoss : public RowLoss {
 public:
  DivergenceLoss(const ObjectiveConfig& config, std::span<const Example* const> examples, const TeacherRows& teacher)
      : config_(config), divergence_(DivergenceOf(config)), examples_(examples), teacher_(teacher) {}

  void Begin(std::span<const SupervisedRows> /*sequences*/, size_t begin, size_t count) override {
    rows_ = teacher_(examples_.subspan(begin, count));
  }
  double InPlace(const at::Tensor& logits, int64_t first, float scale) override {
    const int64_t vocab = logits.size(1);
    const double factor = TemperatureScale(config_);
    auto* data = logits.mutable_data_ptr<float>();
    const float* taught = rows_.const_data_ptr<float>() + first * vocab;
    const double sum = SumRows(logits.size(0), 4 * vocab, [&](int64_t begin, int64_t end, double* losses) {
      std::vector<float> scratch(static_cast<size_t>(vocab));
      losses[begin] = fused::DivergenceSum(divergence_, data + begin * vocab, taught + begin * vocab, end - begin,
                                           vocab, scale * static_cast<float>(factor), scratch.data());
    });
    return factor * sum;
  }
  at::Tensor Sum(const at::Tensor& logits) override {
    return DivergenceSum(config_, logits, rows_.to(logits.device()));
  }

 private:
  const ObjectiveConfig& config_;
  fused::Divergence divergence_;
  std::span<const Example* const> examples_;
  const TeacherRows& teacher_;
  at::Tensor rows_;  // (R, V) of the pass
};

class KnownTokensLoss : public TargetLoss {
 public:
  explicit KnownTokensLoss(std::span<const Example* const> examples) : examples_(examples) {}

  void Begin(std::span<const SupervisedRows> sequences, size_t begin, size_t count) override {
    TargetLoss::Begin(sequences, begin, count);
    known_.clear();
    for (size_t i = begin; i < begin + count; ++i) {
      known_.insert(known_.end(), examples_[i]->known.begin(), examples_[i]->known.end());
    }
    assert(known_.size() == targets_.size());
  }
  double InPlace(const at::Tensor& logits, int64_t first, float scale) override {
    const int64_t vocab = logits.size(1);
    auto* data = logits.mutable_data_ptr<float>();
    return SumRows(logits.size(0), vocab, [&](int64_t begin, int64_t end, double* losses) {
      for (int64_t r = begin; r < end; ++r) {
        const auto& [ids, probabilities, rest] = known_[static_cast<size_t>(first + r)];
        float* row = data + r * vocab;
        losses[r] = ids.empty() ? fused::CrossEntropy(row, &targets_[static_cast<size_t>(first + r)], 1, vocab, scale)
                                : fused::KnownTokensDivergence(row, vocab, ids.data(), probabilities.data(),
                                                               static_cast<int64_t>(ids.size()), rest, scale);
      }
    });
  }
  at::Tensor Sum(const at::Tensor& logits) override { return KnownTokensSum(logits, known_, Targets(logits)); }

 private:
  std::span<const Example* const> examples_;
  std::vector<KnownTokens> known_;  // of each row of the pass
};

// Sequences come in pairs: chosen, rejected.
class PreferenceLoss : public TargetLoss {
 public:
  // start: log-probabilities of each pair under the model that learning starts from; empty: to be learnt by looking.
  PreferenceLoss(const ObjectiveConfig& config, std::vector<std::pair<double, double>> start)
      : config_(config), start_(std::move(start)) {}

  bool looks_first() const override { return true; }
  void Begin(std::span<const SupervisedRows> sequences, size_t begin, size_t count) override {
    TargetLoss::Begin(sequences, begin, count);
    begin_ = begin;
    of_row_.clear();
    for (size_t i = 0; i < count; ++i) {
      of_row_.insert(of_row_.end(), static_cast<size_t>(sequences[begin + i].size()), static_cast<int64_t>(i));
    }
    seen_.resize(std::max(seen_.size(), begin + count));
    std::fill_n(seen_.begin() + static_cast<std::ptrdiff_t>(begin), count, 0.0);
  }
  void Look(const at::Tensor& logits, int64_t first) override {
    const int64_t n = logits.size(0);
    const at::Tensor targets = at::tensor(at::ArrayRef<int64_t>(targets_.data() + first, static_cast<size_t>(n)));
    const at::Tensor logs = logits.gather(1, targets.unsqueeze(1)).squeeze(1) - logits.logsumexp(1);
    const auto* data = logs.const_data_ptr<float>();
    for (int64_t r = 0; r < n; ++r) seen_[begin_ + Sequence(first + r)] += static_cast<double>(data[r]);
  }
  double InPlace(const at::Tensor& logits, int64_t first, float scale) override {
    const int64_t vocab = logits.size(1);
    auto* data = logits.mutable_data_ptr<float>();
    SumRows(logits.size(0), vocab, [&](int64_t begin, int64_t end, double* losses) {
      for (int64_t r = begin; r < end; ++r) {
        // d loss / d margin, with its sign by the chosen tokens' cross-entropy.
        const size_t sequence = Sequence(first + r);
        const double by_margin = Slope(Margin((begin_ + sequence) / 2));
        const double weight = sequence % 2 == 0 ? by_margin : -by_margin;
        losses[r] = fused::CrossEntropy(data + r * vocab, &targets_[static_cast<size_t>(first + r)], 1, vocab,
                                        scale * static_cast<float>(weight));
      }
    });
    if (first > 0) return 0;  // the whole sum of the pass comes with its first part
    double sum = 0;
    for (size_t i = 0; i <= Sequence(static_cast<int64_t>(of_row_.size()) - 1); i += 2) {
      sum += Loss(Margin((begin_ + i) / 2));
    }
    return sum;
  }
  at::Tensor Sum(const at::Tensor& logits) override {
    const at::Tensor logs = at::log_softmax(logits, 1).gather(1, Targets(logits).unsqueeze(1)).squeeze(1);
    const int64_t pairs = (of_row_.back() + 1) / 2;
    const at::Tensor sums = at::zeros({2 * pairs}, logs.options())
                                .index_add(0, at::tensor(of_row_, at::kLong).to(logs.device()), logs)
                                .view({pairs, 2});
    at::Tensor from = at::empty({pairs}, at::kDouble);
    for (int64_t i = 0; i < pairs; ++i) {
      const auto& [chosen, rejected] = start_[begin_ / 2 + static_cast<size_t>(i)];
      from[i] = chosen - rejected;
    }
    return PreferenceSum(config_, sums.select(1, 0) - sums.select(1, 1) - from.to(logs.options()));
  }
  const std::vector<double>& seen() const { return seen_; }

 private:
  size_t Sequence(int64_t row) const { return static_cast<size_t>(of_row_[static_cast<size_t>(row)]); }
  double Margin(size_t pair) const {
    const auto& [chosen, rejected] = start_[pair];
    return (seen_[2 * pair] - chosen) - (seen_[2 * pair + 1] - rejected);
  }
  // -log sigmoid(x), and x -> -d/dx of it.
  static double Softplus(double x) { return std::max(-x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
  static double SigmoidOfMinus(double x) { return 1 / (1 + std::exp(x)); }
  double Loss(double margin) const {
    const double x = config_.Beta() * margin, flipped = config_.label_smoothing;
    return (1 - flipped) * Softplus(x) + flipped * Softplus(-x);
  }
  double Slope(double margin) const {  // -d loss / d margin
    const double x = config_.Beta() * margin, flipped = config_.label_smoothing;
    return config_.Beta() * ((1 - flipped) * SigmoidOfMinus(x) - flipped * SigmoidOfMinus(-x));
  }

  const ObjectiveConfig& config_;
  std::vector<std::pair<double, double>> start_;
  size_t begin_ = 0;
  std::vector<int64_t> of_row_;  // sequence within the pass
  std::vector<double> seen_;     // log-probability of each sequence of the call
};

std::vector<SupervisedRows> RowsOf(std::span<const Example* const> examples, bool pairs) {
  std::vector<SupervisedRows> sequences;
  for (const Example* example : examples) {
    sequences.push_back({.ids = example->ids, .first = example->prompt_length});
    if (pairs) sequences.push_back({.ids = example->rejected, .first = example->prompt_length});
  }
  return sequences;
}

}  // namespace

Losses::Losses(const Transformer& model, const ObjectiveConfig& config, int vocab, TeacherRows teacher)
    : config_(config),
      pairs_(InfoOf(config).needs == Needs::kPairs),
      // sft and dpo are those of other toolkits, over all the logits that there are.
      pass_(model, config.name == "sft" || pairs_ ? 0 : vocab, pairs_ ? 2 : 1),
      teacher_(std::move(teacher)) {}

int64_t Losses::Prepare(std::span<const Example> examples, int together) {
  if (!pairs_) return 0;
  int64_t tokens = 0;
  for (size_t begin = 0; begin < examples.size(); begin += static_cast<size_t>(together)) {
    std::vector<const Example*> now;
    for (size_t i = begin; i < std::min(examples.size(), begin + static_cast<size_t>(together)); ++i) {
      now.push_back(&examples[i]);
    }
    PreferenceLoss looks(config_, {});
    const std::vector<SupervisedRows> sequences = RowsOf(now, true);
    pass_.Show(sequences, looks);
    for (size_t i = 0; i < now.size(); ++i) start_[now[i]] = {looks.seen()[2 * i], looks.seen()[2 * i + 1]};
    for (const SupervisedRows& sequence : sequences) tokens += static_cast<int64_t>(sequence.ids.size()) - 1;
  }
  return tokens;
}

int64_t Losses::Count(const Example& example) const {
  return pairs_ ? 1 : static_cast<int64_t>(example.ids.size()) - example.prompt_length;
}

std::unique_ptr<RowLoss> Losses::MakeLoss(std::span<const Example* const> examples) {
  switch (InfoOf(config_).needs) {
    case Needs::kText:
      return std::make_unique<CrossEntropyLoss>();
    case Needs::kTopK:
      return std::make_unique<KnownTokensLoss>(examples);
    case Needs::kFullLogits:
      return std::make_unique<DivergenceLoss>(config_, examples, teacher_);
    case Needs::kPairs: {
      std::vector<std::pair<double, double>> start;
      for (const Example* example : examples) start.push_back(start_.at(example));
      return std::make_unique<PreferenceLoss>(config_, std::move(start));
    }
  }
  assert(false);
  return nullptr;
}

double Losses::Accumulate(std::span<const Example* const> examples, int64_t count) {
  const std::unique_ptr<RowLoss> loss = MakeLoss(examples);
  return pass_.Learn(RowsOf(examples, pairs_), *loss, static_cast<double>(count));
}

}  // namespace retort
