#include "experiments/provider/volumes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/number.h"
#include "core/report/csv_rows.h"

namespace retort::provider {
namespace {

constexpr char kMend[] = "give the summary.csv of a few_samples run";

// A sample has more tokens than one. Where N is no smaller than the teacher's tokens, it counts tokens.
void RefuseTokens(const CsvRow& row) {
  if (row.Text("statistic") != "score" || !row.Has("teacher_tokens") || row.Text("teacher_tokens").empty()) return;
  const double n = row.Number("n"), tokens = row.Number("teacher_tokens");
  if (n < 1 || tokens < 1 || tokens > n) return;
  throw Error(row.where(),
              "N counts the teacher's tokens here (" + row.Text("n") + " for " + row.Text("teacher_tokens") +
                  " of them), not samples",
              std::string(kMend) + ", whose N counts samples");
}

}  // namespace

std::vector<MeasuredN90> ReadN90(const std::filesystem::path& summary) {
  const char* const columns[] = {"task", "arm", "statistic", "n", "n_text"};
  std::vector<MeasuredN90> found;
  ForEachCsvRow(summary, columns, kMend, [&](const CsvRow& csv) {
    RefuseTokens(csv);
    if (csv.Text("statistic") != "n90" || csv.Text("n_text").empty()) return;
    // As N90 is shown: "11.3", "<= 4", "> 64"; a leading character may be escaped for spreadsheets.
    std::string text = csv.Text("n_text");
    MeasuredN90 row{.task = csv.Text("task"), .arm = csv.Text("arm")};
    if (text.starts_with('\'')) text.erase(0, 1);
    if (text.starts_with("<= ")) row.bound = Bound::kAtMost;
    if (text.starts_with("> ")) row.bound = Bound::kAtLeast;
    if (row.bound != Bound::kExact) text.erase(0, text.find(' ') + 1);
    const auto n = ParseNumber<double>(text);
    if (!n || !(*n > 0) || !std::isfinite(*n)) throw Error(csv.where(), "N90 " + Excerpt(text) + " is no number");
    row.n = *n;
    found.push_back(std::move(row));
  });
  return found;
}

std::vector<Mark> Marks(const NeedleAssumptions& a, const std::vector<MeasuredN90>& measured, const std::string& arm) {
  std::vector<Mark> marks;
  for (const MeasuredN90& row : measured) {
    if (row.arm != arm) continue;
    marks.push_back({.name = "N90 of " + row.task,
                     .samples = row.n,
                     .requests = RequestsFor(row.n, a),
                     .bound = row.bound,
                     .grade = "measured here"});
  }
  for (const NamedAssumption& named : Entries(a)) {
    const Assumption& entry = *named.entry;
    const bool published = named.name.starts_with("published_");
    if (!published && !(named.name.starts_with("alleged_") && entry.unit == "requests")) continue;
    marks.push_back({.name = std::string(named.help),
                     .samples = entry.value,
                     .requests = published ? RequestsFor(entry.value, a) : entry.value,
                     .grade = entry.grade});
  }
  std::ranges::stable_sort(marks, {}, &Mark::requests);
  return marks;
}

NamedAssumption VolumeEntry(const NeedleAssumptions& assumptions, const std::string& name) {
  for (const NamedAssumption& named : Entries(assumptions)) {
    if (named.name == name && (named.entry->unit == "samples" || named.entry->unit == "requests")) return named;
  }
  throw Error({.place = "key mark"}, Excerpt(name) + " is no volume of the register needle",
              "one is published_r1_distill, another alleged_28m8");
}

std::vector<double> Volumes(int per_decade, const std::vector<Mark>& marks, const std::vector<NeededRequests>& needed) {
  constexpr int kFirst = 1, kLast = 8;  // decades
  std::vector<double> volumes;
  for (int i = kFirst * per_decade; i <= kLast * per_decade; ++i) {
    volumes.push_back(std::round(std::pow(10.0, static_cast<double>(i) / per_decade)));
  }
  for (const Mark& mark : marks) volumes.push_back(std::max(1.0, mark.requests));
  for (const NeededRequests& drawn : needed) volumes.push_back(drawn.requests);
  std::ranges::sort(volumes);
  volumes.erase(std::unique(volumes.begin(), volumes.end()), volumes.end());
  return volumes;
}

std::string MarksAt(const std::vector<Mark>& marks, double requests) {
  std::string names;
  for (const Mark& mark : marks) {
    if (mark.requests != requests) continue;
    names += fmt::format("{}{} ({})", names.empty() ? "" : "; ", Bounded(mark.bound, mark.name), mark.grade);
  }
  return names;
}

PlotAxis VolumeAxis() {
  return {
      .label = "requests that the distiller needs (Q)", .log_base = 10, .low = 10, .high = 1e8, .format = "10^{%L}"};
}

std::vector<PlotMark> MarksOn(const std::vector<Mark>& marks, std::string_view kept) {
  const auto stays = std::ranges::find(marks, kept, &Mark::name);
  std::vector<PlotMark> lines;
  for (const Mark& mark : marks) {
    const auto near = [&](double at) {
      return std::max(at, mark.requests) < std::min(at, mark.requests) * kMarksApart;
    };
    const bool hidden = (!lines.empty() && near(lines.back().at)) || (stays != marks.end() && near(stays->requests));
    if (mark.requests < 10 || (hidden && mark.name != kept)) continue;
    lines.push_back(
        {.at = mark.requests, .label = Bounded(mark.bound, mark.name) + ", " + mark.grade, .strong = false});
  }
  return lines;
}

}  // namespace retort::provider
