// The tables of an experiment: its summary, task by task, and its cells.
#pragma once

#include <string>
#include <vector>

#include "core/report/report.h"
#include "core/report/table.h"

namespace retort {

// A line for each point of a sweep and arm: how many samples it took, and where it got to. No rows without a sweep.
Table SweepTable(const Summary& summary);
Table GapTable(const TaskSummary& task);                                       // base, every arm and N, teacher
Table CrossingTable(const TaskSummary& task);                                  // N50 and N90 of every arm
Table ContrastTable(const TaskSummary& task, const std::string& primary_arm);  // no rows with a single arm
Table CostTable(const TaskSummary& task);
Table CellsTable(const ReportInput& input);

}  // namespace retort
