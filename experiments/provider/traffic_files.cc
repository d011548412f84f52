#include "experiments/provider/traffic_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <tuple>

#include "core/base/error.h"
#include "core/report/csv_rows.h"

namespace retort::provider {
namespace {

namespace fs = std::filesystem;

constexpr char kMend[] = "give the folder that scripts/gateway_traffic.py wrote (configs/traffic)";

std::vector<Features> ReadTexts(const fs::path& file) {
  const char* const columns[] = {"text",
                                 "log_bytes",
                                 "log_words",
                                 "digit_share",
                                 "upper_share",
                                 "punctuation_share",
                                 "beyond_ascii_share",
                                 "distinct_word_share",
                                 "byte_entropy_bits"};
  std::vector<Features> texts;
  ForEachCsvRow(file, columns, kMend, [&](const CsvRow& row) {
    if (row.Number("text") != static_cast<double>(texts.size())) {
      throw Error(row.where(), fmt::format("is not text {}", texts.size()), kMend);
    }
    Features at{};
    for (size_t j = 0; j < at.size(); ++j) at[j] = static_cast<float>(row.Number(columns[j + 1]));
    texts.push_back(at);
  });
  return texts;
}

std::vector<Features> Requests(const CsvRow& row, const std::vector<Features>& texts) {
  std::vector<Features> requests;
  const std::string& list = row.Text("texts");
  for (const char *at = list.data(), *end = at + list.size(); at != end;) {
    size_t text = 0;
    const auto [after, failed] = std::from_chars(at, end, text);
    if (failed != std::errc() || text >= texts.size() || (after != end && *after != ' ')) {
      throw Error(row.where(), Excerpt(std::string_view(at, end)) + " does not begin with a line of texts.csv", kMend);
    }
    requests.push_back(texts[text]);
    at = after == end ? end : after + 1;
  }
  if (requests.empty()) throw Error(row.where(), "has no requests", kMend);
  return requests;
}

void CheckKinds(const LoggedTexts& month, std::string_view name, size_t kinds, const fs::path& file) {
  for (size_t k = 0; k < kinds; ++k) {
    if (!month.of(static_cast<TextKind>(k)).empty()) continue;
    throw Error({.file = file.string()}, fmt::format("has no {} in the {} month", kTextKindNames[k], name), kMend);
  }
}

}  // namespace

std::shared_ptr<const LoggedMonths> ReadLoggedMonths(const fs::path& folder) {
  const std::vector<Features> texts = ReadTexts(folder / "texts.csv");
  const fs::path file = folder / "accounts.csv";
  auto months = std::make_shared<LoggedMonths>();
  std::map<std::tuple<LoggedTexts*, size_t, double>, size_t> places;
  const char* const columns[] = {"month", "kind", "number", "texts"};
  ForEachCsvRow(file, columns, kMend, [&](const CsvRow& row) {
    const std::string &month = row.Text("month"), &kind = row.Text("kind");
    const auto found = std::ranges::find(kTextKindNames, kind);
    if (found == kTextKindNames.end() || (month != "earlier" && month != "later")) {
      throw Error(row.where(), fmt::format("{} in {}: no such kind or month", Excerpt(kind), Excerpt(month)), kMend);
    }
    const auto k = static_cast<size_t>(found - kTextKindNames.begin());
    LoggedTexts& texts_of = month == "earlier" ? months->earlier : months->later;
    std::vector<LoggedWriter>& writers = texts_of.of(static_cast<TextKind>(k));
    const auto [place, fresh] = places.emplace(std::tuple(&texts_of, k, row.Number("number")), writers.size());
    if (fresh) writers.emplace_back();
    writers[place->second].accounts.push_back(Requests(row, texts));
  });
  CheckKinds(months->earlier, "earlier", kHonestKinds, file);
  CheckKinds(months->later, "later", kTextKinds, file);
  months->Standardize();
  return months;
}

std::vector<LoggedDetection> ReadLoggedDetection(const fs::path& folder) {
  std::vector<LoggedDetection> found;
  const char* const columns[] = {"strategy", "detector", "accounts", "honest", "auc"};
  ForEachCsvRow(folder / "detection.csv", columns, kMend, [&](const CsvRow& row) {
    found.push_back({row.Text("strategy"), row.Text("detector"), row.Number("accounts"), row.Number("honest"),
                     row.Text("auc").empty() ? std::numeric_limits<double>::quiet_NaN() : row.Number("auc")});
  });
  return found;
}

}  // namespace retort::provider
