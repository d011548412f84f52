// What a page says of itself in the page.json beside it (page_files.h writes it), for pages about pages.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace retort {

struct PageEntry {
  std::string folder;  // that holds the page
  std::string experiment, title, claim, version, created_utc, results_file, results_sha256;
  std::vector<std::string> verdicts;
  std::vector<std::pair<std::string, std::string>> names;  // of arms, and their meaning; pages of 0.1.0 have none
};

// Throws Error for a file that is no page.json.
PageEntry ReadPageEntry(const std::filesystem::path& file);

}  // namespace retort
