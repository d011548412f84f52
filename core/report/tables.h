// The tables of an experiment: its summary, task by task, and its cells.
#pragma once

#include <string>
#include <vector>

#include "core/report/report.h"
#include "core/report/table.h"

namespace retort {

// A line for each point of a sweep and arm: how many samples it took, and where it got to. No rows without a sweep.
Table SweepTable(const Summary& summary);
Table GapTable(const TaskSummary& task);       // base, every arm and N, teacher
Table CrossingTable(const TaskSummary& task);  // N50 and N90 of every arm
// No rows with a single arm. With six seeds p values, adjusted by Holm over the whole page but for the declared
// contrast.
Table ContrastTable(const TaskSummary& task, const std::string& primary_arm);
Table SideBySideTable(const TaskSummary& task);  // scores, a line for each N, a column for each arm; none with one arm
Table SampledTable(const TaskSummary& task);     // of several answers an item; no rows where one was asked for
Table ExtrasTable(const TaskSummary& task, const std::map<std::string, std::string>& notes);  // what else was measured
Table CostTable(const TaskSummary& task);
// N50 beside the number of facts that the target consists of, for tasks that state one.
Table FactsTable(const Summary& summary, const std::map<std::string, int>& facts);
Table CellsTable(const ReportInput& input);

}  // namespace retort
