#include "core/fused/attention.h"

#include <algorithm>
#include <utility>

#include "core/fused/product.h"
#include "core/fused/softmax.h"
#include "core/fused/vectorised.h"

namespace retort::fused {
namespace {

constexpr int64_t kBlock = 48;  // queries whose scores are made together

// (length, columns) out of rows `stride` apart, times `scale`, padded with zeros to (length, Padded(columns)).
RETORT_VECTORISED void Gather(const float* from, int64_t stride, int64_t length, int64_t columns, float scale,
                              float* to) {
  const int64_t padded = Padded(columns);
  for (int64_t t = 0; t < length; ++t, from += stride, to += padded) {
    for (int64_t i = 0; i < columns; ++i) to[i] = from[i] * scale;
    std::fill(to + columns, to + padded, 0.0F);
  }
}
// The same transposed: (columns, Padded(length)).
RETORT_VECTORISED void GatherTransposed(const float* from, int64_t stride, int64_t length, int64_t columns, float scale,
                                        float* to) {
  const int64_t padded = Padded(length);
  for (int64_t i = 0; i < columns; ++i, to += padded) {
    for (int64_t t = 0; t < length; ++t) to[t] = from[t * stride + i] * scale;
    std::fill(to + length, to + padded, 0.0F);
  }
}
RETORT_VECTORISED void Scatter(const float* from, int64_t length, int64_t columns, float scale, float* to,
                               int64_t stride) {
  const int64_t padded = Padded(columns);
  for (int64_t t = 0; t < length; ++t, from += padded, to += stride) {
    for (int64_t i = 0; i < columns; ++i) to[i] = from[i] * scale;
  }
}

// A block of the queries of one sequence and the keys before them. Every product goes a tile of queries, or of keys, at
// a time, and leaves out what is hidden from it.
struct Block {
  const AttentionShape& shape;
  int64_t padded, head_padded;  // Padded(length), Padded(head_dim)
  int64_t query, queries;       // the first, and how many

  int64_t FirstSeen(int64_t i) const { return shape.window > 0 ? std::max<int64_t>(0, i - shape.window + 1) : 0; }
  int64_t begin() const { return FirstSeen(query) / kStrip * kStrip; }  // of the keys
  int64_t end() const { return query + queries; }

  // f(i, rows, end): tiles of queries from row i of the block, and the end of the keys that they see.
  template <typename F>
  void ForQueries(const F& f) const {
    for (int64_t i = 0; i < queries; i += kTile) {
      const int64_t rows = std::min(kTile, queries - i);
      f(i, rows, query + i + rows);
    }
  }

  // out (queries, padded) = left right: scores, or gradients by probabilities. left: (queries, head_dim), rows `stride`
  // apart; right: (head_dim, padded).
  void Scores(const float* left, int64_t stride, const float* right, float* out) const {
    ForQueries([&](int64_t i, int64_t rows, int64_t last) {
      Product(rows, last - begin(), shape.head_dim, {left + i * stride, stride, 1}, right + begin(), padded,
              out + i * padded + begin(), padded, false);
    });
  }
  // out (queries, head_padded) = p values.
  void Mix(const float* p, const float* values, float* out) const {
    ForQueries([&](int64_t i, int64_t rows, int64_t last) {
      Product(rows, shape.head_dim, last - begin(), {p + i * padded + begin(), padded, 1},
              values + begin() * head_padded, head_padded, out + i * head_padded, head_padded, false);
    });
  }
  // sums (length, head_padded) += p^T rows.
  void MixBack(const float* p, const float* rows, float* sums) const {
    for (int64_t key = begin(); key < end(); key += kTile) {
      const int64_t first = std::max<int64_t>(0, key - query);  // the first query that sees it
      Product(std::min(kTile, end() - key), shape.head_dim, queries - first, {p + first * padded + key, 1, padded},
              rows + first * head_padded, head_padded, sums + key * head_padded, head_padded, true);
    }
  }
  // In place, scores to probabilities. log_sums: (queries), `heads` apart.
  void Normalise(float* scores, float* log_sums) const {
    for (int64_t i = 0; i < queries; ++i) {
      log_sums[i * shape.heads] =
          Softmax(scores + i * padded, FirstSeen(query + i), query + i + 1, begin(), Padded(end()));
    }
  }
  void NormaliseAgain(float* scores, const float* log_sums) const {
    for (int64_t i = 0; i < queries; ++i) {
      SoftmaxAgain(scores + i * padded, log_sums[i * shape.heads], FirstSeen(query + i), query + i + 1, begin(),
                   Padded(end()));
    }
  }
};

// Takes arrays out of one buffer.
class Arena {
 public:
  Arena(std::vector<float>& buffer, int64_t size) {
    if (static_cast<int64_t>(buffer.size()) < size) buffer.resize(static_cast<size_t>(size));
    next_ = buffer.data();
  }
  float* Take(int64_t size) { return std::exchange(next_, next_ + size); }

