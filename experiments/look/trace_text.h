// A walk as text for a terminal, and as JSON for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "experiments/look/trace_run.h"
#include "experiments/look/trace_step.h"
#include "experiments/look/trace_summary.h"

namespace retort::lab {

std::string ToText(const RunTrace& trace);
std::string ToText(const SummaryTrace& trace);  // a line for each run, and what is wrong with it
nlohmann::json ToJson(const RunTrace& trace);
nlohmann::json ToJson(const SummaryTrace& trace);
bool IsFine(const RunTrace& trace);
bool IsFine(const SummaryTrace& trace);

}  // namespace retort::lab
