#include "core/report/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/report/amounts.h"
#include "core/report/csv_rows.h"
#include "core/report/escape.h"
#include "core/report/format.h"
#include "core/report/page_entry.h"
#include "core/report/table.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr size_t kLargestFile = size_t{1} << 20;
constexpr std::array<std::string_view, 3> kStandings = {"holds", "in part", "does not hold"};
constexpr char kOpen[] = "open", kNoResult[] = "no result yet";

// A number as a sentence has it, and as a verdict leans on it.
struct Slot {
  std::string text;
  std::optional<Interval> interval;
};

std::string Rounded(const Interval& value) {
  return fmt::format("{:.2g} [{:.2g}, {:.2g}]", value.estimate, value.low, value.high);
}

class Reader {
 public:
  Reader(const fs::path& data, const fs::path& results) : where_{.file = data.string()}, results_(results) {}

  Claims Read() {
    const Json json = ParseJson(ReadFile(where_.file, kLargestFile), where_);
    Claims claims;
    for (const Json& claim : List(json, "claims")) claims.lines.push_back(Line(claim));
    for (const Json& word : List(json, "words")) claims.words.emplace_back(Text(word, "word"), Text(word, "meaning"));
    for (const Json& limit : List(json, "limits")) claims.limits.push_back(Text(limit, "limit"));
    for (const Json& one : List(json, "what_ifs")) {
      claims.what_ifs.emplace_back(Text(one, "command"), Text(one, "asks"));
    }
    return claims;
  }

 private:
  const Json& List(const Json& json, const char* key) const {
    if (!json.is_object() || !json.contains(key) || !json[key].is_array()) {
      throw Error(where_, fmt::format("has no list `{}`", key), "see docs/claims.json");
    }
    return json[key];
  }

  std::string Text(const Json& of, const char* key) const {
    if (!of.is_object() || !of.contains(key) || !of[key].is_string()) {
      throw Error(where_, fmt::format("an entry lacks the text `{}`", key), "see docs/claims.json");
    }
    return of[key].get<std::string>();
  }

  ClaimLine Line(const Json& json) {
    ClaimLine line{.experiment = Text(json, "experiment"),
                   .claim = json.contains("claim") ? Text(json, "claim") : "",
                   .standing = Text(json, "standing"),
                   .verdict = Text(json, "verdict"),
                   .number = Text(json, "number"),
                   .caveat = Text(json, "caveat"),
                   .changes = Text(json, "changes")};
    if (std::ranges::find(kStandings, line.standing) == kStandings.end()) {
      throw Error(where_, fmt::format("{}: standing is holds, in part or does not hold", line.experiment),
                  "what is open is worked out");
    }
    const fs::path page = results_ / line.experiment / "page.json";
    if (!fs::exists(page)) {
      line.standing = line.verdict = kNoResult;
      line.number = kDash;
      return line;
    }
    const PageEntry told = ReadPageEntry(page);
    if (line.claim.empty()) line.claim = told.claim;
    line.created_utc = told.created_utc;
    const std::map<std::string, Slot> slots = Slots(json, line.experiment);
    for (std::string* text : {&line.number, &line.caveat, &line.verdict}) *text = Filled(*text, slots, line.experiment);
    if (!Borne(json, slots, line.experiment)) {
      line.standing = kOpen;
      line.verdict = "Open: the interval includes no difference, so either may be ahead.";
    }
    return line;
  }

  std::map<std::string, Slot> Slots(const Json& claim, const std::string& experiment) {
    std::map<std::string, Slot> slots;
    if (!claim.contains("numbers") || !claim["numbers"].is_object()) {
      throw Error(where_, fmt::format("{}: has no object `numbers`", experiment), "see docs/claims.json");
    }
    for (const auto& [name, number] : claim["numbers"].items()) slots[name] = Read(number, experiment);
    return slots;
  }

