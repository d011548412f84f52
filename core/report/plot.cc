// The description as a gnuplot script. What gnuplot writes is made fit for a page in plot_svg.cc.
#include "core/report/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/subprocess.h"
#include "core/report/escape.h"
#include "core/report/plot_svg.h"

namespace retort {
namespace {

constexpr std::array<std::string_view, kPlotColours> kLight = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                               "#E69F00", "#56B4E9", "#6B6B6B"};
constexpr std::array<std::string_view, kPlotColours> kDark = {"#5AB4F0", "#FF8A3D", "#2FCB9E", "#E59CC5",
                                                              "#F0B83C", "#8ECFF5", "#ABABAB"};
// Filled circle, square, triangles, diamond; hollow ones. One more than colours, so that a colour comes again
// otherwise.
constexpr std::array<int, 8> kMarks = {7, 5, 9, 11, 13, 4, 6, 8};
constexpr std::array<std::string_view, 5> kDashes = {"1", "(10,4)", "(3,3)", "(10,3,2,3)", "(14,3,3,3,3,3)"};

// A gnuplot string: single quotes expand nothing. A quote inside becomes ’: gnuplot 5.4 misreads a doubled one at the
// start.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : CleanUtf8(text)) {
    if (c == '\'') {
      quoted += "’";
    } else {
      quoted += c == '\n' || c == '\t' ? ' ' : c;
    }
  }
  return quoted + "'";
}

// Of several lines.
std::string QuotedLines(const std::string& text) {
  const size_t end = text.find('\n');
  if (end == std::string::npos) return Quoted(text);
  return Quoted(text.substr(0, end)) + R"(."\n".)" + QuotedLines(text.substr(end + 1));
}

bool HasInterval(const PlotPoint& p) { return std::isfinite(p.low) && std::isfinite(p.high); }

bool Shows(const Plot& plot, const PlotPoint& p) {
  return std::isfinite(p.x) && std::isfinite(p.y) && (!plot.x.log_base || p.x > 0) && (!plot.y.log_base || p.y > 0);
}

// Words along more than a few lines would hide the curves: a letter stands above each, and the words in the key.
bool Lettered(const Plot& plot) { return plot.vertical.size() > 3; }

class Script {
 public:
  Script(const Plot& plot, std::string name) : plot_(plot), name_(std::move(name)) {}

  std::string Text(const std::filesystem::path& svg, const std::filesystem::path& pdf) {
    Axis("x", plot_.x);
    Axis("y", plot_.y);
    head_ += fmt::format("set tmargin {}\n", Lettered(plot_) ? 1.6 : 1.2);
    head_ += "set key below left Left reverse noenhanced samplen 3 maxrows 3 width 1 height 0.8\n";
    for (const PlotMark& mark : plot_.across) Across(mark);
    for (const PlotCurve& curve : plot_.curves) Curve(curve);
    for (const PlotMark& mark : plot_.vertical) Vertical(mark);
    Bars();
    return fmt::format(
        "reset session\nset encoding utf8\nset terminal svg size {0},{1} dynamic font 'Helvetica,14' linewidth 1.3\n"
        "set output {2}\n{3}{4}{5}\nunset output\n"
        "if (strstrt(GPVAL_TERMINALS, 'pdfcairo') > 0) {{\n"
        "set terminal pdfcairo size {6:.3g}in,{7:.3g}in font 'Helvetica,11' linewidth 1.3\n"
        "set output {8}\nreplot\nunset output\n}}\n",
        plot_.width, plot_.height, Quoted(svg.string()), head_, data_, plots_, plot_.width / 90.0, plot_.height / 90.0,
        Quoted(pdf.string()));
  }

