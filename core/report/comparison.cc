#include "core/report/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/version.h"
#include "core/data/cell.h"
#include "core/report/csv_rows.h"
#include "core/report/format.h"
#include "core/report/page_entry.h"
#include "core/report/page_files.h"
#include "core/report/words.h"
#include "core/stats/arm_difference.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLargestFile = size_t{64} << 20;
const char* const kMend = "write it again";

std::optional<double> Number(const CsvRow& row, const char* column) {
  return row.Text(column).empty() ? std::nullopt : std::optional(row.Number(column));
}

class Reader {
 public:
  Reader(const fs::path& data, const fs::path& results) : where_{.file = data.string()}, results_(results) {}

  std::vector<ComparedRow> Read() {
    const nlohmann::json json = ParseJson(ReadFile(where_.file, kLargestFile), where_);
    if (!json.is_object() || !json.contains("rows") || !json["rows"].is_array()) {
      throw Error(where_, "has no list `rows`", "see docs/comparison.json");
    }
    std::vector<ComparedRow> rows;
    for (const nlohmann::json& row : json["rows"]) rows.push_back(Row(row));
    return rows;
  }

 private:
  std::string Text(const nlohmann::json& of, const char* key) const {
    if (!of.is_object() || !of.contains(key) || !of[key].is_string()) {
      throw Error(where_, fmt::format("a row lacks the text `{}`", key), "see docs/comparison.json");
    }
    return of[key].get<std::string>();
  }

  ComparedRow Row(const nlohmann::json& json) {
    ComparedRow row{.id = Text(json, "id"),
                    .topic = Text(json, "topic"),
                    .published = Text(json, "published"),
                    .source = Text(json, "source"),
                    .grade = Text(json, "grade"),
                    .ours = Text(json, "ours"),
                    .limits = Text(json, "limits")};
    if (row.grade != "published" && row.grade != "alleged" && row.grade != "not looked up") {
      throw Error(where_, fmt::format("row {}: grade is published, alleged or not looked up", row.id), "");
    }
    row.greater = Ours(json, "greater");
    row.lesser = Ours(json, "lesser");
    if (row.greater.experiment != row.lesser.experiment) {
      throw Error(where_, fmt::format("row {}: both numbers must be of one experiment", row.id),
                  "only there are seeds and items the same");
    }
    if (row.greater.value && row.lesser.value) FillLead(row);
    return row;
  }

  // As the experiment's own page compares two arms, from the means of seeds: plain t where there is no base or teacher.
  void FillLead(ComparedRow& row) {
    const std::map<std::string, double> ahead = Scores(row.greater), behind = Scores(row.lesser),
                                        base = Scores(row.greater, kBaseArm),
                                        teacher = Scores(row.greater, kTeacherModelArm);
    const bool ends = std::ranges::all_of(
        ahead, [&](const auto& score) { return base.contains(score.first) && teacher.contains(score.first); });
    std::vector<SeedScores> seeds;
    for (const auto& [seed, score] : ahead) {
      const auto other = behind.find(seed);
      if (other == behind.end()) continue;
      seeds.push_back({seed, {{ends ? base.at(seed) : 0}, {ends ? teacher.at(seed) : 0}, {other->second}, {score}}});
    }
    row.seeds = static_cast<int>(seeds.size());
    row.agreement = Agreement::kUnclear;
    if (seeds.size() < 2) return;
    row.lead = CompareScores(seeds, true).lead;
    if (row.lead->low > 0) row.agreement = Agreement::kAgrees;
    if (row.lead->high < 0) row.agreement = Agreement::kDisagrees;
  }

  // By seed; of `end`, base or teacher_model of the same task, in place of the arm's own.
  std::map<std::string, double> Scores(const ComparedNumber& number, std::string_view end = {}) {
    CsvPlace place;
    for (const auto& fixed : number.where) {
      const bool of_arm = fixed.first == "arm" || fixed.first == "n";
      if (fixed.first != "statistic" && (end.empty() || !of_arm)) place.push_back(fixed);
    }
    if (!end.empty()) place.emplace_back("arm", end);
    std::map<std::string, double> scores;
    ForEachCsvRowAt(results_ / number.experiment / "cells.csv", place, {"score", "seed"}, kMend,
                    [&](const CsvRow& row) {
                      if (const auto score = Number(row, "score")) scores[row.Text("seed")] = *score;
                    });
    return scores;
  }

  ComparedNumber Ours(const nlohmann::json& row, const char* key) {
    if (!row.contains(key) || !row[key].is_object()) {
      throw Error(where_, fmt::format("row {} has no object `{}`", Text(row, "id"), key), "see docs/comparison.json");
    }
    ComparedNumber number{.experiment = Text(row[key], "experiment"), .where = {}};
    for (const auto& [column, value] : row[key].items()) {
      if (column != "experiment") number.where.emplace_back(column, Text(row[key], column.c_str()));
    }
    const fs::path file = results_ / number.experiment / "summary.csv";
    if (!fs::exists(file)) return number;
    Find(file, number);
    return number;
  }