  Slot Read(const Json& number, const std::string& experiment) {
    const fs::path file = results_ / experiment / Text(number, "file");
    const std::string as = Text(number, "as"), column = Text(number, "column");
    CsvPlace place;
    if (number.contains("where")) {
      for (const auto& [key, value] : number["where"].items()) {
        place.emplace_back(key, Text(number["where"], key.c_str()));
      }
    }
    if (as == "sum") {
      double sum = 0;
      ForEachCsvRowAt(file, place, {column.c_str()}, "make it again",
                      [&](const CsvRow& row) { sum += row.Number(column); });
      return {.text = Count(sum), .interval = Interval{sum, sum, sum}};
    }
    Slot slot;
    VisitCsvRow(file, place, {column.c_str()}, where_.file,
                [&](const CsvRow& row) { slot = Shown(row, column, as, experiment); });
    return slot;
  }

  Slot Shown(const CsvRow& row, const std::string& column, const std::string& as, const std::string& experiment) {
    const auto ends = [&](const char* suffix, const char* alone) {
      return column == "estimate" ? std::string(alone) : column + suffix;
    };
    const std::string low = ends("_low", "low"), high = ends("_high", "high");
    if (as == "samples") {  // a crossing: its texts say what lies outside the grid
      return {.text = fmt::format("{} [{}, {}]", row.Text("n_text"), row.Text("n_low_text"), row.Text("n_high_text")),
              .interval = std::nullopt};
    }
    if (row.Text(column).empty()) return {.text = std::string(kDash), .interval = std::nullopt};
    constexpr double kInfinite = std::numeric_limits<double>::infinity();
    const double estimate = row.Number(column);
    const auto end = [&](const std::string& name, double without) {
      if (!row.Has(name)) return estimate;
      return row.Text(name).empty() ? without : row.Number(name);
    };
    const Interval value{estimate, end(low, -kInfinite), end(high, kInfinite)};
    if (as == "share" && !row.Has(low) && !row.Has(high)) return {.text = Percent(estimate), .interval = value};
    return {.text = Words(value, as, experiment), .interval = value};
  }

  std::string Words(const Interval& value, const std::string& as, const std::string& experiment) const {
    if (as == "share") return PercentInterval(value);
    const Interval hundredfold{100 * value.estimate, 100 * value.low, 100 * value.high};
    // An end that would be rounded to 0, which it is not, shows on which side it lies.
    const auto vanishes = [](double end) { return end != 0 && std::abs(end) < 0.5; };
    const int decimals = vanishes(hundredfold.low) || vanishes(hundredfold.high) ? 1 : 0;
    if (as == "points") return SignedOpen(hundredfold, decimals) + " points";
    if (as == "of 100") return SignedOpen(hundredfold, decimals);
    if (as == "times") return Rounded(value) + " times";
    if (as == "bits") return WithInterval(value, 2) + " bits per byte";
    if (as == "added days") return AddedDays(value) + " days";
    if (as == "days") return DaysBetween(value) + " days";
    if (as == "added dollars") return AddedMoney(value);
    if (as == "people") return PeopleBetween(value);
    throw Error(where_, fmt::format("{}: there is no way to show a number as {}", experiment, as),
                "one of: share, points, of 100, times, bits, days, added days, added dollars, people, samples, sum");
  }

  std::string Filled(std::string_view text, const std::map<std::string, Slot>& slots, const std::string& experiment) {
    std::string filled;
    while (true) {
      const size_t open = text.find('{'), close = text.find('}', open);
      if (open == std::string_view::npos || close == std::string_view::npos) return filled.append(text);
      const std::string name(text.substr(open + 1, close - open - 1));
      const auto slot = slots.find(name);
      if (slot == slots.end()) {
        throw Error(where_, fmt::format("{}: there is no number {}", experiment, name), "add it to `numbers`");
      }
      filled.append(text.substr(0, open)).append(slot->second.text);
      text.remove_prefix(close + 1);
    }
  }

