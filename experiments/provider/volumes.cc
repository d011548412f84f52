#include "experiments/provider/volumes.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/number.h"

namespace retort::provider {
namespace {

// One line of CSV (RFC 4180; no line breaks inside fields, which few_samples never writes).
std::vector<std::string> Fields(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

}  // namespace

std::vector<MeasuredN90> ReadN90(const std::filesystem::path& summary) {
  std::map<std::string, size_t> columns;
  std::vector<MeasuredN90> found;
  ForEachLine(summary, [&](std::string_view line, int number) {
    const Where where{.file = summary.string(), .line = number};
    const std::vector<std::string> fields = Fields(line);
    if (number == 1) {
      for (size_t i = 0; i < fields.size(); ++i) columns[fields[i]] = i;
      for (const char* column : {"task", "arm", "statistic", "n_text"}) {
        if (!columns.contains(column)) {
          throw Error(where, std::string("has no column ") + column, "give the summary.csv of a few_samples run");
        }
      }
      return true;
    }
    const auto field = [&](const char* column) -> const std::string& {
      if (columns[column] >= fields.size()) throw Error(where, "has too few fields");
      return fields[columns[column]];
    };
    if (field("statistic") != "n90" || field("n_text").empty()) return true;
    // As N90 is shown: "11.3", "<= 4", "> 64"; a leading character may be escaped for spreadsheets.
    std::string text = field("n_text");
    MeasuredN90 row{.task = field("task"), .arm = field("arm")};
    if (text.starts_with('\'')) text.erase(0, 1);
    if (text.starts_with("<= ")) row.bound = "<= ";
    if (text.starts_with("> ")) row.bound = ">= ";
    if (!row.bound.empty()) text.erase(0, text.find(' ') + 1);
    const auto n = ParseNumber<double>(text);
    if (!n || !(*n > 0) || !std::isfinite(*n)) throw Error(where, "N90 " + Excerpt(text) + " is no number");
    row.n = *n;
    found.push_back(std::move(row));
    return true;
  });
  if (columns.empty()) throw Error({.file = summary.string()}, "is empty");
  return found;
}

std::vector<Mark> Marks(const NeedleAssumptions& a, const std::vector<MeasuredN90>& measured, const std::string& arm) {
  const double each = a.attempts_per_sample.value / a.accepted_share.value;
  std::vector<Mark> marks;
  for (const MeasuredN90& row : measured) {
    if (row.arm != arm) continue;
    marks.push_back({.name = "N90 of " + row.task,
                     .samples = row.n,
                     .requests = std::ceil(row.n * each),
                     .bound = row.bound,
                     .grade = "measured here"});
  }
  for (const NamedAssumption& named : Entries(a)) {
    const Assumption& entry = *named.entry;
    const bool published = named.name.starts_with("published_");
    if (!published && !(named.name.starts_with("alleged_") && entry.unit == "requests")) continue;
    marks.push_back({.name = std::string(named.help),
                     .samples = entry.value,
                     .requests = published ? std::ceil(entry.value * each) : entry.value,
                     .grade = entry.grade});
  }
  std::ranges::stable_sort(marks, {}, &Mark::requests);
  return marks;
}

std::vector<double> Volumes(int per_decade, const std::vector<Mark>& marks) {
  constexpr int kFirst = 1, kLast = 8;  // decades
  std::vector<double> volumes;
  for (int i = kFirst * per_decade; i <= kLast * per_decade; ++i) {
    volumes.push_back(std::round(std::pow(10.0, static_cast<double>(i) / per_decade)));
  }
  for (const Mark& mark : marks) volumes.push_back(std::max(1.0, mark.requests));
  std::ranges::sort(volumes);
  volumes.erase(std::unique(volumes.begin(), volumes.end()), volumes.end());
  return volumes;
}

}  // namespace retort::provider
