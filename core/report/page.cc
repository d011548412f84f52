#include "core/report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/report/citation.h"
#include "core/report/escape.h"
#include "core/report/page_script.h"
#include "core/report/page_style.h"

namespace retort {
namespace {

constexpr char kCaveats[] = "What this does not show";

// A number and its sign or unit stay on one line.
std::string Unbroken(std::string html) {
  for (const std::string_view from : {" %", " = ", "&gt; ", "&lt;= ", "On "}) {
    for (size_t at = html.find(from); at != std::string::npos; at = html.find(from, at + 1)) {
      const size_t first = html.find(' ', at);
      html.replace(first, 1, "\u00A0");
      if (from == " = ") html.replace(html.find(' ', first), 1, "\u00A0");
    }
  }
  return html;
}

// Of several views one is shown: by a style sheet, so that the switch needs no script. A browser without :has shows
// all.
std::string ViewRules(const PageContent& content) {
  size_t most = 0;
  for (const auto* sections : {&content.sections, &content.last_sections}) {
    for (const PageSection& section : *sections) {
      for (const PageFigure& figure : section.figures) most = std::max(most, figure.views.size());
    }
  }
  if (most < 2) return "";
  std::string rules = "@supports selector(:has(*)) {\n";
  for (size_t k = 1; k <= most; ++k) {
    rules += fmt::format(
        ".switch:has(label:nth-of-type({0}) > input:checked) .view:not(:nth-of-type({0})):not(:only-of-type) {{ "
        "display: "
        "none; }}\n",
        k);
  }
  return rules + "}\n@supports not selector(:has(*)) { .switch fieldset { display: none; } }\n";
}

std::string Style(const PageContent& content) {
  std::string dark = kPageDark, light = ":root {";
  for (size_t i = 0; i < kPlotColours; ++i) {
    light += fmt::format(" --arm{}: {};", i, PlotColour(i, false));
    dark += fmt::format(" --arm{}: {};", i, PlotColour(i, true));
  }
  return std::string("<style>") + kPageStyle + ViewRules(content) + light + " }\n" + dark + " }\n}\n</style>\n";
}

// A hash as Content-Security-Policy wants it (RFC 4648).
std::string Base64OfHex(std::string_view hex) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : hex) {
    bits = bits << 4 | static_cast<uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    count += 4;
    if (count >= 6) {
      count -= 6;
      text += kDigits[bits >> count & 63];
    }
  }
  if (count > 0) text += kDigits[bits << (6 - count) & 63];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

std::string Missing(const PageFigure& figure) {
  return fmt::format("<p class=\"note missing\">Nothing to draw: {}. The numbers are in the tables.</p>\n",
                     HtmlText(figure.missing));
}

std::string Figure(const PageFigure& figure) {
  std::string body;
  if (!figure.svg.empty()) {
    body = fmt::format("<div role=\"img\" aria-label=\"{}\">{}</div>\n", HtmlText(figure.alt), figure.svg);
  } else {
    for (const FigureView& view : figure.views) {
      if (view.drawn.page_svg.empty()) continue;
      // Without a style sheet all views stand one below the other, so each says what it is against.
      body += fmt::format("<div class=\"view\">{}\n</div>\n", view.drawn.page_svg);
    }
  }
  if (body.empty()) body = Missing(figure);
  return fmt::format("<figure><figcaption>{}</figcaption>\n{}</figure>\n", HtmlText(figure.caption), body);
}

// Radio buttons before the figures; the style sheet shows view k of every figure where button k is on (ViewRules).
std::string Figures(const PageSection& section) {
  if (section.figures.empty()) return "";
  const PageFigure* most =
      &*std::max_element(section.figures.begin(), section.figures.end(),
                         [](const PageFigure& a, const PageFigure& b) { return a.views.size() < b.views.size(); });
  const bool drawn = std::all_of(most->views.begin(), most->views.end(),
                                 [](const FigureView& view) { return !view.drawn.page_svg.empty(); });
  const bool choice = most->views.size() > 1 && drawn;
  std::string html;
  if (choice) {
    html += "<div class=\"switch\">\n<fieldset><legend>Drawn against</legend>\n";
    for (size_t v = 0; v < most->views.size(); ++v) {
      html += fmt::format("<label><input type=\"radio\" name=\"axis-{}\"{}> {}</label>\n", HtmlText(section.id),
                          v == 0 ? " checked" : "", HtmlText(most->views[v].label));
    }
    html += "</fieldset>\n";
  }
  html += "<div class=\"panels\">\n";
  for (const PageFigure& figure : section.figures) html += Figure(figure);
  html += choice ? "</div>\n</div>\n" : "</div>\n";
  if (!section.figure_note.empty()) html += fmt::format("<p class=\"note\">{}</p>\n", HtmlText(section.figure_note));
  return html;
}

std::string List(const std::vector<std::string>& points) {
  std::string html = "<ul>\n";
  for (const std::string& point : points) html += fmt::format("<li>{}</li>\n", Unbroken(HtmlText(point)));
  return html + "</ul>\n";
}

std::string Section(const PageSection& section) {
  std::string html = fmt::format("<section id=\"{}\"><h2>{}</h2>\n", HtmlText(section.id), HtmlText(section.title));
  for (const std::string& text : section.paragraphs) html += fmt::format("<p>{}</p>\n", Unbroken(HtmlText(text)));
  html += Figures(section);
  for (const Table& table : section.tables) {
    if (!table.rows.empty()) html += ToHtml(table);
  }
  if (!section.points.empty()) html += List(section.points);
  return html + section.raw_html + "</section>\n";
}

std::string Glossary(const PageContent& content) {
  if (content.glossary.empty()) return "";
  std::string html = "<section id=\"words\"><h2>The words used here</h2>\n<dl class=\"words\">\n";
  for (const auto& [term, meaning] : content.glossary) {
    html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", HtmlText(term), HtmlText(meaning));
  }
  return html + "</dl></section>\n";
}

bool HasCitation(const PageContent& content) { return !content.command.empty() || !content.results_sha256.empty(); }

std::string Citation(const PageContent& content) {
  if (!HasCitation(content)) return "";
  std::string html = "<section id=\"cite\"><h2>To make it again, and to cite it</h2>\n";
  if (!content.command.empty()) {
    html +=
        fmt::format("<p>All of it is made again by</p>\n<pre class=\"command\">{}</pre>\n", HtmlText(content.command));
  }
  if (!content.data_files.empty()) {
    html += "<p>The numbers as data: ";
    for (const std::string& file : content.data_files) html += fmt::format("<a href=\"{0}\">{0}</a>, ", HtmlText(file));
    html += "explained in <a href=\"data-dictionary.md\">data-dictionary.md</a>.</p>\n";
  }
  return html + fmt::format("<p>{}</p>\n<pre class=\"command\">{}</pre>\n</section>\n", HtmlText(CitationText(content)),
                            HtmlText(BibTex(content)));
}

std::string Contents(const PageContent& content) {
  std::vector<std::pair<std::string, std::string>> links;
  for (const PageSection& section : content.sections) links.emplace_back(section.id, section.title);
  if (!content.caveats.empty()) links.emplace_back("caveats", kCaveats);
  if (HasCitation(content)) links.emplace_back("cite", "To cite it");
  if (!content.glossary.empty()) links.emplace_back("words", "Words");
  for (const PageSection& section : content.last_sections) links.emplace_back(section.id, section.title);
  if (links.size() < 3) return "";
  std::string html = "<nav aria-label=\"Sections of this page\"><ul>\n";
  for (const auto& [id, title] : links) {
    html += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", HtmlText(id), HtmlText(title));
  }
  return html + "</ul></nav>\n";
}

template <class Action>
void ForEachFigure(PageContent& content, const Action& action) {
  for (auto* sections : {&content.sections, &content.last_sections}) {
    for (PageSection& section : *sections) {
      for (PageFigure& figure : section.figures) action(figure);
    }
  }
}

}  // namespace

