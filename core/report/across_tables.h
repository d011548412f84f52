// What a page of several groups of rows says of all of them at once. Empty tables where nothing is compared.
#pragma once

#include "core/report/data_table.h"
#include "core/report/page.h"
#include "core/report/report.h"
#include "core/report/table.h"

namespace retort {

Table GroupsTable(const ReportInput& input, const Summary& summary);       // one line a group: facts, scores, N50
Table DifferencesTable(const ReportInput& input, const Summary& summary);  // one line a comparison and N
std::vector<PageFigure> GroupsFigures(const ReportInput& input, const Summary& summary);
DataTable DifferencesData(const Summary& summary);  // groups.csv

}  // namespace retort
