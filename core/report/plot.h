// A plot by description, drawn by gnuplot: curves with intervals, bars, marks across either axis. Colours are Okabe &
// Ito's, which colour-blind readers can tell apart; marks and dashes differ too, so that it reads in grey. All plots of
// a page are drawn by one process: starting gnuplot costs more than a plot.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace retort {

struct PlotPoint {
  double x = 0, y = 0;
  // Ends of an interval of y (or of x); not finite: none.
  double low = std::numeric_limits<double>::quiet_NaN(), high = std::numeric_limits<double>::quiet_NaN();
};

struct PlotCurve {
  enum class Kind {
    kLine,       // points with whiskers, joined
    kPoints,     // points with whiskers
    kStep,       // a line without marks, as of a computed curve
    kReference,  // faint and dashed: something to compare with
    kAcross,     // points whose interval lies along x
  };
  std::string name;  // in the key; empty: not there
  std::vector<PlotPoint> points;
  Kind kind = Kind::kLine;
  size_t style = 0;   // colour, mark and dash
  bool band = false;  // the interval as a band too
};

// A line across the whole plot, with its words at its end.
struct PlotMark {
  double at = 0;
  std::string label;
  bool strong = true;
};

struct PlotAxis {
  std::string label;
  std::optional<double> log_base;                     // 2 or 10; linear without
  std::optional<double> low, high;                    // of the range; found from what is drawn without
  std::vector<std::pair<double, std::string>> ticks;  // gnuplot's own if empty; '\n' breaks a line
  std::string format;                                 // of gnuplot's own ticks: "%.0f %%", "10^{%L}"
};

struct PlotBar {
  std::string label;
  double value = 0;
  double low = std::numeric_limits<double>::quiet_NaN(), high = std::numeric_limits<double>::quiet_NaN();
  size_t style = 0;
};

struct Plot {
  std::string title;        // what it shows, for readers who hear the page: one line
  std::string description;  // its numbers in words, for the same
  PlotAxis x, y;
  std::vector<PlotCurve> curves;
  std::vector<PlotBar> bars;       // side by side on x = 0, 1, ... with their labels as ticks, unless x.ticks are given
  std::vector<PlotMark> across;    // horizontal lines at y = at
  std::vector<PlotMark> vertical;  // vertical lines at x = at, words along them or in the key
  int width = 560, height = 400;   // of the SVG's box
};

// Three forms of one plot.
struct DrawnPlot {
  std::string page_svg;  // to stand inside a page: its ids are unique there, its colours are CSS variables
  std::string svg;       // a file of its own, black on white
  std::string pdf;       // empty where this gnuplot cannot write it
};

// `id` is a prefix for the ids inside plot i, to which its number is added: unique on the page. Throws Error if gnuplot
// is missing or fails. A plot with nothing to show comes back empty.
std::vector<DrawnPlot> Draw(std::span<const Plot> given, const std::string& id);

bool IsEmpty(const Plot& plot);  // no curve has a point, and there is no bar

inline constexpr size_t kPlotColours = 7;
std::string_view PlotColour(size_t index, bool dark);  // "#0072B2"

}  // namespace retort
