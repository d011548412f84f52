// The walk from a number to its origin: whatever was changed on the way is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/report/csv.h"
#include "core/report/report.h"
#include "experiments/look/trace_command.h"
#include "experiments/look/trace_row.h"
#include "experiments/look/trace_run.h"
#include "experiments/look/trace_summary.h"
#include "experiments/look/trace_text.h"
#include "tests/experiments/look/store_fixture.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const std::vector<std::string> kRow = {"arm=teacher", "n=16", "seed=0"};

RunTrace Trace(const StoreFixture& store, const std::vector<std::string>& words = kRow) {
  const CsvTable cells = OpenTable(store.path("out/cells.csv"), {});
  return TraceRun(store.runs(), cells, FindRow(cells, words));
}

SummaryTrace TraceOfSummary(const StoreFixture& store, const std::vector<std::string>& words) {
  const CsvTable summary = OpenTable(store.path("out/summary.csv"), {});
  return TraceSummary(store.runs(), summary, FindRow(summary, words), OpenTable(store.path("out/cells.csv"), {}), {});
}

Verdict Of(const RunTrace& trace, const std::string& step) {
  for (const TraceStep& one : trace.steps) {
    if (one.name == step) return Worst(one);
  }
  ADD_FAILURE() << "no step " << step;
  return Verdict::kUnchanged;
}

