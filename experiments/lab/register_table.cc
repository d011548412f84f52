#include "experiments/lab/register_table.h"

#include <fmt/format.h>

#include "core/report/format.h"

namespace retort::lab {

Table RegisterTable(const std::vector<NamedAssumption>& entries) {
  Table table{.title = "Assumption register",
              .header = {"name", "what", "grade", "source", "as of", "unit", "value", "plausible from", "to"},
              .text_columns = 6,
              .note = "Value of each entry: assumptions.<name>.value=... on the command line tries another."};
  for (const NamedAssumption& named : entries) {
    const Assumption& a = *named.entry;
    table.rows.push_back(
        {named.name, named.help, a.grade, a.source, a.date, a.unit, Exact(a.value), Exact(a.low), Exact(a.high)});
  }
  return table;
}

DataTable RegisterData(const std::vector<NamedAssumption>& entries) {
  DataTable table{.file = "assumptions.csv",
                  .about = "An entry of the assumption register, as this run used it.",
                  .columns = {{"name", "text", "of the entry", ""},
                              {"value", "see unit", "what was reckoned with", ""},
                              {"low", "see unit", "smallest plausible value", ""},
                              {"high", "see unit", "largest plausible value", ""},
                              {"unit", "text", "of the three numbers", "a pure number"},
                              {"grade", "text", "measured here, published, alleged or assumed", ""},
                              {"date", "text", "when it held", ""},
                              {"source", "text", "where it was read, or why it was chosen", ""}}};
  for (const NamedAssumption& named : entries) {
    const Assumption& a = *named.entry;
    table.rows.push_back({named.name, a.value, a.low, a.high, a.unit, a.grade, a.date, a.source});
  }
  return table;
}

std::vector<std::string> WhatIfs(const std::vector<std::string>& overrides) {
  std::vector<std::string> found;
  for (const std::string& word : overrides) {
    if (word.find("assumptions") < word.find('=')) found.push_back(word);
  }
  return found;
}

}  // namespace retort::lab