  // Whether the whole interval of each named number lies on the side that the verdict needs.
  bool Borne(const Json& claim, const std::map<std::string, Slot>& slots, const std::string& experiment) {
    if (!claim.contains("borne_by") || !claim["borne_by"].is_array() || claim["borne_by"].empty()) {
      throw Error(where_, fmt::format("{}: has no list `borne_by`", experiment),
                  R"(name a number that bears the verdict, such as {"number": "lead", "above": 0})");
    }
    return std::ranges::all_of(claim["borne_by"], [&](const Json& side) {
      const auto slot = slots.find(Text(side, "number"));
      const bool above = side.contains("above"), below = side.contains("below");
      if (slot == slots.end() || above == below || !side[above ? "above" : "below"].is_number()) {
        throw Error(where_, fmt::format("{}: `borne_by` names a number, and above or below what", experiment), "");
      }
      const std::optional<Interval>& value = slot->second.interval;
      const double mark = side[above ? "above" : "below"].get<double>();
      return value && (above ? value->low > mark : value->high < mark);
    });
  }

  Where where_;
  const fs::path& results_;
};

int Standing(const std::vector<ClaimLine>& claims, std::string_view standing) {
  return static_cast<int>(std::ranges::count(claims, standing, &ClaimLine::standing));
}

}  // namespace

Claims ReadClaims(const fs::path& data, const fs::path& results) { return Reader(data, results).Read(); }

DataTable ClaimsData(const std::vector<ClaimLine>& claims) {
  DataTable table{.file = "claims.csv",
                  .about = "A claim of the debate, and what was found.",
                  .columns = {{"experiment", "text", "folder of its page", ""},
                              {"claim", "text", "as the debate has it", ""},
                              {"standing", "text", "holds, in part, does not hold, open, or no result yet", ""},
                              {"verdict", "text", "in a sentence", ""},
                              {"number", "text", "what bears it, with 95 % intervals unless its page says else", ""},
                              {"caveat", "text", "what must not be concluded", ""},
                              {"changes", "text", "what would change this verdict", ""}}};
  for (const ClaimLine& line : claims) {
    table.rows.push_back(
        {line.experiment, line.claim, line.standing, line.verdict, line.number, line.caveat, line.changes});
  }
  return table;
}

std::string ClaimsVerdict(const std::vector<ClaimLine>& claims) {
  return fmt::format(
      "Of {} claims of the debate, {} hold here, in a small world or under stated assumptions; {} hold in part; {} do "
      "not hold; {} {} open{}.",
      claims.size(), Standing(claims, "holds"), Standing(claims, "in part"), Standing(claims, "does not hold"),
      Standing(claims, kOpen), Standing(claims, kOpen) == 1 ? "is" : "are",
      Standing(claims, kNoResult) > 0 ? fmt::format("; {} have no result yet", Standing(claims, kNoResult)) : "");
}

PageSection ClaimsSection(const std::vector<ClaimLine>& claims) {
  Table table{.title = "The claims, one line each",
              .header = {"claim", "verdict", "number", "caveat"},
              .text_columns = 4,
              .sortable = false,
              .sentences = true};
  for (const ClaimLine& line : claims) {
    const std::string page = line.created_utc.empty() ? "" : fmt::format("{}/index.html", UrlPath(line.experiment));
    table.rows.push_back({{line.claim, page}, line.verdict, line.number, line.caveat});
  }
  return {.id = "claims", .title = "What became of each claim", .tables = {std::move(table)}};
}

PageSection ChangesSection(const std::vector<ClaimLine>& claims) {
  Table table{.title = "Each claim, and what would turn its verdict",
              .header = {"claim", "what would change the verdict"},
              .text_columns = 2,
              .sortable = false,
              .sentences = true};
  for (const ClaimLine& line : claims) table.rows.push_back({line.claim, line.changes});
  return {.id = "changes",
          .title = "What would change our mind",
          .paragraphs = {"What came out as nothing, or against a claim, is kept in docs/negative.md."},
          .tables = {std::move(table)}};
}

}  // namespace retort
