// Reads rows, calls KnownTokensDivergence on each, writes losses and gradients: what the grader runs, and what a
// student may run. Numbers are hexadecimal floats, so that none is rounded on its way.
//   rows THREADS INPUT OUTPUT
// A line of INPUT: vocab count rest scale, then vocab logits, count ids, count probabilities. A line of OUTPUT: the
// loss, then vocab numbers of the gradient. With several threads each works through all rows, ROUNDS times and all at
// once; a row that does not always give the same bits is written as nan.
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "core/fused/known_tokens.h"

namespace {

constexpr int kRounds = 200;

struct Row {
  std::vector<float> logits, known;
  std::vector<int> ids;
  float rest = 0, scale = 1;
  double loss = 0;
  bool steady = true;
};

std::vector<Row> Read(const char* path) {
  std::vector<Row> rows;
  std::FILE* file = std::fopen(path, "r");
  size_t vocab = 0, count = 0;
  Row row;
  while (file != nullptr && std::fscanf(file, "%zu %zu %f %f", &vocab, &count, &row.rest, &row.scale) == 4) {
    row.logits.resize(vocab);
    row.ids.resize(count);
    row.known.resize(count);
    bool whole = true;
    for (float& logit : row.logits) whole = whole && std::fscanf(file, "%f", &logit) == 1;  // also "inf" and "nan"
    for (int& id : row.ids) whole = whole && std::fscanf(file, "%d", &id) == 1;
    for (float& probability : row.known) whole = whole && std::fscanf(file, "%f", &probability) == 1;
    if (!whole) break;
    rows.push_back(row);
  }
  if (file != nullptr) std::fclose(file);
  return rows;
}

void Learn(std::vector<Row>& rows) {
  for (Row& row : rows) {
    row.loss = retort::fused::KnownTokensDivergence(row.logits.data(), static_cast<int64_t>(row.logits.size()),
                                                    row.ids.data(), row.known.data(),
                                                    static_cast<int64_t>(row.ids.size()), row.rest, row.scale);
  }
}

bool Same(const Row& a, const Row& b) {
  return std::bit_cast<uint64_t>(a.loss) == std::bit_cast<uint64_t>(b.loss) &&
         std::memcmp(a.logits.data(), b.logits.data(), a.logits.size() * sizeof(float)) == 0;
}

// `rows` become those of the first thread's first round.
void LearnTogether(std::vector<Row>& rows, int threads) {
  const std::vector<Row> fresh = rows;
  Learn(rows);
  std::atomic<int> waiting{threads};
  std::vector<std::vector<char>> steady(static_cast<size_t>(threads), std::vector<char>(rows.size(), 1));
  std::vector<std::thread> workers;
  workers.reserve(static_cast<size_t>(threads));
  for (int thread = 0; thread < threads; ++thread) {
    workers.emplace_back([&, thread] {
      --waiting;
      while (waiting > 0) std::this_thread::yield();
      for (int round = 0; round < kRounds; ++round) {
        std::vector<Row> mine = fresh;
        Learn(mine);
        for (size_t i = 0; i < mine.size(); ++i) {
          if (!Same(mine[i], rows[i])) steady[static_cast<size_t>(thread)][i] = 0;
        }
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  for (const std::vector<char>& of_thread : steady) {
    for (size_t i = 0; i < rows.size(); ++i) rows[i].steady = rows[i].steady && of_thread[i] != 0;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("rows THREADS INPUT OUTPUT\n", stderr);
    return 2;
  }
  const int threads = std::atoi(argv[1]);
  std::vector<Row> rows = Read(argv[2]);
  if (threads > 1) {
    LearnTogether(rows, threads);
  } else {
    Learn(rows);
  }
  std::FILE* out = std::fopen(argv[3], "w");
  if (out == nullptr) return 2;
  for (const Row& row : rows) {
    std::fprintf(out, "%a", row.steady ? row.loss : NAN);
    for (const float slope : row.logits) std::fprintf(out, " %a", static_cast<double>(slope));
    std::fputc('\n', out);
  }
  return std::fclose(out) == 0 ? 0 : 2;
}
