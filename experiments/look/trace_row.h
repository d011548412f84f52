// A row of cells.csv or summary.csv, and the rows of cells.csv that it sums up.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/look/csv_table.h"

namespace retort::lab {

// `path`: the file, or the folder that holds it. Of a folder, summary.csv is meant where a word names a column that it
// alone has (statistic=n50), else cells.csv. Throws Error, also for a CSV that is neither.
CsvTable OpenTable(const std::filesystem::path& path, const std::vector<std::string>& words);
bool IsCells(const CsvTable& table);

// The one row that is meant: a number from 1, or words such as arm=teacher n=16 that must all hold. Throws Error that
// lists the rows, where there are several.
size_t FindRow(const CsvTable& table, const std::vector<std::string>& words);
// "arm teacher, N = 16, seed 0, task rules"
std::string RowLabel(const CsvTable& table, size_t row);

// The columns of a sweep's axes: those after the columns that every table has.
std::vector<std::string> AxisColumns(const CsvTable& table);

// The rows of cells.csv that belong to the curve of a row of summary.csv, as the report groups them: the same task, and
// the same point of a sweep. All arms of it, `base` and `teacher_model` too.
std::vector<size_t> RowsOfCurve(const CsvTable& summary, size_t row, const CsvTable& cells);

}  // namespace retort::lab
