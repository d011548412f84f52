// Several tests read together: which of them stand.
#pragma once

#include <span>
#include <vector>

namespace retort {

// p values adjusted by Holm's step-down method (Holm 1979), in the given order: reject those at most alpha, and the
// chance of any false rejection is at most alpha, however the tests depend on each other. With the p values sorted and
// m of them, adjusted_i = max over j <= i of min(1, (m - j + 1) p_j). Each p is in [0, 1].
std::vector<double> Holm(std::span<const double> p_values);

}  // namespace retort
