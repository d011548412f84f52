// A table, once, and its four forms: plain text, Markdown, LaTeX, HTML. A cell is a text that may lead somewhere and
// may say what it sorts by; only the page uses either. Text is escaped by the form, never by who fills the table.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace retort {

struct TableCell {
  TableCell(std::string_view words) : text(words) {}        // NOLINT: a cell is mostly a text
  TableCell(const char* words) : text(words) {}             // NOLINT
  TableCell(std::string words) : text(std::move(words)) {}  // NOLINT
  TableCell(std::string words, std::string link, std::optional<double> key = std::nullopt)
      : text(std::move(words)), href(std::move(link)), sort(key) {}

  std::string text;
  std::string href;            // "#cells-3", "../other/index.html"; a scheme ("https:") is not followed on a page
  std::optional<double> sort;  // without one the column sorts by the numbers in its text, then by the text
};

struct Table {
  std::string title;
  std::vector<std::string> header;
  size_t text_columns = 1;  // the first ones are text, aligned left; the rest are numbers
  std::vector<std::vector<TableCell>> rows;
  std::string note;  // a line under it, may be empty
  // One for each row where not empty: what links lead to. Rows of the same name are lit together; the first bears the
  // id.
  std::vector<std::string> anchors = {};
  bool sortable = true;
  bool sentences = false;  // cells are sentences: they wrap, and stand one below the other on a narrow screen
};

std::string ToText(const Table& table);
std::string ToMarkdown(const Table& table);
std::string ToLatex(const Table& table);  // a table environment; needs \usepackage{booktabs}
// <figure class="table">; scrolls by itself on a narrow screen. `label` names it for readers who hear the page.
std::string ToHtml(const Table& table);

}  // namespace retort