  void Find(const fs::path& file, ComparedNumber& number) {
    VisitCsvRow(file, number.where, {"mean", "mean_low", "mean_high"}, where_.file, [&](const CsvRow& row) {
      number.value = Number(row, "mean");
      number.low = Number(row, "mean_low");
      number.high = Number(row, "mean_high");
    });
  }

  Where where_;
  const fs::path& results_;
};

std::string Name(const ComparedNumber& number) {
  std::string arm, n;
  for (const auto& [column, value] : number.where) {
    if (column == "arm") arm = value;
    if (column == "n") n = value;
  }
  return fmt::format("{}, N = {}", arm, n);
}

std::string Score(const ComparedNumber& number) {
  if (!number.value) return std::string(kDash);
  return WithInterval({*number.value, number.low.value_or(*number.value), number.high.value_or(*number.value)}, 2);
}

bool HasPage(const ComparedRow& row) { return row.greater.value || row.lesser.value; }

// The newest page that a number comes from: no clock, so that the same pages give the same comparison.
std::string Latest(const std::vector<ComparedRow>& rows, const fs::path& results) {
  std::string latest;
  for (const ComparedRow& row : rows) {
    const fs::path file = results / row.greater.experiment / "page.json";
    if (!fs::exists(file)) continue;
    latest = std::max(latest, ReadPageEntry(file).created_utc);
  }
  return latest;
}

std::vector<std::pair<std::string, std::string>> Terms() {
  return {
      {"arm", "One way to make the samples that a student learns from. The names in the table are names of arms."},
      {"direction", "Which of two ways to teach is ahead of the other, whatever the distance."},
      {"lead", "By how much the first of two arms has the higher score, over the same seeds; below 0 it is behind."},
      {"N", "How many samples a student learnt from; in graded_answers, how many tokens of the teacher were spent."},
      {"numbers in brackets",
       "A 95 % interval: repeated many times, 95 of 100 such ranges would hold the true value. One that holds 0 leaves "
       "the direction open."},
      {"score", "The share of questions answered exactly right, of questions that no sample shows."},
      {"seed", "One repetition with other samples, another order of training and another rule to learn."},
      {"teacher, student", "The student is a small model that learns from the answers of another, the teacher."},
      {"token", "A piece of text that a model reads or writes at a time."}};
}

// What each arm of the table is, as its experiment's page says it.
void AddArms(const std::vector<ComparedRow>& rows, const fs::path& results,
             std::vector<std::pair<std::string, std::string>>& words) {
  for (const ComparedRow& row : rows) {
    for (const ComparedNumber* number : {&row.greater, &row.lesser}) {
      const fs::path file = results / number->experiment / "page.json";
      const auto arm = std::ranges::find_if(number->where, [](const auto& field) { return field.first == "arm"; });
      if (!fs::exists(file) || arm == number->where.end()) continue;
      for (const auto& name : ReadPageEntry(file).names) {
        const std::string term = fmt::format("{} ({})", name.first, number->experiment);
        const bool known = std::ranges::find(words, term, &std::pair<std::string, std::string>::first) != words.end();
        if (name.first == arm->second && !known) words.emplace_back(term, name.second);
      }
    }
  }
}

}  // namespace

std::string Words(Agreement agreement) {
  switch (agreement) {
    case Agreement::kAgrees:
      return "agrees";
    case Agreement::kDisagrees:
      return "does not agree";
    case Agreement::kUnclear:
      return "cannot tell: the interval holds 0";
    default:
      return "no result yet";
  }
}

std::vector<ComparedRow> ReadComparison(const fs::path& data, const fs::path& results) {
  return Reader(data, results).Read();
}