 private:
  void Axis(char const* which, const PlotAxis& axis) {
    const bool is_x = which[0] == 'x';
    if (axis.log_base) head_ += fmt::format("set logscale {} {:.9g}\n", which, *axis.log_base);
    if (!axis.label.empty()) {
      head_ += fmt::format("set {}label {} noenhanced{}\n", which, Quoted(axis.label), is_x ? " offset 0,0.4" : "");
    }
    const auto end = [](const std::optional<double>& value) { return value ? fmt::format("{:.9g}", *value) : "*"; };
    if (is_x && !plot_.bars.empty() && !axis.low) {
      head_ += fmt::format("set xrange [-0.6:{:.9g}]\n", static_cast<double>(plot_.bars.size()) - 0.4);
    } else {
      head_ += fmt::format("set {}range [{}:{}]\n", which, end(axis.low), end(axis.high));
    }
    std::vector<std::pair<double, std::string>> ticks = axis.ticks;
    if (is_x && ticks.empty()) {
      for (size_t i = 0; i < plot_.bars.size(); ++i) ticks.emplace_back(static_cast<double>(i), plot_.bars[i].label);
    }
    head_ += fmt::format("set {}tics nomirror scale {}", which, is_x ? "0.5" : "0");
    if (!ticks.empty()) {
      size_t letters = 0;
      for (const auto& [at, text] : ticks) letters += DisplayWidth(CleanUtf8(text)) + 1;
      if (is_x && letters > 62) head_ += ticks.size() > 8 ? " rotate by -60 left" : " rotate by -30 left";
      head_ += " noenhanced (";
      for (size_t i = 0; i < ticks.size(); ++i) {
        head_ += fmt::format("{}{} {:.9g}", i == 0 ? "" : ",", QuotedLines(ticks[i].second), ticks[i].first);
      }
      head_ += ")";
    }
    head_ += "\n";
    if (!axis.format.empty()) head_ += fmt::format("set format {} {}\n", which, Quoted(axis.format));
    if (is_x) {
      head_ += "set border 1 lc rgb '#808080' lw 0.8\n";
      head_ += fmt::format("set rmargin {}\n", plot_.across.empty() ? 3 : 12);
    } else {
      head_ += "set grid ytics lt 1 lc rgb '#808080' lw 0.25\n";
    }
  }

  void Across(const PlotMark& mark) {
    if (!std::isfinite(mark.at)) return;
    // Labels that would lie on each other move apart.
    double offset = 0;
    for (const PlotMark& other : plot_.across) {
      if (&other == &mark || other.label.empty() || !plot_.y.low || !plot_.y.high) continue;
      const double near = 0.06 * (*plot_.y.high - *plot_.y.low);
      if (std::abs(other.at - mark.at) < near)
        offset = mark.at > other.at || (mark.at == other.at && &mark < &other) ? 0.5 : -0.5;
    }
    head_ += fmt::format("set arrow from graph 0, first {0:.9g} to graph 1, first {0:.9g} nohead lc rgb '{1}' lw {2}\n",
                         mark.at, kPlotFaint, mark.strong ? 1 : 0.5);
    if (mark.label.empty()) return;
    head_ += fmt::format("set label {} at graph 1.015, first {:.9g} left noenhanced offset 0,{:.2f} font ',12.5'\n",
                         Quoted(mark.label), mark.at, offset);
  }

  void Vertical(const PlotMark& mark) {
    if (!std::isfinite(mark.at) || (plot_.x.log_base && mark.at <= 0)) return;
    head_ += fmt::format(
        "set arrow from first {0:.9g}, graph 0 to first {0:.9g}, graph 1 nohead lc rgb '{1}' lw {2} dt (4,4)\n",
        mark.at, kPlotFaint, mark.strong ? 1 : 0.5);
    if (mark.label.empty()) return;
    if (Lettered(plot_)) {
      const char letter = static_cast<char>('a' + (&mark - plot_.vertical.data()) % 26);
      head_ +=
          fmt::format("set label '{}' at first {:.9g}, graph 1.035 center noenhanced font ',12.5'\n", letter, mark.at);
      Add(fmt::format("NaN with lines lc rgb '{}' lw 1 dt (4,4) title {} noenhanced", kPlotFaint,
                      Quoted(fmt::format("{}: {}", letter, mark.label))));
      return;
    }
    head_ += fmt::format(
        "set label {} at first {:.9g}, graph 0.985 right rotate by 90 noenhanced offset -0.55,0 font ',11.5'\n",
        Quoted(mark.label), mark.at);
  }

