// The assumption register as a table and as data, for every experiment that stands on it.
#pragma once

#include <string>
#include <vector>

#include "core/report/data_table.h"
#include "core/report/table.h"
#include "teacher/provider/assumption.h"

namespace retort::lab {

Table RegisterTable(const std::vector<NamedAssumption>& entries);
DataTable RegisterData(const std::vector<NamedAssumption>& entries);
// The overrides that change the register: {"assumptions.honest_monthly_mean.value=55"}.
std::vector<std::string> WhatIfs(const std::vector<std::string>& overrides);

}  // namespace retort::lab
