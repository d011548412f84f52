// cells.csv: tidy, one row a cell. summary.csv: one row a number that a table shows. Numbers are exact; what is
// undefined is an empty field.
#pragma once

#include <string>

#include "core/report/report.h"

namespace retort {

std::string CellsCsv(const ReportInput& input);  // every cell given, complete or not
std::string SummaryCsv(const Summary& summary);

}  // namespace retort
