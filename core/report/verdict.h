// The one sentence that a reader takes away from a task, built from the numbers.
#pragma once

#include <string>

#include "core/report/report.h"

namespace retort {

std::string Verdict(const ReportInput& input, const TaskSummary& task);

}  // namespace retort
