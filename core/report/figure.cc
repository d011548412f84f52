#include "core/report/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <regex>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/subprocess.h"
#include "core/report/escape.h"
#include "core/report/format.h"

namespace retort {
namespace {

constexpr std::array<std::string_view, kArmColours> kLight = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                              "#E69F00", "#56B4E9", "#6B6B6B"};
constexpr std::array<std::string_view, kArmColours> kDark = {"#5AB4F0", "#FF8A3D", "#2FCB9E", "#E59CC5",
                                                             "#F0B83C", "#8ECFF5", "#ABABAB"};
constexpr std::array<int, 7> kMarks = {7, 5, 9, 11, 13, 4, 6};  // filled circle, square, triangles, diamond, hollow
constexpr std::array<std::string_view, 5> kDashes = {"1", "(10,4)", "(3,3)", "(10,3,2,3)", "(14,3,3,3,3,3)"};
constexpr std::string_view kFaint = "#808080";

// A gnuplot string: single quotes expand nothing.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (char c : CleanUtf8(text)) {
    if (c == '\'') quoted += '\'';
    quoted += c == '\n' || c == '\t' ? ' ' : c;
  }
  return quoted + "'";
}

struct Point {
  double x, y, low, high;
};

struct Series {
  std::string name;
  size_t style;
  std::vector<Point> points;
};

double Finite(double value, double fallback) { return std::isfinite(value) ? value : fallback; }

std::string Data(const std::string& name, const std::vector<Point>& points) {
  std::string data = fmt::format("${} << EOD\n", name);
  for (const Point& p : points) {
    data += fmt::format("{:.9g} {:.9g} {:.9g} {:.9g}\n", p.x, p.y, Finite(p.low, p.y), Finite(p.high, p.y));
  }
  return data + "EOD\n";
}

class Script {
 public:
  Script(const TaskSummary& task, Panel panel, const std::string& primary)
      : task_(task), share_(panel == Panel::kGapClosed) {
    for (size_t a = 0; a < task.arms.size(); ++a) {
      Series series{task.arms[a].arm, a, {}};
      for (const PointSummary& p : task.arms[a].points) {
        sizes_.push_back(p.n);
        if (share_ && !p.gap_closed) continue;
        const Interval& v = share_ ? *p.gap_closed : p.score;
        series.points.push_back({static_cast<double>(p.n), v.estimate, v.low, v.high});
        if (task.arms[a].arm == primary && p.memoriser) AddMemoriser(p.n, *p.memoriser);
      }
      if (task.arms[a].arm == primary) primary_ = &task.arms[a];
      series_.push_back(std::move(series));
    }
    std::sort(sizes_.begin(), sizes_.end());
    sizes_.erase(std::unique(sizes_.begin(), sizes_.end()), sizes_.end());
  }

