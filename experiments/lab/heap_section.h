// Chosen sets against the heap that they were chosen from: the difference of scores at unequal N, paired by seed and
// item, which the tables at equal N do not show.
#pragma once

#include <string>

#include "core/report/own_section.h"
#include "experiments/design/experiment.h"

namespace retort::lab {

// `heap`: the arm that learns all candidates, at its largest N. `margin`, in score, is declared in advance: a set
// matches the heap where the whole 95 % interval of its difference lies above -margin. Nothing where the heap is not
// there yet.
OwnSection HeapSection(const SectionsInput& input, const std::string& heap, double margin);

}  // namespace retort::lab
