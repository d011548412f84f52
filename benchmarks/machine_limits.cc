#include "benchmarks/machine_limits.h"

#include <ATen/ATen.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <nlohmann/json.hpp>
#include <numeric>
#include <thread>

#include "core/base/clock.h"
#include "core/lm/threads.h"

namespace retort {
namespace {

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// One matrix and what a training step does with it: y = x W^T, dx = dy W, dW = dy^T x.
struct Product {
  Product(int64_t rows, int64_t in, int64_t out)
      : x(at::randn({rows, in})),
        y(at::empty({rows, out})),
        dy(at::randn({rows, out})),
        dx(at::empty({rows, in})),
        weight(at::randn({out, in})),
        gradient(at::empty({out, in})) {}
  at::Tensor x, y, dy, dx, weight, gradient;
};

// Sums in several places of the range at once: one stream alone does not keep a core's line fill buffers busy.
// Integers, which the compiler may add in any order.
template <int kStreams>
uint64_t Sum(const uint64_t* data, int64_t n) {
  constexpr int kLine = 8, kAhead = 256;  // words: a cache line; how far ahead lines are fetched
  std::array<std::array<uint64_t, kLine>, kStreams> sums{};
  const int64_t stride = n / kStreams / kLine * kLine;
  for (int64_t i = 0; i < stride; i += kLine) {
    for (size_t stream = 0; stream < kStreams; ++stream) {
      const uint64_t* const line = data + static_cast<int64_t>(stream) * stride + i;
      __builtin_prefetch(line + kAhead);
      for (size_t j = 0; j < kLine; ++j) sums[stream][j] += line[j];
    }
  }
  uint64_t sum = 0;
  for (int64_t i = stride * kStreams; i < n; ++i) sum += data[i];
  for (const auto& line : sums) sum = std::accumulate(line.begin(), line.end(), sum);
  return sum;
}

}  // namespace

// Every layer has matrices of its own, as in training; activations are shared between the layers, so that the caches
// help the yardstick rather than hinder it.
nlohmann::json Gemm(Words& words) {
  SetThreads(words.Int());
  const int64_t d = words.Number(), f = words.Number(), heads = words.Number(), kv_heads = words.Number();
  const int64_t head_dim = words.Number(), layers = words.Number(), vocab = words.Number();
  const int64_t rows = words.Number(), supervised = words.Number();
  const Product layer[] = {
      {rows, d, (heads + 2 * kv_heads) * head_dim}, {rows, heads * head_dim, d}, {rows, d, 2 * f}, {rows, f, d}};
  std::vector<Product> products;
  for (int64_t l = 0; l < layers; ++l) {
    for (Product product : layer) {
      product.weight = at::randn_like(product.weight);
      product.gradient = at::empty_like(product.gradient);
      products.push_back(product);
    }
  }
  products.emplace_back(supervised, d, vocab);
  double flops = 0;
  for (const Product& p : products) flops += 6.0 * double(p.x.size(0)) * double(p.weight.numel());

  const at::NoGradGuard no_grad;
  const auto step = [&] {
    for (Product& p : products) at::mm_out(p.y, p.x, p.weight.t());
    for (auto p = products.rbegin(); p != products.rend(); ++p) {
      at::mm_out(p->dx, p->dy, p->weight);
      at::mm_out(p->gradient, p->dy.t(), p->x);
    }
  };
  step();
  std::vector<double> seconds;
  const double began = MonotonicSeconds();
  do {
    const double before = MonotonicSeconds();
    step();
    seconds.push_back(MonotonicSeconds() - before);
  } while (MonotonicSeconds() - began < 1.5 || seconds.size() < 3);
  const double median = Median(seconds);
  return {{"gflops", flops / median / 1e9},
          {"best_gflops", flops / std::ranges::min(seconds) / 1e9},
          {"seconds_per_step", median}};
}

// Threads of its own: at::parallel_for is a plain loop where a file is compiled without OpenMP.
nlohmann::json Bandwidth(Words& words) {
  const int threads = words.Int();
  const int64_t bytes = words.Number() * 1'000'000, n = bytes / 8;
  void* const memory =
      mmap(nullptr, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw Error("not enough memory");
  madvise(memory, static_cast<size_t>(bytes), MADV_HUGEPAGE);
  auto* const data = static_cast<uint64_t*>(memory);
  const auto on_each_part = [&](const auto& work) {
    std::vector<std::jthread> running;
    for (int64_t i = 0; i < threads; ++i) {
      running.emplace_back([&, i] { work(data + n * i / threads, n * (i + 1) / threads - n * i / threads); });
    }
  };
  on_each_part([](uint64_t* part, int64_t size) { std::fill(part, part + size, 1); });
  double best = 0;
  const auto pass = [&](auto sum_of) {
    std::atomic<uint64_t> sum = 0;
    const double before = MonotonicSeconds();
    on_each_part([&](const uint64_t* part, int64_t size) { sum += sum_of(part, size); });
    best = std::max(best, double(bytes) / (MonotonicSeconds() - before) / 1e9);
    if (sum != static_cast<uint64_t>(n)) throw Error("the sum is wrong");
  };
  const double began = MonotonicSeconds();
  for (int round = 0; round < 3 || MonotonicSeconds() - began < 1.5; ++round) {
    pass(Sum<1>);
    pass(Sum<2>);
    pass(Sum<4>);
    pass(Sum<8>);
  }
  munmap(memory, static_cast<size_t>(bytes));
  return {{"gigabytes_per_second", best}};
}

}  // namespace retort
