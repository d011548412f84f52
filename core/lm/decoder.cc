#include "core/lm/decoder.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/lm/linear.h"
#include "core/lm/ragged_forward.h"
#include "core/lm/scorer.h"
#include "core/lm/transformer.h"

namespace retort {
namespace {

// Rows of one pass: bounds memory when many long prompts join at once.
constexpr size_t kMaxRows = 4096;
constexpr int64_t kMaxLogits = int64_t{16} << 20;  // of prompts, at once: 64 MB

void CheckIds(const std::vector<int>& ids, const ModelConfig& config) {
  if (ids.empty()) throw Error("an empty prompt: there is nothing to continue");
  if (static_cast<int64_t>(ids.size()) > config.MaxPositions()) {
    throw Error(
        fmt::format("a text of {} tokens is longer than the model's {} positions", ids.size(), config.MaxPositions()));
  }
  CheckVocabulary(ids, config);
}

double LogSumExp(const float* logits, int64_t size) {
  const float max = *std::max_element(logits, logits + size);
  double sum = 0;
  for (int64_t i = 0; i < size; ++i) sum += std::exp(static_cast<double>(logits[i] - max));
  return max + std::log(sum);
}

// The `count` most likely ids, most likely first, ties by id.
std::vector<std::pair<int, double>> MostLikely(const float* logits, int64_t size, int count, double norm) {
  std::vector<int> order(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  const auto kept = std::min<std::ptrdiff_t>(count, size);
  std::partial_sort(order.begin(), order.begin() + kept, order.end(),
                    [&](int a, int b) { return logits[a] != logits[b] ? logits[a] > logits[b] : a < b; });
  std::vector<std::pair<int, double>> top;
  top.reserve(static_cast<size_t>(kept));
  for (std::ptrdiff_t i = 0; i < kept; ++i) {
    const int id = order[static_cast<size_t>(i)];
    top.emplace_back(id, logits[id] - norm);
  }
  return top;
}

// Draws from softmax(logits / temperature) cut to the top_k most likely and then to the smallest set of mass top_p, as
// Transformers does. Order: by logit, ties by id.
int Draw(const float* logits, int64_t size, const Sampling& sampling, RandomStream& random) {
  if (sampling.temperature <= 0) return static_cast<int>(std::max_element(logits, logits + size) - logits);
  std::vector<int> order(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  const auto before = [&](int a, int b) { return logits[a] != logits[b] ? logits[a] > logits[b] : a < b; };
  size_t kept = order.size();
  if (sampling.top_k > 0) kept = std::min(kept, static_cast<size_t>(sampling.top_k));
  if (sampling.top_p < 1) {
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(), before);
  } else if (kept < order.size()) {
    std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(), before);
  }
  const float max = *std::max_element(logits, logits + size);
  std::vector<double> weight(kept);
  double total = 0;
  for (size_t i = 0; i < kept; ++i) {
    weight[i] = std::exp(static_cast<double>(logits[order[i]] - max) / sampling.temperature);
    total += weight[i];
  }
  if (sampling.top_p < 1) {
    double mass = 0;
    size_t cut = 0;
    while (cut < kept && mass < sampling.top_p * total) mass += weight[cut++];
    kept = std::max<size_t>(cut, 1);
    total = mass;
  }
  double rest = random.Uniform() * total;
  for (size_t i = 0; i < kept; ++i) {
    rest -= weight[i];
    if (rest < 0) return order[i];
  }
  return order[kept - 1];
}

struct Sequence {
  int64_t handle;
  DecodeRequest request;
  RandomStream random;
  int64_t limit;  // new tokens that the positions leave room for
  std::unique_ptr<KvCache> cache;
  DecodeResult result;
};

}  // namespace

struct Decoder::State {
  State(const Transformer& model_in, int batch_size_in, int vocab_limit_in)
      : model(model_in),
        batch_size(static_cast<size_t>(std::max(batch_size_in, 1))),
        vocab(vocab_limit_in > 0 ? std::min(vocab_limit_in, model_in.config().vocab_size)
                                 : model_in.config().vocab_size),
        forward(model_in) {}

  const Transformer& model;
  size_t batch_size;
  int64_t vocab;
  RaggedForward forward;
  int64_t next_handle = 1;
  std::deque<std::unique_ptr<Sequence>> waiting;
  std::vector<std::unique_ptr<Sequence>> active;
  std::vector<std::unique_ptr<KvCache>> spare;  // of sequences that ended: fresh memory costs its page faults

