// The gap curve of one task as SVG for an HTML page, drawn by gnuplot. Colours are Okabe & Ito's, which colour-blind
// readers can tell apart; marks and dashes differ too, so that it reads in grey. Colours become CSS variables with the
// palette as fallback, so that a page's dark mode reaches the plot.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/report/report.h"

namespace retort {

enum class Panel { kScore, kGapClosed };

// `id` is a prefix for the ids inside, unique on the page. Throws Error if gnuplot is missing or fails.
std::string DrawPanel(const TaskSummary& task, Panel panel, const std::string& primary_arm, const std::string& id);

inline constexpr size_t kArmColours = 7;
std::string_view ArmColour(size_t index, bool dark);  // "#0072B2"

}  // namespace retort
