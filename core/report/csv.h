// cells.csv: tidy, one row a cell. summary.csv: one row a number that a table shows.
// declared.csv: the comparison that was declared before the run. Numbers are exact; what is
// undefined is an empty field. Each column is written beside what it means (data_table.h).
#pragma once

#include <string>

#include "core/report/data_table.h"
#include "core/report/report.h"

namespace retort {

DataTable CellsData(const ReportInput& input);  // every cell given, complete or not
DataTable SummaryData(const Summary& summary);
// contrasts.csv: the primary arm against each other one; no row with a single arm.
DataTable ContrastsData(const Summary& summary, const std::string& primary_arm);
DataTable DeclaredData(const Summary& summary);  // declared.csv: no row where nothing was declared

std::string CellsCsv(const ReportInput& input);
std::string SummaryCsv(const Summary& summary);

}  // namespace retort
