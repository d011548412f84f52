// What gnuplot writes as SVG, made fit to stand inside a page, or as a file of its own. Throws Error where it is not
// what gnuplot 5 and 6 write.
#pragma once

#include <string>

#include "core/report/plot.h"

namespace retort {

inline constexpr std::string_view kPlotFaint = "#808080";  // lines beside the matter: marks, grid, references

// Ids begin with `id`; colours are CSS variables (--arm0 ..., --faint, --soft) with the palette as fallback, and what
// was black is currentColor, so that a page's dark mode reaches the plot.
std::string PageSvg(const std::string& gnuplot_svg, const Plot& plot, const std::string& id);
std::string FileSvg(const std::string& gnuplot_svg, const Plot& plot);

}  // namespace retort