  std::string Text(const std::filesystem::path& output) {
    std::string script = fmt::format(
        "set encoding utf8\nset terminal svg size 560,400 dynamic font 'Helvetica,14' linewidth 1.3\nset output {}\n",
        Quoted(output.string()));
    const double left = sizes_.front() / 1.4, right = sizes_.back() * 1.4;
    script += fmt::format(
        "set logscale x 2\nset xrange [{:.9g}:{:.9g}]\nset xlabel 'samples N (log scale)' offset 0,0.4\n", left, right);
    script += "set xtics nomirror scale 0.5 (";
    for (size_t i = 0; i < sizes_.size(); ++i) script += fmt::format("{}'{}' {}", i ? "," : "", sizes_[i], sizes_[i]);
    script += ")\nset ytics nomirror scale 0\nset border 1 lc rgb '#808080' lw 0.8\nset tmargin 1.2\nset rmargin 12\n";
    script += "set key below left Left reverse noenhanced samplen 3 maxrows 2 width 1 height 0.8\n";
    script += "set grid ytics lt 1 lc rgb '#808080' lw 0.25\n";
    Range();
    script += fmt::format("set yrange [{:.9g}:{:.9g}]\n", low_, high_);
    if (share_) script += "set format y '%.0f %%'\n";
    const double unit = share_ ? 100 : 1;
    std::string data, plots;
    const auto add = [&](const std::string& plot) { plots += (plots.empty() ? "plot " : ", \\\n  ") + plot; };
    const auto level = [&](double y, std::string_view text, double offset, double width) {
      script +=
          fmt::format("set arrow from graph 0, first {0:.9g} to graph 1, first {0:.9g} nohead lc rgb '{1}' lw {2}\n",
                      y * unit, kFaint, width);
      script += fmt::format("set label {} at graph 1.015, first {:.9g} left noenhanced offset 0,{:.2f} font ',12.5'\n",
                            Quoted(text), y * unit, offset);
    };
    if (share_) {
      level(1, "teacher", 0, 1);
      level(0, "base", 0, 1);
      level(0.9, "nine tenths", -0.15, 0.5);
      level(0.5, "half", 0, 0.5);
    } else {
      const int decimals = ScoreDecimals(task_.metric);
      const double base = task_.base->score.estimate, teacher = task_.teacher->score.estimate;
      const double apart = std::abs(teacher - base) < 0.06 * (high_ - low_) ? 0.5 : 0;
      level(teacher, "teacher " + Fixed(teacher, decimals), teacher > base ? apart : -apart, 1);
      level(base, "base " + Fixed(base, decimals), teacher > base ? -apart : apart, 1);
    }
    for (const Series& s : series_) {
      const std::string name = fmt::format("arm{}", s.style);
      const std::string colour = std::string(kLight[s.style % kLight.size()]);
      data += Data(name, s.points);
      if (s.points.empty()) continue;
      // Side by side, so that whiskers of several arms at one N do not hide each other.
      const double shift = std::exp2((static_cast<double>(s.style) - (static_cast<double>(series_.size()) - 1) / 2) *
                                     std::log2(right / left) * 0.012);
      if (primary_ != nullptr && s.name == primary_->arm && s.points.size() > 1) {
        add(
            fmt::format("${} using ($1*{:.6g}):($3*{}):($4*{}) with filledcurves fc rgb '{}' fs transparent solid 0.16 "
                        "noborder notitle",
                        name, shift, unit, unit, colour));
      }
      add(fmt::format(
          "${0} using ($1*{1:.6g}):($2*{2}):($3*{2}):($4*{2}) with yerrorlines lc rgb '{3}' lw 1.5 dt {4} pt {5} "
          "ps 0.8 title {6} noenhanced",
          name, shift, unit, colour, kDashes[s.style % kDashes.size()], kMarks[s.style % kMarks.size()],
          Quoted(s.name)));
    }
    if (memoriser_.size() > 1) {
      data += Data("memoriser", memoriser_);
      add(fmt::format(
          "$memoriser using 1:($2*{}) with linespoints lc rgb '{}' lw 1.2 dt (4,4) pt 2 ps 0.45 title 'memoriser'",
          unit, kFaint));
    }
    AddCrossings(left, right, data, add);
    return script + data + plots + "\n";
  }

  bool empty() const {
    return sizes_.empty() || !task_.base ||
           std::all_of(series_.begin(), series_.end(), [](const Series& s) { return s.points.empty(); });
  }

 private:
  void AddMemoriser(int n, double value) {
    const double base = task_.base->score.estimate, gap = task_.teacher->score.estimate - base;
    if (share_) value = (value - base) / gap;
    if (std::isfinite(value)) memoriser_.push_back({static_cast<double>(n), value, value, value});
  }

  void Range() {
    low_ = 0;
    high_ = 1;
    if (!share_ && !task_.higher_is_better) {
      low_ = std::min(task_.base->score.estimate, task_.teacher->score.estimate);
      high_ = std::max(task_.base->score.estimate, task_.teacher->score.estimate);
    }
    for (const Series& s : series_) {
      for (const Point& p : s.points) {
        low_ = std::min(low_, Finite(p.low, p.y));
        high_ = std::max(high_, Finite(p.high, p.y));
      }
    }
    if (share_) {  // an interval far outside says nothing more by its length
      low_ = std::clamp(low_, -1.0, 0.0);
      high_ = std::clamp(high_, 1.0, 2.0);
    }
    const double margin = 0.04 * (high_ - low_);
    if (low_ != 0 || share_) low_ -= margin;
    high_ += margin;
    if (share_) {
      low_ *= 100;
      high_ *= 100;
    }
  }

  // N50 and N90 of the primary arm lie on their levels, with whiskers that run into the edge where censored.
  template <class Add>
  void AddCrossings(double left, double right, std::string& data, const Add& add) {
    if (!share_ || primary_ == nullptr || primary_->points.size() < 2) return;
    for (const auto& [name, level, crossing] :
         {std::tuple{"n50", 50.0, primary_->n50}, std::tuple{"n90", 90.0, primary_->n90}}) {
      if (!crossing || crossing->estimate.kind != Crossing::Kind::kAt) continue;
      const auto end = [&](const Crossing& c) {
        return c.kind == Crossing::Kind::kAbove ? right : c.kind == Crossing::Kind::kAtOrBelow ? left : c.n;
      };
      data += Data(name, {{crossing->estimate.n, level, end(crossing->low), end(crossing->high)}});
      add(fmt::format("${} using 1:2:3:4 with xerrorbars lc rgb '#000000' lw 1.4 pt 12 ps 0.9 {}", name,
                      name[1] == '5'                                        ? "title 'N50, N90'"
                      : primary_->n50->estimate.kind == Crossing::Kind::kAt ? "notitle"
                                                                            : "title 'N90'"));
    }
  }