  std::unique_ptr<KvCache> TakeCache(int64_t positions) {
    const auto fitting = std::find_if(spare.begin(), spare.end(),
                                      [&](const std::unique_ptr<KvCache>& c) { return c->capacity >= positions; });
    if (fitting == spare.end()) {
      if (!spare.empty()) spare.pop_back();  // never more in all than a batch has
      return std::make_unique<KvCache>(model, positions);
    }
    std::unique_ptr<KvCache> cache = std::move(*fitting);
    spare.erase(fitting);
    cache->length = 0;
    cache->ids.clear();
    return cache;
  }

  // Chooses the next token; true when the sequence has ended.
  bool Advance(Sequence& sequence, float* logits) {
    const Sampling& sampling = sequence.request.sampling;
    std::vector<int>& ids = sequence.result.ids;
    const double norm = sampling.top_logprobs >= 0 ? LogSumExp(logits, vocab) : 0;
    DecodeResult::TokenInfo info;
    if (sampling.top_logprobs > 0) info.top = MostLikely(logits, vocab, sampling.top_logprobs, norm);
    std::vector<float> raw;
    if (sampling.processor != nullptr) {
      if (sampling.top_logprobs >= 0) raw.assign(logits, logits + vocab);
      std::vector<int> all = sequence.request.prompt;
      all.insert(all.end(), ids.begin(), ids.end());
      sampling.processor->Process(all, {logits, static_cast<size_t>(vocab)});
    }
    const std::vector<int>& stops = sequence.request.stop_ids;
    if (sampling.ignore_eos) {
      for (const int stop : stops) {
        if (stop >= 0 && stop < vocab) logits[stop] = -std::numeric_limits<float>::infinity();
      }
    }
    const int id = Draw(logits, vocab, sampling, sequence.random);
    if (!sampling.ignore_eos && std::find(stops.begin(), stops.end(), id) != stops.end()) {
      sequence.result.finish_reason = "stop";
      sequence.result.stop_id = id;
      if (sequence.request.report_stop && sampling.top_logprobs >= 0) {
        info.logprob = (raw.empty() ? logits[id] : raw[static_cast<size_t>(id)]) - norm;
        sequence.result.logprobs.push_back(std::move(info));
      }
      return true;
    }
    ids.push_back(id);
    if (sampling.top_logprobs >= 0) {
      info.logprob = (raw.empty() ? logits[id] : raw[static_cast<size_t>(id)]) - norm;
      sequence.result.logprobs.push_back(std::move(info));
    }
    const auto& on_token = sequence.request.on_token;
    if (on_token && !on_token(id, sampling.top_logprobs >= 0 ? &sequence.result.logprobs.back() : nullptr)) {
      sequence.result.finish_reason = "stop";
      return true;
    }
    sequence.result.finish_reason = "length";
    return static_cast<int64_t>(ids.size()) >= sequence.limit;
  }