  std::string Data(const std::vector<PlotPoint>& points) {
    const std::string name = fmt::format("${}_{}", name_, blocks_++);
    data_ += name + " << EOD\n";
    for (const PlotPoint& p : points) {
      if (!Shows(plot_, p)) continue;
      const double none = p.y;
      data_ += fmt::format("{:.9g} {:.9g} {:.9g} {:.9g}\n", p.x, p.y, HasInterval(p) ? p.low : none,
                           HasInterval(p) ? p.high : none);
    }
    data_ += "EOD\n";
    return name;
  }

  void Add(const std::string& plot) { plots_ += (plots_.empty() ? "plot " : ", \\\n  ") + plot; }

  void Curve(const PlotCurve& curve) {
    if (std::none_of(curve.points.begin(), curve.points.end(), [&](const PlotPoint& p) { return Shows(plot_, p); })) {
      return;
    }
    using Kind = PlotCurve::Kind;
    const std::string data = Data(curve.points);
    const std::string colour(kLight[curve.style % kLight.size()]);
    const std::string title = curve.name.empty() ? "notitle" : fmt::format("title {} noenhanced", Quoted(curve.name));
    const bool whiskers = std::any_of(curve.points.begin(), curve.points.end(), HasInterval);
    if (curve.band && whiskers && curve.points.size() > 1) {
      Add(fmt::format("{} using 1:3:4 with filledcurves fc rgb '{}' fs transparent solid 0.16 noborder notitle", data,
                      colour));
    }
    const std::string look =
        fmt::format("lc rgb '{}' lw 1.5 dt {} pt {} ps 0.8 {}", colour, kDashes[curve.style % kDashes.size()],
                    kMarks[curve.style % kMarks.size()], title);
    switch (curve.kind) {
      case Kind::kLine:
        Add(whiskers ? fmt::format("{} using 1:2:3:4 with yerrorlines {}", data, look)
                     : fmt::format("{} using 1:2 with linespoints {}", data, look));
        break;
      case Kind::kPoints:
        Add(fmt::format("{} using 1:2:3:4 with yerrorbars lc rgb '{}' lw 1.5 pt {} ps 0.8 {}", data, colour,
                        kMarks[curve.style % kMarks.size()], title));
        break;
      case Kind::kStep:
        Add(fmt::format("{} using 1:2 with lines lc rgb '{}' lw 1.8 dt {} {}", data, colour,
                        kDashes[curve.style % kDashes.size()], title));
        break;
      case Kind::kReference:
        Add(fmt::format("{} using 1:2 with linespoints lc rgb '{}' lw 1.2 dt (4,4) pt 2 ps 0.45 {}", data, kPlotFaint,
                        title));
        break;
      case Kind::kAcross:
        Add(fmt::format("{} using 1:2:3:4 with xerrorbars lc rgb '#000000' lw 1.4 pt 12 ps 0.9 {}", data, title));
        break;
    }
  }

  void Bars() {
    for (size_t i = 0; i < plot_.bars.size(); ++i) {
      const PlotBar& bar = plot_.bars[i];
      const PlotPoint point{static_cast<double>(i), bar.value, bar.low, bar.high};
      if (!Shows(plot_, point)) continue;
      const std::string data = Data({point});
      Add(fmt::format("{} using 1:2:(0.66) with boxes lc rgb '{}' fs solid 0.75 noborder notitle", data,
                      kLight[bar.style % kLight.size()]));
      if (HasInterval(point)) {
        Add(fmt::format("{} using 1:2:3:4 with yerrorbars lc rgb '#000000' lw 1.2 pt 0 notitle", data));
      }
    }
  }

  const Plot& plot_;
  std::string name_, head_, data_, plots_;
  int blocks_ = 0;
};

