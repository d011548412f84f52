// The cells of a gap curve that a fit over several sizes may use: a block of seeds and sizes without a hole.
#pragma once

#include <string>
#include <vector>

#include "core/stats/gap_curve.h"
#include "core/stats/paired_means.h"

namespace retort {

struct GapBlock {
  std::vector<size_t> seeds, sizes;  // indices into GapCurveInput
};

bool HasCell(const GapSeed& seed, size_t size);

// The largest block without a hole among those made by "sizes that at least k seeds have, and the seeds that have them
// all"; of equals the one with more seeds. Empty where there is no cell.
GapBlock LargestBlock(const GapCurveInput& input);

// Columns base, teacher, sizes of the block; `second`, if given, adds its own sizes of the block after them.
PairedMeans BlockMeans(const GapCurveInput& input, const GapBlock& block, const GapCurveInput* second = nullptr);

// Where Fieller's set is unbounded though the gap's own interval is clear of 0: the ratio may have fewer degrees of
// freedom than the gap.
inline constexpr char kGapTooUncertain[] = "the teacher's lead over the base is too uncertain to divide by";

struct MeasuredGap {
  Interval interval;      // S_T - S_0, oriented: positive where the teacher is better
  std::string undefined;  // why nothing should be divided by it
};
// `means` begins with the columns base, teacher.
MeasuredGap MeasureGap(const GapCurveInput& input, const PairedMeans& means);

}  // namespace retort
