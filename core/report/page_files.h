// A page as a folder: index.html, table.md, table.tex, the data as CSV with data-dictionary.md, page.json for the index
// of all experiments, and each figure as SVG and PDF under figures/.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/report/data_table.h"
#include "core/report/page.h"

namespace retort {

// `data` has at least one table; the first is what the citation's hash is taken over. Writes into `folder` (made if
// missing), and returns warnings. Draws the figures, and fills what only this call knows.
std::vector<std::string> WritePage(PageContent content, const std::vector<DataTable>& data,
                                   const std::filesystem::path& folder);

}  // namespace retort
