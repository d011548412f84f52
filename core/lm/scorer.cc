#include "core/lm/scorer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/lm/linear.h"
#include "core/lm/ragged_forward.h"
#include "core/lm/rope.h"
#include "core/lm/tokenizer.h"
#include "core/lm/transformer.h"

namespace retort {
namespace {

void CheckIds(std::span<const int> ids, const ModelConfig& config) {
  if (ids.empty()) throw Error("an empty prompt: there is nothing to continue");
  if (static_cast<int64_t>(ids.size()) > config.MaxPositions()) {
    throw Error(
        fmt::format("a text of {} tokens is longer than the model's {} positions", ids.size(), config.MaxPositions()));
  }
  CheckVocabulary(std::vector<int>(ids.begin(), ids.end()), config);
}

}  // namespace

void RequireSameTokens(const Scorer& teacher, const Tokenizer& student) {
  if (teacher.token_map == student.Hash()) return;
  throw Error(
      {},
      fmt::format("the teacher {} and the student have different tokenizers: an id is not the same token to both",
                  teacher.name),
      "choose a teacher and a base of the same tokenizer, or learn from texts with the objective sft");
}

void ForEachLogits(const Transformer& model, std::span<const ScorerSequence> sequences, int max_rows,
                   const std::function<void(const at::Tensor& logits)>& on_rows) {
  for (const ScorerSequence& sequence : sequences) CheckIds(sequence.ids, model.config());
  const int64_t vocab = model.config().vocab_size;
  const int64_t logit_rows = std::max<int64_t>(1, (int64_t{16} << 20) / vocab);  // at most 64 MB of logits
  RaggedForward forward(model);
  for (size_t begin = 0; begin < sequences.size();) {
    std::vector<KvCache> caches;
    std::vector<RaggedRow> rows;
    std::vector<int64_t> wanted;  // of these rows
    size_t end = begin, total = 0;
    while (end < sequences.size() &&
           (end == begin || total + sequences[end].ids.size() <= static_cast<size_t>(max_rows))) {
      total += sequences[end++].ids.size();
    }
    caches.reserve(end - begin);
    for (size_t i = begin; i < end; ++i) {
      const auto& [ids, first] = sequences[i];
      caches.emplace_back(model, static_cast<int64_t>(ids.size()));
      // The last id predicts nothing here; it only counts where the angles depend on the length.
      const bool whole = StretchesWith(model.config(), static_cast<int64_t>(ids.size()));
      for (size_t t = 0; t + (whole ? 0 : 1) < ids.size(); ++t) {
        if (static_cast<int>(t) + 1 >= first && t + 1 < ids.size()) wanted.push_back(static_cast<int64_t>(rows.size()));
        rows.push_back({&caches.back(), static_cast<int64_t>(t), ids[t]});
      }
    }
    begin = end;
    if (wanted.empty()) continue;
    at::Tensor hidden = forward.Run(rows);
    if (wanted.size() != rows.size()) hidden = hidden.index_select(0, at::tensor(wanted, at::kLong));
    for (int64_t first = 0; first < hidden.size(0); first += logit_rows) {
      const int64_t count = std::min(logit_rows, hidden.size(0) - first);
      const at::Tensor logits = at::empty({count, vocab});
      Linear(logits, hidden.narrow(0, first, count), model.lm_head(), {});
      on_rows(logits);
    }
  }
}

}  // namespace retort
