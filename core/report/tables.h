// Tables of a summary, once, and their three forms: plain text, Markdown, HTML.
#pragma once

#include <string>
#include <vector>

#include "core/report/report.h"

namespace retort {

struct Table {
  std::string title;
  std::vector<std::string> header;
  size_t text_columns = 1;  // the first ones are text, aligned left; the rest are numbers
  std::vector<std::vector<std::string>> rows;
  std::string note;  // a line under it, may be empty
};

// A line for each point of a sweep and arm: how many samples it took, and where it got to. No rows without a sweep.
Table SweepTable(const Summary& summary);
Table GapTable(const TaskSummary& task);                                       // base, every arm and N, teacher
Table CrossingTable(const TaskSummary& task);                                  // N50 and N90 of every arm
Table ContrastTable(const TaskSummary& task, const std::string& primary_arm);  // no rows with a single arm
Table CostTable(const TaskSummary& task);

std::string ToText(const Table& table);
std::string ToMarkdown(const Table& table);
std::string ToHtml(const Table& table);  // <figure class="table">, scrolls by itself on a narrow screen

}  // namespace retort