TEST(TraceTest, WhatNobodyTouchedIsUnchanged) {
  const StoreFixture store;
  const RunTrace trace = Trace(store);
  for (const TraceStep& step : trace.steps) EXPECT_EQ(Worst(step), Verdict::kUnchanged) << ToText(trace);
  const std::string text = ToText(trace);
  for (const char* part :
       {"task big, target big, arm teacher, N = 16, seed 0", "exact match 0.8", "folds-teacher (local)", "apache-2.0",
        "https://example.org/terms", "with disclosure", "Built with folds-teacher", "sampling.temperature 0.7",
        "dropped.grade 2", "100 read, 200 written, $0.25", "it has the run's 16 rows", "unchanged"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  for (const char* step : {"number", "result", "items", "config", "identity", "samples", "manifest", "collection",
                           "training", "teacher", "task", "base"}) {
    Of(trace, step);
  }
  for (const char* arm : {"arm=base", "arm=teacher_model"}) {
    const RunTrace end = Trace(store, {arm, "seed=1"});
    EXPECT_TRUE(IsFine(end)) << ToText(end);
  }
  EXPECT_THAT(ToText(Trace(store, {"arm=teacher_model", "seed=1"})), HasSubstr("apache-2.0, as its card says now"));
}

TEST(TraceTest, OneByteOfAnyFileOfTheRunIsSeen) {
  const StoreFixture store;
  const fs::path folder = store.run("teacher", 16, 0);
  for (const char* file : {"result.json", "items.jsonl", "config.toml", "identity.txt", "samples.jsonl",
                           "manifest.json", "train.jsonl", "SHA256SUMS"}) {
    const std::string whole = ReadFile(folder / file);
    for (size_t at = 0; at < whole.size(); at += 1 + whole.size() / 40) {
      FlipByte(folder / file, at);
      EXPECT_FALSE(IsFine(Trace(store))) << file << " byte " << at;
      WriteFileAtomic(folder / file, whole);
    }
    for (const std::string& other : {whole + "\n", whole.substr(0, whole.size() - 1), std::string()}) {
      WriteFileAtomic(folder / file, other);
      EXPECT_FALSE(IsFine(Trace(store))) << file << " of " << other.size() << " bytes";
    }
    fs::remove(folder / file);
    EXPECT_EQ(IsFine(Trace(store)), std::string(file) == "SHA256SUMS") << file << ": without sums it is an older run";
    WriteFileAtomic(folder / file, whole);
  }
  EXPECT_TRUE(IsFine(Trace(store)));
}

TEST(TraceTest, OneByteOfWhatLiesOutsideTheRunIsSeen) {
  // The hash of a checkpoint is remembered per process and folder: so the changed one is another, behind a link.
  for (const char* file : {"base/config.json", "base/model.safetensors", "folds-teacher/model.safetensors"}) {
    const StoreFixture store;
    EXPECT_TRUE(IsFine(Trace(store)));
    const fs::path folder = store.path(file).parent_path(), elsewhere = store.path("elsewhere");
    const std::string step = file[0] == 'b' ? "base" : "teacher";
    fs::rename(folder, elsewhere);
    EXPECT_EQ(Of(Trace(store), step), Verdict::kMissing) << file;
    FlipByte(elsewhere / fs::path(file).filename(), 3);
    fs::create_directory_symlink(elsewhere, folder);
    EXPECT_EQ(Of(Trace(store), step), Verdict::kChanged) << file;
  }
  const StoreFixture store;
  const fs::path collections = store.runs() / "collections";
  for (const auto& entry : fs::directory_iterator(collections)) FlipByte(entry.path() / "samples.jsonl", 40);
  EXPECT_EQ(Of(Trace(store), "collection"), Verdict::kChanged);
  fs::remove_all(collections);
  EXPECT_EQ(Of(Trace(store), "collection"), Verdict::kNotChecked) << "the run keeps its own rows";
  EXPECT_TRUE(IsFine(Trace(store)));
}

TEST(TraceTest, ACollectionWhoseManifestWasEditedIsSaid) {
  const StoreFixture store;
  for (const auto& entry : fs::directory_iterator(store.runs() / "collections")) {
    std::string manifest = ReadFile(entry.path() / "manifest.json");
    manifest.replace(manifest.find("temperature = 0.7"), 17, "temperature = 0.9");
    WriteFileAtomic(entry.path() / "manifest.json", manifest);
  }
  const RunTrace trace = Trace(store);
  EXPECT_EQ(Of(trace, "collection"), Verdict::kChanged);
  EXPECT_THAT(ToText(trace), HasSubstr("names another sampling"));
}

TEST(TraceTest, EveryNumberOfTheTablesRowIsHeldAgainstTheRun) {
  const StoreFixture store;
  const fs::path file = store.path("out/cells.csv");
  const std::string whole = ReadFile(file);
  const CsvTable cells = ParseCsv(whole, file);
  const size_t row = FindRow(cells, kRow);
  for (size_t column = 0; column < cells.columns.size(); ++column) {
    const std::string& name = cells.columns[column];
    if (name == "arm" || name == "seed" || name == "task") continue;  // rows may share a run under other names
    std::string text;
    for (size_t i = 0; i <= cells.rows.size(); ++i) {
      std::vector<std::string> fields = i == 0 ? cells.columns : cells.rows[i - 1];
      if (i == row + 1) fields[column] += "1";
      for (size_t c = 0; c < fields.size(); ++c) text += fields[c] + (c + 1 == fields.size() ? "\n" : ",");
    }
    WriteFileAtomic(file, text);
    EXPECT_FALSE(IsFine(Trace(store, {std::to_string(row + 1)}))) << name;
  }
}

TEST(TraceTest, AnOlderRunIsCheckedByWhatItHas) {
  const StoreFixture store;
  const fs::path folder = store.run("teacher", 16, 0);
  fs::remove(folder / "SHA256SUMS");
  fs::remove(folder / "identity.txt");
  const RunTrace trace = Trace(store);
  EXPECT_TRUE(IsFine(trace)) << ToText(trace);
  EXPECT_EQ(Of(trace, "base"), Verdict::kNotChecked);
  EXPECT_EQ(Of(trace, "task"), Verdict::kUnchanged) << "the manifest has the hash of its content";
  std::string items = ReadFile(folder / "items.jsonl");
  items.replace(items.find("\"score\":1.0"), 11, "\"score\":0.0");
  WriteFileAtomic(folder / "items.jsonl", items);
  EXPECT_EQ(Of(Trace(store), "items"), Verdict::kChanged);
  FlipByte(folder / "samples.jsonl", 20);
  EXPECT_EQ(Of(Trace(store), "samples"), Verdict::kChanged);
}

TEST(TraceTest, ASettingThatContradictsTheIdentityIsSaid) {
  const StoreFixture store;
  const fs::path folder = store.run("teacher", 16, 0);
  fs::remove(folder / "SHA256SUMS");
  std::string config = ReadFile(folder / "config.toml");
  config.replace(config.find("learning_rate = 0.001"), 21, "learning_rate = 0.002");
  WriteFileAtomic(folder / "config.toml", config);
  EXPECT_THAT(ToText(Trace(store)), HasSubstr("student.trainer.learning_rate: it says 0.001, config.toml 0.002"));
}

TEST(TraceTest, ARunThatIsGoneOrIsNoneIsMissing) {
  const StoreFixture store;
  fs::remove_all(store.run("teacher", 16, 0));
  EXPECT_EQ(Of(Trace(store), "number"), Verdict::kMissing);
  const fs::path file = store.path("out/cells.csv");
  std::string text = ReadFile(file);
  const std::string hash = store.run("teacher", 4, 0).filename().string();
  text.replace(text.find(hash), 64, "../../etc");
  WriteFileAtomic(file, text);
  EXPECT_EQ(Of(Trace(store, {"arm=teacher", "n=4", "seed=0"}), "number"), Verdict::kChanged);
}

TEST(TraceTest, NothingThatAFileSaysSteersTheTerminal) {
  const StoreFixture store;
  const fs::path folder = store.run("teacher", 16, 0);
  Manifest manifest = ParseManifest(ReadFile(folder / "manifest.json"), "");
  manifest.teacher.name =
      "\x1b[2Jme\xC2\x9B"
      "31m";
  manifest.teacher.licence = "\x07\xE2\x80\xAE";
  WriteFileAtomic(folder / "manifest.json", ToJson(manifest));
  const std::string text = ToText(Trace(store)) + ToText(TraceOfSummary(store, {"arm=teacher", "statistic=n50"}));
  for (const char* bad : {"\x1b", "\x07", "\xC2\x9B", "\xE2\x80\xAE"}) EXPECT_THAT(text, Not(HasSubstr(bad)));
}

TEST(TraceSummaryTest, ANumberIsMadeAgainFromItsRuns) {
  const StoreFixture store;
  const CsvTable summary = OpenTable(store.path("out/summary.csv"), {});
  for (size_t row = 0; row < summary.rows.size(); ++row) {
    const SummaryTrace trace = TraceOfSummary(store, {std::to_string(row + 1)});
    EXPECT_TRUE(IsFine(trace)) << ToText(trace);
    EXPECT_EQ(Worst(trace.number), Verdict::kUnchanged) << ToText(trace);
  }
  EXPECT_THAT(TraceOfSummary(store, {"arm=teacher", "n=16", "statistic=score"}).runs, SizeIs(6)) << "2 and both ends";
  EXPECT_THAT(TraceOfSummary(store, {"arm=teacher", "statistic=n50"}).runs, SizeIs(8));
  EXPECT_THAT(TraceOfSummary(store, {"arm=base"}).runs, SizeIs(2));
  const std::string text = ToText(TraceOfSummary(store, {"arm=teacher", "n=16", "statistic=score"}));
  EXPECT_THAT(text, HasSubstr("mean"));
  EXPECT_THAT(text, HasSubstr("licence apache-2.0, training on its answers: with disclosure, of 2 runs"));
}

TEST(TraceSummaryTest, APointOfASweepIsMadeAgainFromItsOwnRuns) {
  StoreFixture store;
  const std::string key = "student.trainer.learning_rate";
  ReportInput input;
  for (CellResult cell : store.results()) {
    cell.axes = {{key, "0.001"}};
    input.cells.push_back(std::move(cell));
  }
  for (const int n : {4, 16}) {
    for (const uint64_t seed : {0, 1}) store.AddRun("teacher", n, seed, std::vector<double>(20, 1.0), 0.25);
  }
  for (CellResult cell : store.results()) {  // base and teacher serve both points
    const bool of_first = cell.arm == "teacher" && cell.means.score < 1;
    cell.axes = {{key, "0.25"}};
    if (!of_first) input.cells.push_back(std::move(cell));
  }
  WriteFileAtomic(store.path("out/cells.csv"), CellsCsv(input));
  WriteFileAtomic(store.path("out/summary.csv"), SummaryCsv(Summarise(input)));
  const CsvTable summary = OpenTable(store.path("out/summary.csv"), {});
  EXPECT_THAT(summary.rows, SizeIs(12));
  for (size_t row = 0; row < summary.rows.size(); ++row) {
    const SummaryTrace trace = TraceOfSummary(store, {std::to_string(row + 1)});
    EXPECT_TRUE(IsFine(trace)) << ToText(trace);
    EXPECT_EQ(Worst(trace.number), Verdict::kUnchanged) << ToText(trace);
  }
  EXPECT_THAT(TraceOfSummary(store, {"arm=teacher", "n=16", "statistic=score", key + "=0.25"}).runs, SizeIs(6));
}

TEST(TraceSummaryTest, AnEditedNumberOrRunIsSeen) {
  const StoreFixture store;
  const fs::path file = store.path("out/summary.csv");
  const std::string whole = ReadFile(file);
  std::string edited = whole;
  const size_t mean = edited.find("teacher,score,16,2,0.75");
  ASSERT_NE(mean, std::string::npos) << whole;
  edited[mean + 21] = '8';
  WriteFileAtomic(file, edited);
  const std::string text = ToText(TraceOfSummary(store, {"arm=teacher", "n=16", "statistic=score"}));
  EXPECT_THAT(text, HasSubstr("CHANGED: mean: the table says 0.85, its runs give 0.75"));
  WriteFileAtomic(file, whole);
  const fs::path items = store.run("base", 0, 1) / "items.jsonl";
  std::string lines = ReadFile(items);
  lines.replace(lines.find("base A3"), 7, "base A4");
  WriteFileAtomic(items, lines);
  const SummaryTrace trace = TraceOfSummary(store, {"arm=teacher", "n=16", "statistic=score"});
  EXPECT_FALSE(IsFine(trace));
  EXPECT_THAT(ToText(trace), HasSubstr("CHANGED: items: its bytes"));
  fs::remove_all(store.run("teacher", 16, 1));
  EXPECT_THAT(ToText(TraceOfSummary(store, {"arm=teacher", "n=16", "statistic=score"})),
              HasSubstr("it cannot be made again"));
}

TEST(TraceCommandTest, ExitCodesSayWhetherAnythingChanged) {
  const StoreFixture store;
  const auto run = [](const std::vector<std::string>& words, std::string* text = nullptr) {
    ::testing::internal::CaptureStdout();
    int code = 2;
    try {
      code = TraceCommand(words);
    } catch (const Error&) {
      code = 2;
    }
    const std::string got = ::testing::internal::GetCapturedStdout();
    if (text != nullptr) *text = got;
    return code;
  };
  const std::string out = store.path("out").string();
  std::string text;
  EXPECT_EQ(run({out, "arm=teacher", "n=16", "seed=0", "--json"}, &text), 0);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json.at("unchanged"), true);
  EXPECT_EQ(json.at("steps").at(0).at("step"), "number");
  EXPECT_EQ(run({out, "arm=teacher", "statistic=n50", "--json"}, &text), 0) << text;
  EXPECT_THAT(nlohmann::json::parse(text).at("runs"), SizeIs(8));
  EXPECT_EQ(run({out + "/summary.csv", "1"}), 0);
  EXPECT_EQ(run({out, "1", "--runs-dir=" + store.runs().string()}), 0);
  EXPECT_EQ(run({out, "99"}), 2);
  EXPECT_EQ(run({out, "arm=teacher"}), 2) << "several rows";
  EXPECT_EQ(run({out, "1", "--runs-dir=/no/such/folder"}), 2);
  EXPECT_EQ(run({"/no/such/table.csv", "1"}), 2);
  EXPECT_EQ(run({"--help"}, &text), 0);
  EXPECT_THAT(text, HasSubstr("Exit codes"));
  FlipByte(store.run("base", 0, 0) / "items.jsonl", 30);
  EXPECT_EQ(run({out, "arm=base", "seed=0"}), 1);
  EXPECT_EQ(run({out, "arm=base", "seed=1"}), 0);
}

}  // namespace
}  // namespace retort::lab
