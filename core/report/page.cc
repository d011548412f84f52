#include "core/report/page.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/report/escape.h"
#include "core/report/figure.h"
#include "core/report/format.h"
#include "core/report/page_style.h"
#include "core/report/tables.h"

namespace retort {
namespace {

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

std::string Style() {
  std::string dark =
      "@media screen and (prefers-color-scheme: dark) {\n:root { --ink: #e4e7ea; --soft: #9aa5b0; --line: "
      "#343c44; --paper: #14181c; --panel: #1d2329; --accent: #5AB4F0; --faint: #8a939c;";
  std::string light = ":root {";
  for (size_t i = 0; i < kArmColours; ++i) {
    light += fmt::format(" --arm{}: {};", i, ArmColour(i, false));
    dark += fmt::format(" --arm{}: {};", i, ArmColour(i, true));
  }
  return std::string("<style>") + kPageStyle + light + " }\n" + dark + " }\n}\n</style>\n";
}

std::string Figures(const ReportInput& input, const TaskSummary& task, size_t number,
                    std::vector<std::string>& warnings) {
  std::string html = "<div class=\"panels\">\n";
  for (const Panel panel : {Panel::kScore, Panel::kGapClosed}) {
    const std::string caption =
        panel == Panel::kScore ? "Score: " + MetricName(task.metric) : "Share of the gap closed";
    std::string body;
    try {
      body =
          DrawPanel(task, panel, input.primary_arm, fmt::format("f{}{}", number, panel == Panel::kScore ? "s" : "g"));
      if (body.empty()) {
        std::string reason = "no cell is complete";
        for (const ArmSummary& arm : task.arms) {
          for (const PointSummary& point : arm.points) {
            if (!point.undefined.empty()) reason = point.undefined;
          }
        }
        body = fmt::format("<p class=\"note missing\">Nothing to draw: {}.</p>", HtmlText(reason));
      }
    } catch (const Error& error) {
      warnings.push_back(fmt::format("no plot for {}: {}", task.task, error.what()));
      body = fmt::format("<p class=\"note missing\">The plot is missing: {}. The numbers are in the table.</p>",
                         HtmlText(error.what()));
    }
    html += fmt::format("<figure><figcaption>{}</figcaption>\n{}\n</figure>\n", HtmlText(caption), body);
  }
  return html +
         "</div>\n<p class=\"note\">Whiskers and band: 95 % intervals. The band belongs to the first arm. The "
         "horizontal "
         "lines are the untrained base and the teacher; the dashed grey curve, where there is one, is a reader who "
         "knows exactly the steps seen in the samples.</p>\n";
}

std::string Transcripts(const ReportInput& input) {
  if (input.transcripts.empty()) return "";
  std::string html =
      "<section id=\"transcripts\"><h2>The same held-out items, before and after</h2>\n"
      "<p>Answers as they came, unedited.</p>\n";
  for (const Transcript& t : input.transcripts) {
    html += fmt::format(
        "<div class=\"item\"><p class=\"eyebrow\">{}</p>\n<dl class=\"answers\">\n<dt>prompt</dt><dd><pre>{}"
        "</pre></dd>\n",
        HtmlText(t.task), HtmlText(t.prompt));
    if (!t.reference.empty()) html += fmt::format("<dt>reference</dt><dd><pre>{}</pre></dd>\n", HtmlText(t.reference));
    for (const auto& [who, answer] : t.answers) {
      html += fmt::format("<dt>{}</dt><dd><pre>{}</pre></dd>\n", HtmlText(who),
                          answer.empty() ? "(empty)" : HtmlText(answer));
    }
    html += "</dl></div>\n";
  }
  return html + "</section>\n";
}

std::string Provenance(const ReportInput& input) {
  std::string html = "<section id=\"provenance\"><h2>Where each number comes from</h2>\n";
  html +=
      "<p>Every row below is one trained and evaluated cell. Its folder <code>runs/&lt;run&gt;/</code> holds the "
      "resolved "
      "configuration, the score of each item and the hash of the samples it learnt from; <code>cells.csv</code> beside "
      "this page has the same rows as numbers. All of it is made again by</p>\n";
  html += fmt::format("<pre class=\"command\">{}</pre>\n", HtmlText(input.command));
  html += fmt::format("<p class=\"meta note\">Retort {} · written {}</p>\n", HtmlText(input.version),
                      HtmlText(input.created_utc));
  html += fmt::format(
      "<details><summary>{} cells</summary>\n<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th "
      "scope=\"col\">task</th><th scope=\"col\">target</th><th scope=\"col\">arm</th><th scope=\"col\" "
      "class=\"n\">N</th><th "
      "scope=\"col\" class=\"n\">seed</th><th scope=\"col\" class=\"n\">score</th><th scope=\"col\" "
      "class=\"hash\">run</th><th "
      "scope=\"col\">samples sha256</th></tr></thead>\n<tbody>\n",
      input.cells.size());
  for (const CellResult& c : input.cells) {
    html += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
        "class=\"hash\">{}</td><td class=\"hash\">{}</td></tr>\n",
        HtmlText(c.task), HtmlText(c.target), HtmlText(c.arm), c.n, c.seed, Fixed(c.means.score, 3),
        HtmlText(std::string_view(c.run).substr(0, 16)), HtmlText(std::string_view(c.samples_sha256).substr(0, 16)));
  }
  return html + "</tbody></table></div></details></section>\n";
}

}  // namespace

