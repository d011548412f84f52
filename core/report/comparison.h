// The comparison page: directions of published work beside ours. What others found stands in a data file, with its
// source; what we found is read from the summary.csv and cells.csv of the experiment that a row names, and whether both
// agree is worked out from these numbers. Nothing of our side is typed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/report/csv_rows.h"
#include "core/report/data_table.h"
#include "core/report/page.h"
#include "core/stats/interval.h"

namespace retort {

// A number of ours: one row of summary.csv.
struct ComparedNumber {
  std::string experiment;                  // folder beside the others
  CsvPlace where;                          // of the row
  std::optional<double> value, low, high;  // of the column `mean`; none where there is no result yet
};

enum class Agreement { kNoResult, kAgrees, kDisagrees, kUnclear };
std::string Words(Agreement agreement);

struct ComparedRow {
  std::string id, topic, published, source, grade;  // grade: published, alleged, not looked up
  std::string ours;                                 // what is held against it, in words
  std::string limits;                               // why the embedded world may not tell
  ComparedNumber greater, lesser;                   // published work says that the first is ahead of the second
  int seeds = 0;                                    // that have both
  std::optional<Interval> lead;                     // of the first over the second: mean over seeds, Student's t
  Agreement agreement = Agreement::kNoResult;
};

// `data`: docs/comparison.json; `results`: the folder of all results. Throws Error with the file for what is missing in
// the data file, and for a row of summary.csv that is not there though the experiment has a page.
std::vector<ComparedRow> ReadComparison(const std::filesystem::path& data, const std::filesystem::path& results);

PageContent ComparisonPage(const std::vector<ComparedRow>& rows, const std::string& command);
DataTable ComparisonData(const std::vector<ComparedRow>& rows);  // comparison.csv
// results/comparison. Returns warnings.
std::vector<std::string> WriteComparison(const std::filesystem::path& data, const std::filesystem::path& results);

}  // namespace retort