// cairo writes the time into a PDF, which would make two runs differ. Same length: offsets in the file stay true. From
// 1.18 on cairo packs it where it cannot be reached.
std::string WithoutClock(std::string pdf) {
  static constexpr std::string_view kKey = "/CreationDate (D:", kNoDate = "20000101000000";
  const size_t at = pdf.find(kKey);
  if (at != std::string::npos && at + kKey.size() + kNoDate.size() <= pdf.size()) {
    pdf.replace(at + kKey.size(), kNoDate.size(), kNoDate);
  }
  return pdf;
}

}  // namespace

std::string_view PlotColour(size_t index, bool dark) {
  return dark ? kDark[index % kPlotColours] : kLight[index % kPlotColours];
}

bool IsEmpty(const Plot& plot) {
  const auto shows = [&](const PlotPoint& p) { return Shows(plot, p); };
  const bool curve = std::any_of(plot.curves.begin(), plot.curves.end(), [&](const PlotCurve& c) {
    return std::any_of(c.points.begin(), c.points.end(), shows);
  });
  const bool bar = std::any_of(plot.bars.begin(), plot.bars.end(), [&](const PlotBar& b) {
    return std::isfinite(b.value) && (!plot.y.log_base || b.value > 0);
  });
  return !curve && !bar;
}

namespace {

// A key of more than three rows would leave the curves no room: the box grows with it. gnuplot sets as many columns as
// fit; sizes as it draws them in 14 points.
int KeyOverflow(const Plot& plot) {
  constexpr int kFreeRows = 3, kRow = 21, kLetter = 8, kSample = 70, kMargin = 160;
  int entries = 0, longest = 0;
  for (const PlotCurve& curve : plot.curves) {
    entries += curve.name.empty() || curve.points.empty() ? 0 : 1;
    longest = std::max(longest, static_cast<int>(curve.name.size()));
  }
  for (const PlotMark& mark : plot.vertical) {
    if (!Lettered(plot) || mark.label.empty()) continue;
    ++entries;
    longest = std::max(longest, static_cast<int>(mark.label.size()) + 3);
  }
  const int columns = std::max(1, (plot.width - kMargin) / (kSample + kLetter * longest));
  return kRow * std::max(0, (entries + columns - 1) / columns - kFreeRows);
}

}  // namespace

std::vector<DrawnPlot> Draw(std::span<const Plot> given, const std::string& id) {
  std::vector<Plot> plots(given.begin(), given.end());
  for (Plot& plot : plots) plot.height += KeyOverflow(plot);
  std::vector<DrawnPlot> drawn(plots.size());
  const TempDir folder;
  const auto file = [&](size_t i, const char* ending) { return folder.path() / fmt::format("p{}.{}", i, ending); };
  std::string script;
  for (size_t i = 0; i < plots.size(); ++i) {
    if (!IsEmpty(plots[i])) script += Script(plots[i], fmt::format("d{}", i)).Text(file(i, "svg"), file(i, "pdf"));
  }
  if (script.empty()) return drawn;
  CommandResult result;
  try {
    result = RunCommand({"gnuplot", "-d", "-"}, script);
  } catch (const Error&) {
    throw Error("gnuplot is not installed; install the package gnuplot-nox and run again");
  }
  for (size_t i = 0; i < plots.size(); ++i) {
    if (IsEmpty(plots[i])) continue;
    if (result.exit_code != 0 || !std::filesystem::exists(file(i, "svg"))) {
      throw Error(fmt::format("gnuplot failed with code {}: {}", result.exit_code, result.output.substr(0, 300)));
    }
    const std::string svg = ReadFile(file(i, "svg"));
    drawn[i].page_svg = PageSvg(svg, plots[i], fmt::format("{}{}", id, i));
    drawn[i].svg = FileSvg(svg, plots[i]);
    if (std::filesystem::exists(file(i, "pdf"))) drawn[i].pdf = WithoutClock(ReadFile(file(i, "pdf")));
  }
  return drawn;
}

}  // namespace retort