std::string Page(const ReportInput& input, const Summary& summary, std::vector<std::string>& warnings) {
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src "
      "'none'; style-src 'unsafe-inline'\">\n<title>{}</title>\n{}</head>\n<body>\n<main>\n",
      HtmlText(input.title), Style());
  html += fmt::format("<header>\n<p class=\"eyebrow\">Retort · {}</p>\n<h1>{}</h1>\n", HtmlText(input.experiment),
                      HtmlText(input.title));
  if (!input.claim.empty())
    html += fmt::format("<p class=\"claim\">The claim under test: {}</p>\n", HtmlText(input.claim));
  html += "<div class=\"verdict\">";
  for (const TaskSummary& task : summary.tasks) html += "<p>" + Unbroken(HtmlText(task.verdict)) + "</p>\n";
  if (summary.tasks.empty()) html += "<p>" + HtmlText(summary.verdict) + "</p>\n";
  html += "</div>\n</header>\n";

  const Table sweep = SweepTable(summary);
  if (!sweep.rows.empty()) html += "<section><h2>The sweep</h2>\n" + ToHtml(sweep) + "</section>\n";
  std::vector<std::string> costs;
  for (size_t i = 0; i < summary.tasks.size(); ++i) {
    const TaskSummary& task = summary.tasks[i];
    html += fmt::format("<section><h2>{}</h2>\n", HtmlText(task.task)) + Figures(input, task, i, warnings);
    for (const Table& table : {GapTable(task), CrossingTable(task), ContrastTable(task, input.primary_arm)}) {
      if (!table.rows.empty()) html += ToHtml(table);
    }
    html += "</section>\n";
    const Table cost = CostTable(task);
    if (!cost.rows.empty()) costs.push_back(ToHtml(cost));
  }
  if (!input.arm_notes.empty()) {
    html += "<section><h2>The arms</h2>\n<ul>\n";
    for (const auto& [arm, note] : input.arm_notes) {
      html += fmt::format("<li><strong>{}</strong>: {}</li>\n", HtmlText(arm), HtmlText(note));
    }
    html += "</ul></section>\n";
  }
  html += Transcripts(input);
  if (!input.setting.empty()) {
    html += "<section><h2>How it was measured</h2>\n<ul>\n";
    for (const std::string& line : input.setting) html += fmt::format("<li>{}</li>\n", HtmlText(line));
    html += "</ul></section>\n";
  }
  if (!costs.empty()) html += "<section><h2>Costs</h2>\n";
  for (const std::string& cost : costs) html += cost;
  if (!costs.empty()) html += "</section>\n";
  if (!input.caveats.empty() || !summary.warnings.empty()) {
    html += "<section><h2>Caveats</h2>\n<ul>\n";
    for (const std::string& caveat : input.caveats) html += fmt::format("<li>{}</li>\n", HtmlText(caveat));
    for (const std::string& warning : summary.warnings) html += fmt::format("<li>{}</li>\n", HtmlText(warning));
    html += "</ul></section>\n";
  }
  return html + Provenance(input) + "</main>\n</body>\n</html>\n";
}

}  // namespace retort