void DrawFigures(PageContent& content, std::vector<std::string>& warnings) {
  std::vector<Plot> plots;
  ForEachFigure(content, [&](const PageFigure& figure) {
    for (const FigureView& view : figure.views) plots.push_back(view.plot);
  });
  try {
    std::vector<DrawnPlot> drawn = Draw(plots, "f");
    auto next = drawn.begin();
    bool pdf = true;
    ForEachFigure(content, [&](PageFigure& figure) {
      for (FigureView& view : figure.views) {
        view.drawn = std::move(*next++);
        pdf = pdf && (view.drawn.svg.empty() || !view.drawn.pdf.empty());
      }
    });
    if (!pdf) warnings.emplace_back("no figures as PDF: this gnuplot has no terminal pdfcairo");
  } catch (const Error& error) {
    warnings.push_back(fmt::format("no plots: {}", error.what()));
    ForEachFigure(content, [&](PageFigure& figure) {
      if (!figure.views.empty()) figure.missing = error.what();
    });
  }
}

std::string RenderPage(const PageContent& content) {
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{}'; base-uri 'none'; form-action "
      "'none'\">\n<title>{}</title>\n{}</head>\n<body>\n<main>\n",
      Base64OfHex(Sha256Hex(kPageScript)), HtmlText(content.title), Style(content));
  html += fmt::format("<header>\n<p class=\"eyebrow\">Retort · {}</p>\n<h1>{}</h1>\n", HtmlText(content.experiment),
                      HtmlText(content.title));
  if (!content.claim.empty()) {
    html += fmt::format("<p class=\"claim\">The claim under test: {}</p>\n", HtmlText(content.claim));
  }
  html += "<div class=\"verdict\">";
  for (const std::string& verdict : content.verdicts) html += "<p>" + Unbroken(HtmlText(verdict)) + "</p>\n";
  html += "</div>\n</header>\n" + Contents(content);
  for (const PageSection& section : content.sections) html += Section(section);
  if (!content.caveats.empty()) {
    html += fmt::format("<section id=\"caveats\"><h2>{}</h2>\n", kCaveats) + List(content.caveats) + "</section>\n";
  }
  if (!content.grades.empty()) {
    html += "<section id=\"grades\"><h2>Where the numbers come from</h2>\n" + List(content.grades) + "</section>\n";
  }
  html += Citation(content) + Glossary(content);
  for (const PageSection& section : content.last_sections) html += Section(section);
  return html +
         fmt::format("<footer class=\"note\">Retort {} · written {}</footer>\n", HtmlText(content.version),
                     HtmlText(content.created_utc)) +
         "</main>\n<script>" + kPageScript + "</script>\n</body>\n</html>\n";
}

