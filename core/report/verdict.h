// The sentences that a reader takes away from a task, built from the numbers.
#pragma once

#include <string>

#include "core/report/report.h"

namespace retort {

// Of the declared contrast: who is ahead, by how much, and how sure that is.
std::string DeclaredVerdict(const TaskSummary& task, const DeclaredResult& result);
std::string Verdict(const ReportInput& input, const TaskSummary& task);

}  // namespace retort
