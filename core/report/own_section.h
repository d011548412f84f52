// What an experiment adds to its page beyond curves, crossings and costs: a section of its own, after the main tables,
// with the same numbers as CSV.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/report/data_table.h"
#include "core/report/page.h"

namespace retort {

struct Summary;

struct OwnSection {
  PageSection page;                  // its tables also go to the terminal, to table.md and to table.tex
  std::vector<DataTable> data = {};  // a file each beside cells.csv and summary.csv, whose names they may not have
  std::vector<std::string> verdicts = {};  // sentences for the head of the page, after that of the declared contrast
  std::vector<std::string> caveats = {};
  std::vector<std::pair<std::string, std::string>> words = {};  // term, meaning: for the page's glossary
  std::vector<std::pair<std::string, std::string>> names = {};  // of groups, and their meaning
};

// From what the page shows anyway. Also called while cells are missing: what cannot be said yet is left out.
using MakeOwnSections = std::function<std::vector<OwnSection>(const Summary&)>;

}  // namespace retort
