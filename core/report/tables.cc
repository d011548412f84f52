#include "core/report/tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/report/escape.h"
#include "core/report/format.h"

namespace retort {
namespace {

std::vector<std::string> GapRow(const std::string& arm, const PointSummary& p, int decimals) {
  return {arm,
          std::to_string(p.n),
          std::to_string(p.seeds),
          WithInterval(p.score, decimals),
          p.gap_closed ? PercentInterval(*p.gap_closed) : std::string(kDash),
          Fixed(p.memoriser, 2),
          Fixed(p.retained_skill, 2),
          Fixed(p.step_accuracy, 2),
          Fixed(p.parse_rate, 2)};
}

}  // namespace

Table SweepTable(const Summary& summary) {
  Table table{.title = "The sweep: one line for each of its points"};
  const bool any = std::ranges::any_of(summary.tasks, [](const TaskSummary& task) { return !task.axes.empty(); });
  if (!any) return table;
  table.header = {"point", "arm", "N50", "N90", "largest N", "seeds", "score", "gap closed"};
  table.text_columns = 2;
  table.note = "In brackets: 95 % intervals. Points compare best where they share seeds: cells.csv has every cell.";
  for (const TaskSummary& task : summary.tasks) {
    for (const ArmSummary& arm : task.arms) {
      if (arm.points.empty()) continue;
      const PointSummary& last = arm.points.back();
      table.rows.push_back({task.task, arm.arm, arm.n50 ? ToString(*arm.n50) : std::string(kDash),
                            arm.n90 ? ToString(*arm.n90) : std::string(kDash), std::to_string(last.n),
                            std::to_string(last.seeds), WithInterval(last.score, ScoreDecimals(task.metric)),
                            last.gap_closed ? PercentInterval(*last.gap_closed) : std::string(kDash)});
    }
  }
  return table;
}

Table GapTable(const TaskSummary& task) {
  const int decimals = ScoreDecimals(task.metric);
  Table table{.title = fmt::format("{}: {}", task.task, MetricName(task.metric)),
              .header = {"arm", "N", "seeds", "score", "gap closed", "memoriser", "retained", "steps right", "parsed"}};
  if (task.base) table.rows.push_back(GapRow("base", *task.base, decimals));
  for (const ArmSummary& arm : task.arms) {
    for (const PointSummary& point : arm.points) table.rows.push_back(GapRow(arm.arm, point, decimals));
  }
  if (task.teacher) {
    table.rows.push_back(GapRow("teacher model", *task.teacher, decimals));
    table.rows.back()[1] = std::string(kDash);
  }
  // A column that says nothing about any row is left out.
  for (size_t c = table.header.size(); c-- > 4;) {
    const bool empty = std::all_of(table.rows.begin(), table.rows.end(),
                                   [&](const std::vector<std::string>& row) { return row[c] == kDash; });
    if (!empty || c == 4) continue;
    table.header.erase(table.header.begin() + static_cast<std::ptrdiff_t>(c));
    for (auto& row : table.rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(c));
  }
  table.note = "In brackets: 95 % intervals.";
  if (task.seeds == 1) table.note += " One seed: they speak of other items, not of other runs.";
  for (const ArmSummary& arm : task.arms) {
    const auto undefined =
        std::find_if(arm.points.begin(), arm.points.end(), [](const PointSummary& p) { return !p.undefined.empty(); });
    if (undefined == arm.points.end()) continue;
    table.note += fmt::format(" No share of the gap: {}.", undefined->undefined);
    break;
  }
  return table;
}

Table CrossingTable(const TaskSummary& task) {
  Table table{.title = fmt::format("{}: samples that close half (N50) and nine tenths (N90) of the gap", task.task),
              .header = {"arm", "N50", "95 % interval", "N90", "95 % interval", "seeds"}};
  const bool tuned = std::ranges::any_of(task.arms, [](const ArmSummary& arm) { return arm.validation_items > 0; });
  if (tuned) table.header.emplace_back("and to choose settings");
  for (const ArmSummary& arm : task.arms) {
    if (arm.points.size() < 2) continue;  // one N is no curve
    std::vector<std::string> row = {arm.arm};
    for (const auto& crossing : {arm.n50, arm.n90}) {
      row.push_back(crossing ? ToString(crossing->estimate) : std::string(kDash));
      row.push_back(crossing ? fmt::format("{} to {}", ToString(crossing->low), ToString(crossing->high))
                             : std::string(kDash));
    }
    row.push_back(std::to_string(arm.crossing_seeds));
    if (tuned) row.push_back(std::to_string(arm.validation_items));
    table.rows.push_back(std::move(row));
    if (!arm.undefined.empty() && table.note.empty()) table.note = fmt::format("Undefined: {}.", arm.undefined);
  }
  return table;
}

Table ContrastTable(const TaskSummary& task, const std::string& primary_arm) {
  Table table{.title = fmt::format("{}: arm {} against the others at equal N", task.task, primary_arm),
              .header = {"against", "N", "seeds", "lead in score"},
              .note = "Paired by seed and item; positive where " + primary_arm +
                      " is better. Intervals only: no p-values under six seeds."};
  for (const ArmContrast& c : task.contrasts) {
    table.rows.push_back(
        {c.other, std::to_string(c.n), std::to_string(c.seeds), Signed(c.lead, ScoreDecimals(task.metric))});
  }
  return table;
}

Table CostTable(const TaskSummary& task) {
  Table table{.title = fmt::format("{}: what a run costs, mean over seeds", task.task),
              .header = {"arm", "N", "prompts asked", "teacher tokens", "supervised tokens", "steps", "training FLOPs",
                         "dollars"}};
  for (const ArmSummary& arm : task.arms) {
    for (const PointSummary& p : arm.points) {
      table.rows.push_back({arm.arm, std::to_string(p.n), Count(p.prompts_asked), Count(p.teacher_tokens),
                            Count(p.supervised_tokens), Count(p.steps), fmt::format("{:.2g}", p.training_flops),
                            Dollars(p.dollars)});
    }
  }
  return table;
}

std::string ToText(const Table& table) {
  std::vector<size_t> widths;
  for (const std::string& cell : table.header) widths.push_back(DisplayWidth(cell));
  for (const auto& row : table.rows) {
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], DisplayWidth(CleanUtf8(row[c])));
  }
  const auto line = [&](const std::vector<std::string>& row) {
    std::string text;
    for (size_t c = 0; c < row.size(); ++c) {
      std::string cell = CleanUtf8(row[c]);
      const std::string pad(widths[c] - DisplayWidth(cell), ' ');
      text += (c == 0 ? "  " : "   ") + (c < table.text_columns ? cell + pad : pad + cell);
    }
    return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  };
  std::string text = CleanUtf8(table.title) + "\n" + line(table.header);
  for (const auto& row : table.rows) text += line(row);
  if (!table.note.empty()) text += "  " + CleanUtf8(table.note) + "\n";
  return text;
}

