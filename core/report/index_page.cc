#include "core/report/index_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/version.h"
#include "core/report/escape.h"
#include "core/report/page.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLargestPage = size_t{1} << 20;

IndexEntry ReadEntry(const fs::path& file) {
  const Where where{.file = file.string()};
  const nlohmann::json json = ParseJson(ReadFile(file, kLargestPage), where);
  const auto text = [&](const nlohmann::json& of, const char* key) {
    if (!of.is_string()) throw Error(where, fmt::format("{} is missing or no text", key), "write the page again");
    return of.get<std::string>();
  };
  if (!json.is_object()) throw Error(where, "is no JSON object", "write the page again");
  const auto field = [&](const char* key) { return text(json.contains(key) ? json[key] : nlohmann::json(), key); };
  IndexEntry entry{.folder = file.parent_path().filename().string(),
                   .experiment = field("experiment"),
                   .title = field("title"),
                   .claim = field("claim"),
                   .version = field("version"),
                   .created_utc = field("created_utc"),
                   .results_file = field("results_file"),
                   .results_sha256 = field("results_sha256")};
  if (!json.contains("verdicts") || !json["verdicts"].is_array()) {
    throw Error(where, "verdicts is missing or no list", "write the page again");
  }
  for (const nlohmann::json& verdict : json["verdicts"]) entry.verdicts.push_back(text(verdict, "verdicts"));
  return entry;
}

}  // namespace

std::vector<IndexEntry> ReadIndex(const fs::path& folder, std::vector<std::string>& warnings) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const fs::directory_entry& one : fs::directory_iterator(folder, error)) {
    if (fs::path file = one.path() / "page.json"; fs::exists(file, error)) files.push_back(std::move(file));
  }
  if (!fs::is_directory(folder, error)) {
    throw Error({.file = folder.string()}, "there is no such folder", "give the one that holds the folders of results");
  }
  std::ranges::sort(files);
  std::vector<IndexEntry> entries;
  for (const fs::path& file : files) {
    try {
      entries.push_back(ReadEntry(file));
    } catch (const Error& problem) {
      warnings.push_back(fmt::format("left out: {}", problem.what()));
    }
  }
  return entries;
}

std::string RenderIndex(const std::vector<IndexEntry>& entries) {
  PageContent page{
      .experiment = "all experiments",
      .title = "What was found",
      .verdicts = {"Each line: a claim of the debate on distilling AI models, what the experiment found, and a "
                   "link to its page, which says how sure that is and what it does not show."}};
  PageSection section{.id = "experiments", .title = "Experiments"};
  std::string latest;
  for (const IndexEntry& entry : entries) {
    latest = std::max(latest, entry.created_utc);
    section.raw_html += fmt::format("<article><h3><a href=\"{}/index.html\">{}</a></h3>\n",
                                    HtmlText(UrlPath(entry.folder)), HtmlText(entry.title));
    if (!entry.claim.empty()) section.raw_html += fmt::format("<p class=\"claim\">{}</p>\n", HtmlText(entry.claim));
    for (const std::string& verdict : entry.verdicts) {
      section.raw_html += fmt::format("<p>{}</p>\n", HtmlText(verdict));
    }
    section.raw_html +=
        fmt::format("<p class=\"note\">{} · Retort {} · {} · sha256 of {}: {}</p></article>\n",
                    HtmlText(entry.experiment), HtmlText(entry.version), HtmlText(entry.created_utc.substr(0, 10)),
                    HtmlText(entry.results_file), HtmlText(std::string_view(entry.results_sha256).substr(0, 16)));
  }
  page.sections.push_back(std::move(section));
  page.version = kVersion;
  page.created_utc = latest;  // no clock: the same pages give the same index
  return RenderPage(page);
}

std::vector<std::string> WriteIndex(const fs::path& folder) {
  std::vector<std::string> warnings;
  const std::vector<IndexEntry> entries = ReadIndex(folder, warnings);
  if (entries.empty()) {
    throw Error({.file = folder.string()}, "no folder in it holds the page of an experiment (page.json)",
                "give the folder above the output folders" + (warnings.empty() ? "" : "; " + warnings.front()));
  }
  WriteFileAtomic(folder / "index.html", RenderIndex(entries));
  return warnings;
}

}  // namespace retort