  const TaskSummary& task_;
  bool share_;
  const ArmSummary* primary_ = nullptr;
  std::vector<Series> series_;
  std::vector<int> sizes_;
  std::vector<Point> memoriser_;
  double low_ = 0, high_ = 1;
};

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string GnuplotColour(std::string_view hex) {  // as gnuplot writes it
  const auto part = [&](size_t at) { return std::stoi(std::string(hex.substr(at, 2)), nullptr, 16); };
  return fmt::format("rgb({:3}, {:3}, {:3})", part(1), part(3), part(5));
}

std::string Describe(const TaskSummary& task, Panel panel) {
  std::string text;
  for (const ArmSummary& arm : task.arms) {
    text += fmt::format("Arm {}:", arm.arm);
    for (const PointSummary& p : arm.points) {
      const std::string value = panel == Panel::kScore ? WithInterval(p.score, ScoreDecimals(task.metric))
                                : p.gap_closed         ? PercentInterval(*p.gap_closed)
                                                       : std::string("undefined");
      text += fmt::format(" N = {}: {};", p.n, value);
    }
    text.back() = '.';
    text += ' ';
  }
  return text;
}

}  // namespace

std::string_view ArmColour(size_t index, bool dark) {
  return dark ? kDark[index % kArmColours] : kLight[index % kArmColours];
}

std::string DrawPanel(const TaskSummary& task, Panel panel, const std::string& primary_arm, const std::string& id) {
  if (!task.base || !task.teacher) return "";
  Script script(task, panel, primary_arm);
  if (script.empty()) return "";
  const TempDir folder;
  const std::filesystem::path file = folder.path() / "panel.svg";
  CommandResult result;
  try {
    result = RunCommand({"gnuplot", "-d", "-"}, script.Text(file));
  } catch (const Error&) {
    throw Error("gnuplot is not installed; install the package gnuplot-nox and run again");
  }
  if (result.exit_code != 0 || !std::filesystem::exists(file)) {
    throw Error(fmt::format("gnuplot failed with code {}: {}", result.exit_code, result.output.substr(0, 300)));
  }
  std::string svg = ReadFile(file);
  const size_t start = svg.find("<svg"), canvas = svg.find("<g id=\"gnuplot_canvas\">");
  if (start == std::string::npos || canvas == std::string::npos) throw Error("gnuplot wrote no SVG that is understood");
  const std::string what = panel == Panel::kScore ? MetricName(task.metric) : "share of the gap closed";
  svg =
      fmt::format(
          "<svg viewBox=\"0 0 560 400\" role=\"img\" aria-labelledby=\"{0}title {0}desc\" "
          "xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">\n"
          "<title id=\"{0}title\">{1}: {2} against the number of samples N</title>\n<desc id=\"{0}desc\">{3}</desc>\n",
          id, HtmlText(task.task), HtmlText(what), HtmlText(Describe(task, panel))) +
      svg.substr(canvas);
  // Ids must be unique on a page with several plots; gnuplot's own tooltips say nothing.
  static const std::regex tooltips("<title>[^<]*</title>");
  const size_t body = svg.find("<g id=\"gnuplot_canvas\">");
  svg = svg.substr(0, body) + std::regex_replace(svg.substr(body), tooltips, "");
  ReplaceAll(svg, "id=\"gnuplot", "id=\"" + id + "gnuplot");
  for (const char* quote : {"'", "\""}) {
    ReplaceAll(svg, fmt::format("id={}gp", quote), fmt::format("id={}{}gp", quote, id));
    ReplaceAll(svg, fmt::format("href={}#gp", quote), fmt::format("href={}#{}gp", quote, id));
    for (const char* box : {"textbox", "greybox"}) {
      ReplaceAll(svg, fmt::format("id={}{}{}", quote, box, quote), fmt::format("id={}{}{}{}", quote, id, box, quote));
    }
    ReplaceAll(svg, fmt::format("={0}black{0}", quote), fmt::format("={0}currentColor{0}", quote));
  }
  ReplaceAll(svg, " color=\"currentColor\"", "");
  ReplaceAll(svg, " font-family=\"Helvetica\"", "");
  for (size_t i = 0; i < kArmColours; ++i) {
    ReplaceAll(svg, GnuplotColour(kLight[i]), fmt::format("var(--arm{}, {})", i, kLight[i]));
  }
  ReplaceAll(svg, "fill=\"rgb(128,128,128)\"", "fill=\"var(--soft, #59636e)\"");  // labels of ticks
  ReplaceAll(svg, GnuplotColour(kFaint), fmt::format("var(--faint, {})", kFaint));
  ReplaceAll(svg, GnuplotColour("#000000"), "currentColor");
  return svg;
}

}  // namespace retort
