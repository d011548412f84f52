#include "core/report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/report/escape.h"

namespace retort {
namespace {

std::string Attributes(const Table& table, size_t column, bool header) {
  std::string text = header ? " scope=\"col\"" : column == 0 ? " scope=\"row\"" : "";
  if (column >= table.text_columns) text += " class=\"n\"";
  if (table.sentences && !header && column > 0)
    text += fmt::format(" data-word=\"{}\"", HtmlText(table.header[column]));
  return text;
}

// An href with a scheme or a host would leave the page's own folders, so it stays text.
bool IsLocal(std::string_view href) {
  return !href.empty() && href.find(':') == std::string_view::npos && !href.starts_with("//") &&
         href.find_first_of("\\\n\t\r ") == std::string_view::npos;
}

std::string HtmlCell(const Table& table, const TableCell& cell, size_t column) {
  const std::string_view tag = column == 0 ? "th" : "td";
  std::string text = HtmlText(cell.text);
  if (IsLocal(cell.href)) text = fmt::format("<a href=\"{}\">{}</a>", HtmlText(cell.href), text);
  return fmt::format("<{0}{1}{2}>{3}</{0}>", tag, Attributes(table, column, false),
                     cell.sort ? fmt::format(" data-sort=\"{}\"", *cell.sort) : "", text);
}

std::string LatexLine(const std::vector<std::string>& cells) {
  std::string line = "    ";
  for (size_t c = 0; c < cells.size(); ++c) line += (c == 0 ? "" : " & ") + cells[c];
  return line + " \\\\\n";
}

}  // namespace

std::string ToText(const Table& table) {
  std::vector<size_t> widths;
  for (const std::string& cell : table.header) widths.push_back(DisplayWidth(CleanUtf8(cell)));
  for (const auto& row : table.rows) {
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], DisplayWidth(CleanUtf8(row[c].text)));
  }
  std::string line;
  const auto add = [&](size_t c, std::string_view text) {
    const std::string cell = CleanUtf8(text);
    const std::string pad(widths[c] - DisplayWidth(cell), ' ');
    line += (c == 0 ? "  " : "   ") + (c < table.text_columns ? cell + pad : pad + cell);
  };
  const auto end = [&] { return line.substr(0, line.find_last_not_of(' ') + 1) + "\n"; };
  for (size_t c = 0; c < table.header.size(); ++c) add(c, table.header[c]);
  std::string text = CleanUtf8(table.title) + "\n" + end();
  for (const auto& row : table.rows) {
    line.clear();
    for (size_t c = 0; c < row.size(); ++c) add(c, row[c].text);
    text += end();
  }
  if (!table.note.empty()) text += "  " + CleanUtf8(table.note) + "\n";
  return text;
}

std::string ToMarkdown(const Table& table) {
  std::string text = "### " + MarkdownText(table.title) + "\n\n|";
  for (const std::string& cell : table.header) text += " " + MarkdownText(cell) + " |";
  text += "\n|";
  for (size_t c = 0; c < table.header.size(); ++c) text += c < table.text_columns ? " --- |" : " ---: |";
  text += "\n";
  for (const auto& row : table.rows) {
    text += "|";
    for (const TableCell& cell : row) text += " " + MarkdownText(cell.text) + " |";
    text += "\n";
  }
  if (!table.note.empty()) text += "\n" + MarkdownText(table.note) + "\n";
  return text;
}

std::string ToLatex(const Table& table) {
  // A page of LaTeX is narrow: the more columns, the smaller the print.
  const size_t columns = table.header.size();
  const std::string_view size = columns >= 9   ? R"(\scriptsize\setlength{\tabcolsep}{3pt})"
                                : columns >= 6 ? R"(\footnotesize\setlength{\tabcolsep}{4pt})"
                                               : "";
  std::string text = fmt::format("\\begin{{table}}\n  \\centering{}\n", size);
  std::string caption = LatexText(table.title);
  if (!table.note.empty()) caption += ". " + LatexText(table.note);
  text += "  \\caption{" + caption + "}\n  \\begin{tabular}{";
  for (size_t c = 0; c < table.header.size(); ++c) {
    text += table.sentences          ? fmt::format("p{{{:.2f}\\linewidth}}", 0.9 / static_cast<double>(columns))
            : c < table.text_columns ? "l"
                                     : "r";
  }
  text += "}\n    \\toprule\n";
  const auto line = [](const auto& cells, const auto& words) {
    std::vector<std::string> texts;
    texts.reserve(cells.size());
    for (const auto& cell : cells) texts.push_back(LatexText(words(cell)));
    // After \\ a bracket would be read as its argument.
    if (!texts.empty() && !texts[0].empty() && (texts[0][0] == '[' || texts[0][0] == '*')) texts[0].insert(0, "{}");
    return LatexLine(texts);
  };
  text += line(table.header, [](const std::string& cell) -> const std::string& { return cell; });
  text += "    \\midrule\n";
  for (const auto& row : table.rows) {
    text += line(row, [](const TableCell& cell) -> const std::string& { return cell.text; });
  }
  return text + "    \\bottomrule\n  \\end{tabular}\n\\end{table}\n";
}

std::string ToHtml(const Table& table) {
  std::string html = fmt::format(
      "<figure class=\"table\"><figcaption>{0}</figcaption>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"{0}\"><table{1}>\n<thead><tr>",
      HtmlText(table.title),
      table.sentences                           ? " class=\"sentences\""
      : table.sortable && table.rows.size() > 1 ? " class=\"sortable\""
                                                : "");
  for (size_t c = 0; c < table.header.size(); ++c) {
    html += fmt::format("<th{}>{}</th>", Attributes(table, c, true), HtmlText(table.header[c]));
  }
  html += "</tr></thead>\n<tbody>\n";
  std::set<std::string_view> named;
  for (size_t r = 0; r < table.rows.size(); ++r) {
    html += "<tr";
    if (r < table.anchors.size() && !table.anchors[r].empty()) {
      const std::string anchor = HtmlText(table.anchors[r]);
      if (named.insert(table.anchors[r]).second) html += fmt::format(" id=\"{}\"", anchor);
      html += fmt::format(" data-group=\"{}\"", anchor);
    }
    html += ">";
    for (size_t c = 0; c < table.rows[r].size(); ++c) html += HtmlCell(table, table.rows[r][c], c);
    html += "</tr>\n";
  }
  html += "</tbody></table></div>\n";
  if (!table.note.empty()) html += fmt::format("<p class=\"note\">{}</p>\n", HtmlText(table.note));
  return html + "</figure>\n";
}

}  // namespace retort
