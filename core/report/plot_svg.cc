#include "core/report/plot_svg.h"

#include <fmt/format.h>

#include <regex>

#include "core/base/error.h"
#include "core/report/escape.h"

namespace retort {
namespace {

constexpr std::string_view kCanvas = "<g id=\"gnuplot_canvas\">";

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string GnuplotColour(std::string_view hex) {  // as gnuplot writes it
  const auto part = [&](size_t at) { return std::stoi(std::string(hex.substr(at, 2)), nullptr, 16); };
  return fmt::format("rgb({:3}, {:3}, {:3})", part(1), part(3), part(5));
}

// gnuplot's drawing without its head and its tooltips, which say nothing.
std::string Body(const std::string& svg) {
  const size_t canvas = svg.find(kCanvas);
  if (svg.find("<svg") == std::string::npos || canvas == std::string::npos) {
    throw Error("gnuplot wrote no SVG that is understood");
  }
  static const std::regex tooltips("<title>[^<]*</title>");
  std::string body = std::regex_replace(svg.substr(canvas), tooltips, "");
  ReplaceAll(body, " font-family=\"Helvetica\"", "");
  return body;
}

std::string Titles(const Plot& plot, const std::string& id) {
  return fmt::format("<title id=\"{0}title\">{1}</title>\n<desc id=\"{0}desc\">{2}</desc>\n", id, HtmlText(plot.title),
                     HtmlText(plot.description));
}

}  // namespace

std::string PageSvg(const std::string& gnuplot_svg, const Plot& plot, const std::string& id) {
  std::string body = Body(gnuplot_svg);
  ReplaceAll(body, "id=\"gnuplot", "id=\"" + id + "gnuplot");
  ReplaceAll(body, "url(#gp", "url(#" + id + "gp");
  for (const char* quote : {"'", "\""}) {
    ReplaceAll(body, fmt::format("id={}gp", quote), fmt::format("id={}{}gp", quote, id));
    ReplaceAll(body, fmt::format("href={}#gp", quote), fmt::format("href={}#{}gp", quote, id));
    for (const char* box : {"textbox", "greybox"}) {
      ReplaceAll(body, fmt::format("id={}{}{}", quote, box, quote), fmt::format("id={}{}{}{}", quote, id, box, quote));
    }
    ReplaceAll(body, fmt::format("={0}black{0}", quote), fmt::format("={0}currentColor{0}", quote));
  }
  ReplaceAll(body, " color=\"currentColor\"", "");
  for (size_t i = 0; i < kPlotColours; ++i) {
    const std::string_view colour = PlotColour(i, false);
    ReplaceAll(body, GnuplotColour(colour), fmt::format("var(--arm{}, {})", i, colour));
  }
  ReplaceAll(body, "fill=\"rgb(128,128,128)\"", "fill=\"var(--soft, #59636e)\"");  // labels of ticks
  ReplaceAll(body, GnuplotColour(kPlotFaint), fmt::format("var(--faint, {})", kPlotFaint));
  ReplaceAll(body, GnuplotColour("#000000"), "currentColor");
  return fmt::format(
             "<svg viewBox=\"0 0 {1} {2}\" role=\"img\" aria-labelledby=\"{0}title {0}desc\" "
             "xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">\n",
             id, plot.width, plot.height) +
         Titles(plot, id) + body;
}

std::string FileSvg(const std::string& gnuplot_svg, const Plot& plot) {
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"{0}\" "
             "height=\"{1}\" viewBox=\"0 0 {0} {1}\" font-family=\"Helvetica, Arial, sans-serif\" color=\"#222\" "
             "role=\"img\" aria-labelledby=\"title desc\">\n",
             plot.width, plot.height) +
         Titles(plot, "") + "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n" + Body(gnuplot_svg);
}

}  // namespace retort
