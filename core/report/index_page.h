// The index of all experiments: reads the page.json that every page leaves beside it, and writes one page with a line
// each: what was claimed, what was found, how sure it is.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace retort {

struct IndexEntry {
  std::string folder;  // beside the index: the link's target
  std::string experiment, title, claim, version, created_utc, results_file, results_sha256;
  std::vector<std::string> verdicts;
};

// Of the folders directly under `folder` that hold a page.json, by name. A file that cannot be read is left out, and
// why is added to `warnings`. Throws Error if `folder` is none.
std::vector<IndexEntry> ReadIndex(const std::filesystem::path& folder, std::vector<std::string>& warnings);

std::string RenderIndex(const std::vector<IndexEntry>& entries);

// Both, into folder/index.html. Throws Error where there is no experiment.
std::vector<std::string> WriteIndex(const std::filesystem::path& folder);

}  // namespace retort
