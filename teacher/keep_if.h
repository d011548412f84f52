// What every filter does in the end. Not std::erase_if: filters that remember what they kept need it asked in order.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "core/data/sample.h"

namespace retort {

// Removes the answers that `keep` refuses; it is asked once for each, first to last.
template <class Keep>
void KeepIf(std::vector<Sample>& answers, Keep keep) {
  size_t kept = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!keep(std::as_const(answers[i]))) continue;
    if (kept != i) answers[kept] = std::move(answers[i]);
    ++kept;
  }
  answers.erase(answers.begin() + static_cast<std::ptrdiff_t>(kept), answers.end());
}

}  // namespace retort
