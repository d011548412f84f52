// The gap curves of one task as figures of a page: score and share of the gap closed, each against every cost that a
// longer curve really adds to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/report/page.h"
#include "core/report/report.h"

namespace retort {

enum class Panel { kScore, kGapClosed };

// What a point of a curve cost: N itself, or a mean over its seeds.
enum class Cost { kSamples, kTeacherTokens, kSupervisedTokens, kTrainingFlops, kDollars };

// Samples, and each other cost that is positive at all points of the primary arm and differs between them by more than
// a fifth: with a fixed number of steps most do not, and an axis that stands still says nothing.
std::vector<Cost> CostAxes(const TaskSummary& task, const std::string& primary_arm);

// Whether all arms have the same single N: a plot against N shows them side by side.
bool HasOneSize(const TaskSummary& task);

// A point of N = 0 stands left of a break of the axis of N, which is logarithmic. Empty (IsEmpty) where base or teacher
// is missing, or no gap is defined.
Plot GapPlot(const TaskSummary& task, Panel panel, Cost cost, const std::string& primary_arm);

std::vector<PageFigure> TaskFigures(const TaskSummary& task, const std::string& primary_arm);

}  // namespace retort
