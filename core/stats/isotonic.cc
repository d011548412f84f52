#include "core/stats/isotonic.h"

#include <cassert>
#include <cmath>
#include <limits>

namespace retort {

std::vector<double> IsotonicFit(std::span<const double> values, std::span<const double> weights) {
  assert(values.size() == weights.size());
  struct Block {
    double mean, weight;
    size_t size;
  };
  std::vector<Block> blocks;
  for (size_t i = 0; i < values.size(); ++i) {
    blocks.push_back({values[i], weights[i], 1});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean >= blocks.back().mean) {
      const Block last = blocks.back();
      blocks.pop_back();
      Block& block = blocks.back();
      block.mean = (block.mean * block.weight + last.mean * last.weight) / (block.weight + last.weight);
      block.weight += last.weight;
      block.size += last.size;
    }
  }
  std::vector<double> fit;
  for (const Block& block : blocks) fit.insert(fit.end(), block.size, block.mean);
  return fit;
}

double Log2Crossing(std::span<const int> sizes, std::span<const double> fit, double level) {
  assert(sizes.size() == fit.size());
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < fit.size(); ++i) {
    if (!(fit[i] >= level)) continue;
    if (i == 0) return -kInfinity;
    const double left = std::log2(sizes[i - 1]), right = std::log2(sizes[i]);
    return left + (right - left) * (level - fit[i - 1]) / (fit[i] - fit[i - 1]);
  }
  return kInfinity;
}

}  // namespace retort