PageContent ComparisonPage(const std::vector<ComparedRow>& rows, const std::string& command) {
  PageContent page{.experiment = "comparison",
                   .title = "Do we find what others published?",
                   .claim =
                       "Published work on what makes samples teach, as far as this project can hold something "
                       "against it."};
  std::map<Agreement, int> counts;
  Table table{.title = "Published directions beside ours",
              .header = {"about", "ours, said to be ahead", "ours, said to be behind", "lead, by seed", "direction"},
              .text_columns = 5,
              .note =
                  "Ours: mean scores with 95 % intervals, and the mean difference between both over their common "
                  "seeds (Student's t), from summary.csv and cells.csv of the experiment. Agrees, or does not: that "
                  "difference's interval lies above 0, or below.",
              .sortable = false};
  PageSection published{.id = "published", .title = "What others published"};
  PageSection limits{.id = "limits", .title = "Where the embedded world cannot tell"};
  for (const ComparedRow& row : rows) {
    ++counts[row.agreement];
    const std::string link = HasPage(row) ? fmt::format("../{}/index.html", row.greater.experiment) : "";
    const auto ours = [&](const ComparedNumber& number) {
      return TableCell(fmt::format("{}: {}", Name(number), Score(number)), link);
    };
    table.rows.push_back({row.topic, ours(row.greater), ours(row.lesser),
                          row.lead ? fmt::format("{}; {} seeds", Signed(*row.lead, 2), row.seeds) : std::string(kDash),
                          Words(row.agreement)});
    published.points.push_back(fmt::format("{}: {} {} ({}). Held against it here, in {}: {}.", row.topic, row.published,
                                           row.source, row.grade, row.greater.experiment, row.ours));
    limits.points.push_back(fmt::format("{}: {}", row.topic, row.limits));
  }
  page.verdicts.push_back(fmt::format(
      "Of {} published directions {} {} found here too, {} {} not, {} cannot be told from the numbers, and {} {} no "
      "result yet.",
      rows.size(), counts[Agreement::kAgrees], counts[Agreement::kAgrees] == 1 ? "is" : "are",
      counts[Agreement::kDisagrees], counts[Agreement::kDisagrees] == 1 ? "is" : "are", counts[Agreement::kUnclear],
      counts[Agreement::kNoResult], counts[Agreement::kNoResult] == 1 ? "has" : "have"));
  page.sections.push_back({.id = "directions",
                           .title = "The directions",
                           .paragraphs = {"A direction: which of two ways to teach is ahead. Sizes of effects are not "
                                          "compared: tasks, models and scores are others."},
                           .tables = {std::move(table)}});
  page.sections.push_back(std::move(published));
  page.sections.push_back(std::move(limits));
  page.caveats = {
      "An agreement in direction between a network of a hundred thousand parameters on strings of digits and "
      "models of billions on mathematics is no evidence that the causes are the same; a disagreement refutes "
      "neither.",
      "Which published results stand here, and which pair of ours is held against each, was chosen by hand."};
  page.grades = {"Published: read in the source's abstract or text, looked up in November 2026.",
                 "Measured here: every number of ours, read from the results when this page was written."};
  page.glossary = Terms();
  page.command = command;
  page.version = kVersion;
  return page;
}

DataTable ComparisonData(const std::vector<ComparedRow>& rows) {
  DataTable table{.file = "comparison.csv",
                  .about = "A published direction, and the two numbers of ours that are held against it.",
                  .columns = {{"id", "text", "of the row", ""},
                              {"published", "text", "what the source says", ""},
                              {"source", "text", "where", ""},
                              {"grade", "text", "published, alleged or not looked up", ""},
                              {"experiment", "text", "of ours", ""},
                              {"ahead", "text", "the pair's arm and N that the source would have ahead", ""},
                              {"ahead_score", "score", "its mean", "no result yet"},
                              {"ahead_low", "score", "of the 95 % interval", "no result yet"},
                              {"ahead_high", "score", "of the 95 % interval", "no result yet"},
                              {"behind", "text", "the other", ""},
                              {"behind_score", "score", "its mean", "no result yet"},
                              {"behind_low", "score", "of the 95 % interval", "no result yet"},
                              {"behind_high", "score", "of the 95 % interval", "no result yet"},
                              {"lead", "score", "of the first over the second, mean over seeds", "no result yet"},
                              {"lead_low", "score", "of the 95 % interval", "no result yet"},
                              {"lead_high", "score", "of the 95 % interval", "no result yet"},
                              {"seeds", "seeds", "that have both", ""},
                              {"direction", "text", "whether ours is the same", ""}}};
  for (const ComparedRow& row : rows) {
    const ComparedNumber &a = row.greater, &b = row.lesser;
    table.rows.push_back({row.id, row.published, row.source, row.grade, a.experiment, Name(a), a.value, a.low, a.high,
                          Name(b), b.value, b.low, b.high, row.lead ? std::optional(row.lead->estimate) : std::nullopt,
                          row.lead ? std::optional(row.lead->low) : std::nullopt,
                          row.lead ? std::optional(row.lead->high) : std::nullopt, row.seeds, Words(row.agreement)});
  }
  return table;
}

std::vector<std::string> WriteComparison(const fs::path& data, const fs::path& results) {
  const std::vector<ComparedRow> rows = ReadComparison(data, results);
  PageContent page =
      ComparisonPage(rows, fmt::format("build/report_index {} {}", results.generic_string(), data.generic_string()));
  page.created_utc = Latest(rows, results);
  AddArms(rows, results, page.glossary);
  Sort(page.glossary);
  return WritePage(std::move(page), {ComparisonData(rows)}, results / "comparison");
}

}  // namespace retort
