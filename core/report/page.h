// index.html: one page that carries its style and its plots with it and asks the network for nothing.
#pragma once

#include <string>
#include <vector>

#include "core/report/report.h"

namespace retort {

// Adds to `warnings` when a plot cannot be drawn; the page then says so in its place.
std::string Page(const ReportInput& input, const Summary& summary, std::vector<std::string>& warnings);

}  // namespace retort