 private:
  float* next_;
};

}  // namespace

void AttentionForward(const AttentionShape& shape, int64_t kv_head, int64_t length, const float* qkv, float* out,
                      float* log_sums, std::vector<float>& scratch) {
  const int64_t dh = shape.head_dim, width = shape.width(), padded = Padded(length), padded_dh = Padded(dh);
  Arena arena(scratch, padded * (dh + padded_dh + kBlock) + kBlock * padded_dh);
  float* keys = arena.Take(dh * padded);
  float* values = arena.Take(padded * padded_dh);
  float* p = arena.Take(kBlock * padded);
  float* mixed = arena.Take(kBlock * padded_dh);
  GatherTransposed(qkv + (shape.heads + kv_head) * dh, width, length, dh, shape.scale, keys);
  Gather(qkv + (shape.heads + shape.kv_heads + kv_head) * dh, width, length, dh, 1, values);
  for (int64_t h = kv_head * shape.group(); h < (kv_head + 1) * shape.group(); ++h) {
    for (int64_t q = 0; q < length; q += kBlock) {
      const Block block = {shape, padded, padded_dh, q, std::min(kBlock, length - q)};
      block.Scores(qkv + q * width + h * dh, width, keys, p);
      block.Normalise(p, log_sums + q * shape.heads + h);
      block.Mix(p, values, mixed);
      Scatter(mixed, block.queries, dh, 1, out + (q * shape.heads + h) * dh, shape.heads * dh);
    }
  }
}

void AttentionBackward(const AttentionShape& shape, int64_t kv_head, int64_t length, const float* qkv,
                       const float* log_sums, const float* dout, float* dqkv, std::vector<float>& scratch) {
  const int64_t dh = shape.head_dim, width = shape.width(), padded = Padded(length), padded_dh = Padded(dh);
  Arena arena(scratch, 2 * dh * padded + 5 * length * padded_dh + 2 * kBlock * padded + kBlock * padded_dh);
  float* keys_transposed = arena.Take(dh * padded);
  float* values_transposed = arena.Take(dh * padded);
  float* keys = arena.Take(length * padded_dh);
  float* queries = arena.Take(length * padded_dh);
  float* douts = arena.Take(length * padded_dh);
  float* dkeys = arena.Take(length * padded_dh);
  float* dvalues = arena.Take(length * padded_dh);
  float* p = arena.Take(kBlock * padded);
  float* dp = arena.Take(kBlock * padded);
  float* dq = arena.Take(kBlock * padded_dh);
  const int64_t key_column = (shape.heads + kv_head) * dh, value_column = key_column + shape.kv_heads * dh;
  GatherTransposed(qkv + key_column, width, length, dh, shape.scale, keys_transposed);
  GatherTransposed(qkv + value_column, width, length, dh, 1, values_transposed);
  Gather(qkv + key_column, width, length, dh, shape.scale, keys);
  std::fill(dkeys, dkeys + length * padded_dh, 0.0F);
  std::fill(dvalues, dvalues + length * padded_dh, 0.0F);
  for (int64_t h = kv_head * shape.group(); h < (kv_head + 1) * shape.group(); ++h) {
    Gather(qkv + h * dh, width, length, dh, 1, queries);
    Gather(dout + h * dh, shape.heads * dh, length, dh, 1, douts);
    for (int64_t q = 0; q < length; q += kBlock) {
      const Block block = {shape, padded, padded_dh, q, std::min(kBlock, length - q)};
      const float* q_rows = queries + q * padded_dh;
      const float* dout_rows = douts + q * padded_dh;
      block.Scores(q_rows, padded_dh, keys_transposed, p);
      block.NormaliseAgain(p, log_sums + q * shape.heads + h);
      block.MixBack(p, dout_rows, dvalues);
      block.Scores(dout_rows, padded_dh, values_transposed, dp);
      block.ForQueries([&](int64_t i, int64_t rows, int64_t last) {
        for (float *row = dp + i * padded, *row_end = row + rows * padded; row < row_end; row += padded) {
          SoftmaxBackward(p + (row - dp), row, block.begin(), Padded(last));
          std::fill(row + Padded(last), row + Padded(block.end()), 0.0F);
        }
      });
      block.MixBack(dp, q_rows, dkeys);
      block.Mix(dp, keys, dq);
      Scatter(dq, block.queries, dh, 1, dqkv + q * width + h * dh, width);
    }
  }
  Scatter(dkeys, length, dh, shape.scale, dqkv + key_column, width);
  Scatter(dvalues, length, dh, 1, dqkv + value_column, width);
}

}  // namespace retort::fused