std::string RenderMarkdown(const PageContent& content) {
  std::string text = fmt::format("# {}\n\n", MarkdownText(content.title));
  if (!content.claim.empty()) text += fmt::format("The claim under test: {}\n\n", MarkdownText(content.claim));
  for (const std::string& verdict : content.verdicts) text += fmt::format("**{}**\n\n", MarkdownText(verdict));
  const auto list = [&](std::string_view title, const std::vector<std::string>& points) {
    if (points.empty()) return;
    text += fmt::format("### {}\n\n", MarkdownText(title));
    for (const std::string& point : points) text += fmt::format("- {}\n", MarkdownText(point));
    text += "\n";
  };
  for (const PageSection& section : content.sections) {
    // What only the page can show, it alone introduces.
    const bool shows = section.raw_html.empty() || !section.tables.empty() || !section.points.empty();
    for (const std::string& paragraph : section.paragraphs) {
      if (shows) text += MarkdownText(paragraph) + "\n\n";
    }
    for (const Table& table : section.tables) {
      if (!table.rows.empty()) text += ToMarkdown(table) + "\n";
    }
    list(section.title, section.points);
  }
  list(kCaveats, content.caveats);
  list("Where the numbers come from", content.grades);
  return text + fmt::format("Made by {}, Retort {}, {}. The numbers as data: {}, explained in data-dictionary.md.\n",
                            MarkdownText(content.command), MarkdownText(content.version),
                            MarkdownText(content.created_utc), MarkdownText(content.results_file));
}

std::string RenderLatex(const PageContent& content) {
  std::string text =
      "% The tables of an experiment. In the preamble: \\usepackage{booktabs} and, before 2018's LaTeX,\n"
      "% \\usepackage[utf8]{inputenc}; the widest tables want \\usepackage[margin=1in]{geometry}. Cite as:\n";
  std::string comment = BibTex(content);
  for (size_t at = 0; at < comment.size();) {
    const size_t end = comment.find('\n', at);
    text += "% " + comment.substr(at, end - at) + "\n";
    at = end + 1;
  }
  for (const PageSection& section : content.sections) {
    for (const Table& table : section.tables) {
      if (!table.rows.empty()) text += "\n" + ToLatex(table);
    }
  }
  return text;
}

}  // namespace retort