  // Log-probabilities of a prompt whose hidden states are those of `hidden` from `first` on.
  void ScorePrompt(Sequence& sequence, const at::Tensor& hidden, int64_t first) {
    const std::vector<int>& prompt = sequence.request.prompt;
    const auto count = static_cast<int64_t>(prompt.size()) - 1;
    const int64_t width = model.lm_head().size(0), most = std::max<int64_t>(1, kMaxLogits / width);
    for (int64_t begin = 0; begin < count; begin += most) {
      const int64_t rows = std::min(most, count - begin);
      const at::Tensor logits = at::empty({rows, width});
      Linear(logits, hidden.narrow(0, first + begin, rows), model.lm_head(), {});
      for (int64_t r = 0; r < rows; ++r) {
        const float* row = logits.const_data_ptr<float>() + r * width;
        const double norm = LogSumExp(row, width);  // as ScoreTokens has it
        DecodeResult::TokenInfo info{.logprob = row[prompt[static_cast<size_t>(begin + r) + 1]] - norm};
        if (sequence.request.prompt_logprobs > 0) {
          info.top = MostLikely(row, vocab, sequence.request.prompt_logprobs, norm);
        }
        sequence.result.prompt_logprobs.push_back(std::move(info));
      }
    }
  }
};

Decoder::Decoder(const Transformer& model, int batch_size, int vocab_limit)
    : state_(std::make_unique<State>(model, batch_size, vocab_limit)) {}
Decoder::~Decoder() = default;

int64_t Decoder::Submit(DecodeRequest request) {
  const ModelConfig& config = state_->model.config();
  CheckIds(request.prompt, config);
  const auto prompt = static_cast<int64_t>(request.prompt.size());
  const auto seed = static_cast<uint64_t>(request.sampling.seed);
  RandomStream random(seed, "decode/" + request.random_name);
  const int64_t room = config.MaxPositions() - prompt + 1;
  const int64_t asked = request.sampling.max_new_tokens;
  const int64_t limit = request.only_prompt ? 0 : asked == 0 ? room : std::min(asked, room);
  const int64_t handle = state_->next_handle++;
  state_->waiting.push_back(std::make_unique<Sequence>(
      Sequence{handle, std::move(request), random, limit, nullptr, {.handle = handle, .finish_reason = "length"}}));
  return handle;
}

int64_t Decoder::Cancel(int64_t handle) {
  const auto is_it = [&](const std::unique_ptr<Sequence>& sequence) { return sequence->handle == handle; };
  const auto found = std::ranges::find_if(state_->active, is_it);
  const auto drawn = found == state_->active.end() ? 0 : static_cast<int64_t>((*found)->result.ids.size());
  std::erase_if(state_->waiting, is_it);
  std::erase_if(state_->active, is_it);
  return drawn;
}

bool Decoder::Step(const std::function<void(DecodeResult)>& on_done) {
  const c10::InferenceMode inference;
  State& s = *state_;
  std::vector<RaggedRow> rows;
  std::vector<int64_t> last_row;  // of each active sequence
  const size_t joined = s.active.size();
  for (const auto& sequence : s.active) {
    rows.push_back({sequence->cache.get(), sequence->cache->length, sequence->result.ids.back()});
    last_row.push_back(static_cast<int64_t>(rows.size()) - 1);
  }
  while (s.active.size() < s.batch_size && !s.waiting.empty()) {
    Sequence& next = *s.waiting.front();
    const std::vector<int>& prompt = next.request.prompt;
    if (!rows.empty() && rows.size() + prompt.size() > kMaxRows) break;
    next.cache = s.TakeCache(static_cast<int64_t>(prompt.size()) + std::max<int64_t>(next.limit, 1));
    for (size_t i = 0; i < prompt.size(); ++i) rows.push_back({next.cache.get(), static_cast<int64_t>(i), prompt[i]});
    last_row.push_back(static_cast<int64_t>(rows.size()) - 1);
    s.active.push_back(std::move(s.waiting.front()));
    s.waiting.pop_front();
  }
  if (s.active.empty()) return false;
  at::Tensor hidden = s.forward.Run(rows);
  for (size_t i = joined; i < s.active.size(); ++i) {
    if (s.active[i]->request.prompt_logprobs < 0) continue;
    s.ScorePrompt(*s.active[i], hidden, last_row[i] + 1 - static_cast<int64_t>(s.active[i]->request.prompt.size()));
  }
  if (last_row.size() != rows.size()) {
    hidden = hidden.index_select(0, at::tensor(last_row, at::kLong));
  }
  const at::Tensor logits = at::empty({hidden.size(0), s.model.lm_head().size(0)});  // (S, V)
  Linear(logits, hidden, s.model.lm_head(), {});
  auto* data = logits.mutable_data_ptr<float>();
  std::vector<std::unique_ptr<Sequence>> going;
  for (size_t i = 0; i < s.active.size(); ++i) {
    std::unique_ptr<Sequence>& sequence = s.active[i];
    if (sequence->request.only_prompt || s.Advance(*sequence, data + static_cast<int64_t>(i) * logits.size(1))) {
      s.spare.push_back(std::move(sequence->cache));
      on_done(std::move(sequence->result));
    } else {
      going.push_back(std::move(sequence));
    }
  }
  s.active = std::move(going);
  return !s.active.empty() || !s.waiting.empty();
}

std::vector<std::vector<double>> ScoreTokens(const Transformer& model, const std::vector<std::vector<int>>& sequences,
                                             int max_rows) {
  const c10::InferenceMode inference;
  std::vector<ScorerSequence> whole;
  whole.reserve(sequences.size());
  for (const std::vector<int>& ids : sequences) whole.push_back({.ids = ids});
  std::vector<std::vector<double>> scores(sequences.size());
  size_t sequence = 0;
  ForEachLogits(model, whole, max_rows, [&](const at::Tensor& logits) {
    const int64_t vocab = logits.size(1);
    const auto* data = logits.const_data_ptr<float>();
    for (int64_t r = 0; r < logits.size(0); ++r) {
      while (scores[sequence].size() + 1 >= sequences[sequence].size()) ++sequence;
      const int id = sequences[sequence][scores[sequence].size() + 1];
      scores[sequence].push_back(data[r * vocab + id] - LogSumExp(data + r * vocab, vocab));
    }
  });
  return scores;
}

}  // namespace retort