std::string ToMarkdown(const Table& table) {
  const auto line = [](const std::vector<std::string>& row) {
    std::string text = "|";
    for (const std::string& cell : row) text += " " + MarkdownText(cell) + " |";
    return text + "\n";
  };
  std::string text = "### " + MarkdownText(table.title) + "\n\n" + line(table.header) + "|";
  for (size_t c = 0; c < table.header.size(); ++c) text += c < table.text_columns ? " --- |" : " ---: |";
  text += "\n";
  for (const auto& row : table.rows) text += line(row);
  if (!table.note.empty()) text += "\n" + MarkdownText(table.note) + "\n";
  return text;
}

std::string ToHtml(const Table& table) {
  const auto line = [&](const std::vector<std::string>& row, bool header) {
    std::string text = "<tr>";
    for (size_t c = 0; c < row.size(); ++c) {
      const bool is_text = c < table.text_columns;
      const std::string_view tag = header || c == 0 ? "th" : "td";
      text += fmt::format("<{}{}{}>{}</{}>", tag,
                          header   ? " scope=\"col\""
                          : c == 0 ? " scope=\"row\""
                                   : "",
                          is_text ? "" : " class=\"n\"", HtmlText(row[c]), tag);
    }
    return text + "</tr>\n";
  };
  std::string html = fmt::format(
      "<figure class=\"table\"><figcaption>{}</figcaption>\n<div class=\"scroll\" "
      "tabindex=\"0\"><table>\n<thead>{}</thead>"
      "\n<tbody>\n",
      HtmlText(table.title), line(table.header, true));
  for (const auto& row : table.rows) html += line(row, false);
  html += "</tbody></table></div>\n";
  if (!table.note.empty()) html += fmt::format("<p class=\"note\">{}</p>\n", HtmlText(table.note));
  return html + "</figure>\n";
}

}  // namespace retort
