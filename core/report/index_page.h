// The index of all experiments: reads the page.json that every page leaves beside it, and writes one page for a reader
// who has trained no model: the claims of the debate, one line each, the words, what would change our mind, and where
// everything lies.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/report/claims.h"
#include "core/report/page_entry.h"

namespace retort {

// Of the folders directly under `folder` that hold a page.json, by name. A file that cannot be read is left out, and
// why is added to `warnings`. Throws Error if `folder` is none.
std::vector<PageEntry> ReadIndex(const std::filesystem::path& folder, std::vector<std::string>& warnings);

// Without claims the page has the experiments alone.
PageContent IndexPage(const std::vector<PageEntry>& entries, const Claims& claims, const std::string& command);

// Both, into folder/index.html, with claims.csv where `claims` names a data file (claims.h). Throws Error where there
// is no experiment.
std::vector<std::string> WriteIndex(const std::filesystem::path& folder, const std::filesystem::path& claims = {});

}  // namespace retort
