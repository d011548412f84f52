// The tables of `provenance` as CSV.
#pragma once

#include <vector>

#include "core/report/data_table.h"
#include "experiments/provider/provenance_results.h"

namespace retort::provider {

DataTable RatesData(const std::vector<TriedArm>& arms, double alpha);
DataTable UniformityData();  // its columns; the page fills the rows
// A line for each student and test, so that another threshold can be tried without this program.
DataTable StudentsData(const std::vector<TriedArm>& arms);

}  // namespace retort::provider
