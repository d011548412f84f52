#include "core/report/page_entry.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace retort {

constexpr size_t kLargestPage = size_t{1} << 20;

PageEntry ReadPageEntry(const std::filesystem::path& file) {
  const Where where{.file = file.string()};
  const nlohmann::json json = ParseJson(ReadFile(file, kLargestPage), where);
  const auto text = [&](const nlohmann::json& of, const char* key) {
    if (!of.is_string()) throw Error(where, fmt::format("{} is missing or no text", key), "write the page again");
    return of.get<std::string>();
  };
  if (!json.is_object()) throw Error(where, "is no JSON object", "write the page again");
  const auto field = [&](const char* key) { return text(json.contains(key) ? json[key] : nlohmann::json(), key); };
  PageEntry entry{.folder = file.parent_path().filename().string(),
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
  if (!json.contains("names")) return entry;
  for (const nlohmann::json& name : json["names"]) {
    if (!name.is_array() || name.size() != 2) throw Error(where, "names is no list of pairs", "write the page again");
    entry.names.emplace_back(text(name[0], "names"), text(name[1], "names"));
  }
  return entry;
}

}  // namespace retort
