// Groups of rows against each other: the same arm from other bases, or after another start. A group has its own base
// and teacher, so that shares of gaps do not compare; scores on the same items do, paired by seed and item.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/report/report.h"

namespace retort {

// "a + b" -> {"a", "b"}.
std::vector<std::string> GroupNames(std::string_view joined);

// Each comparison at each N that all its groups have, and at N = 0. What cannot be compared is left out, with a
// warning.
std::vector<GroupDifference> CompareGroups(const ReportInput& input, std::vector<std::string>& warnings);

// Of a declared contrast with an against_task.
DeclaredResult DeclareAcross(const ReportInput& input, const DeclaredContrast& declared);

// One sentence for each of the first five comparisons, at the N of the declared contrast or else the largest.
std::vector<std::string> AcrossVerdicts(const ReportInput& input, const Summary& summary);

}  // namespace retort
