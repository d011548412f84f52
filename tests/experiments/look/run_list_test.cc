// What `runs ls` and `runs rm` see of a store, also of a broken one.
#include "experiments/look/run_list.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>

#include "core/base/error.h"
#include "core/base/files.h"
#include "experiments/look/run_filter.h"
#include "experiments/look/run_remove.h"
#include "experiments/look/runs_command.h"
#include "tests/experiments/look/store_fixture.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const std::string kOther(64, 'a');  // a hash that no run of the fixture has

class RunListTest : public ::testing::Test {
 protected:
  // What the program prints; `code` is its exit code.
  std::string Runs(std::vector<std::string> words, int code = 0, const Confirm& confirm = nullptr) {
    words.push_back("--runs-dir=" + store_.runs().string());
    ::testing::internal::CaptureStdout();
    int got = -1;
    try {
      got = RunsCommand(words, confirm);
    } catch (const Error& error) {
      ::testing::internal::GetCapturedStdout();
      EXPECT_EQ(code, 2) << error.what();
      return error.what();
    }
    std::string text = ::testing::internal::GetCapturedStdout();
    EXPECT_EQ(got, code) << text;
    return text;
  }
  std::vector<std::string> Labels(const std::vector<std::string>& words, const std::string& sort = "") {
    const RunFilter filter(words);
    std::vector<RunEntry> runs = ListRuns(store_.runs());
    std::erase_if(runs, [&](const RunEntry& run) { return !filter.Matches(run); });
    SortRuns(sort, runs);
    std::vector<std::string> labels;
    labels.reserve(runs.size());
    for (const RunEntry& run : runs) labels.push_back(RunLabel(run));
    return labels;
  }
  // A run of which a worker wrote the settings and no result.
  fs::path Unfinished() {
    WriteFileAtomic(store_.runs() / kOther / "config.toml",
                    "arm = \"teacher\"\nn = 64\nseed = 7\n\n[task]\ntarget = \"big\"\n");
    return store_.runs() / kOther;
  }

  StoreFixture store_;
};

TEST_F(RunListTest, ListsEveryRunInTheOrderOfTheTables) {
  EXPECT_THAT(Labels({}), ElementsAre("big base N=0 seed 0", "big base N=0 seed 1", "big teacher N=4 seed 0",
                                      "big teacher N=4 seed 1", "big teacher N=16 seed 0", "big teacher N=16 seed 1",
                                      "big teacher_model N=0 seed 0", "big teacher_model N=0 seed 1"));
  const std::string table = Runs({"ls"});
  EXPECT_THAT(table, HasSubstr("8 runs, "));
  EXPECT_THAT(table, HasSubstr(store_.run("teacher", 16, 0).filename().string().substr(0, 12)));
  EXPECT_THAT(table, HasSubstr("0.800"));
  EXPECT_THAT(table, HasSubstr("4 s"));
}

TEST_F(RunListTest, WordsChooseRuns) {
  EXPECT_THAT(Labels({"arm=teacher", "n=16"}), ElementsAre("big teacher N=16 seed 0", "big teacher N=16 seed 1"));
  EXPECT_THAT(Labels({"n=[4,16]", "seed=1"}), ElementsAre("big teacher N=4 seed 1", "big teacher N=16 seed 1"));
  EXPECT_THAT(Labels({"n=4,16"}), SizeIs(4));
  EXPECT_THAT(Labels({"score=0.80"}), SizeIs(1)) << "as a number, not as a text";
  EXPECT_THAT(Labels({"done=false"}), SizeIs(0));
  EXPECT_THAT(Labels({"task=big", "done=true", "state=done"}), SizeIs(8));
  const std::string hash = store_.run("base", 0, 1).filename().string();
  EXPECT_THAT(Labels({"run=" + hash.substr(0, 10)}), ElementsAre("big base N=0 seed 1"));
  store_.AddRun("teacher", 4, 5, {1, 0}, 0.25);
  EXPECT_THAT(Labels({"student.trainer.learning_rate=0.25"}), ElementsAre("big teacher N=4 seed 5"));
  EXPECT_THAT(Runs({"ls", "arms=teacher"}, 2), HasSubstr("there are done, run, state, task"));
  EXPECT_THAT(Runs({"ls", "teacher"}, 2), HasSubstr("no key=value"));
  EXPECT_THAT(Runs({"ls", "done=maybe"}, 2), HasSubstr("neither true nor false"));
}

TEST_F(RunListTest, SortsByAnyColumnBothWays) {
  EXPECT_THAT(Labels({"arm=teacher"}, "-score"), ElementsAre("big teacher N=16 seed 0", "big teacher N=16 seed 1",
                                                             "big teacher N=4 seed 0", "big teacher N=4 seed 1"));
  EXPECT_EQ(Labels({"arm=teacher"}, "n").back(), "big teacher N=16 seed 1") << "4 before 16";
  Unfinished();
  EXPECT_EQ(Labels({}, "score").back(), "big teacher N=64 seed 7") << "what has no score comes last";
  EXPECT_EQ(Labels({}, "-score").back(), "big teacher N=64 seed 7");
  EXPECT_THAT(Runs({"ls", "--sort=speed"}, 2), HasSubstr("no such column"));
}

TEST_F(RunListTest, CsvAndJsonHaveEveryColumn) {
  const std::string csv = Runs({"ls", "--csv", "arm=teacher", "n=4", "seed=0"});
  EXPECT_THAT(csv, HasSubstr("run,state,task,target,arm,n,seed,metric,score,seconds,finished,bytes,problem\n"));
  EXPECT_THAT(csv, HasSubstr(store_.run("teacher", 4, 0).filename().string() +
                             ",done,big,big,teacher,4,0,exact_match,0.5,3.5,"));
  const std::string json = Runs({"ls", "--json", "arm=teacher", "n=4", "seed=0"});
  EXPECT_THAT(json, HasSubstr("\"n\":4,"));
  EXPECT_THAT(json, HasSubstr("\"score\":0.5,"));
  Runs({"ls", "--json", "--csv"}, 2);
}

TEST_F(RunListTest, StatesOfARun) {
  const fs::path folder = Unfinished();
  EXPECT_EQ(ReadRun(folder).state, RunState::kUnfinished);
  EXPECT_FALSE(fs::exists(folder / "lock")) << "looking makes no files";
  {
    const std::optional<FileLock> lock = FileLock::Try(folder / "lock");
    EXPECT_EQ(ReadRun(folder).state, RunState::kRunning);
  }
  EXPECT_EQ(ReadRun(folder).state, RunState::kUnfinished);
  EXPECT_THAT(Labels({"done=false"}), ElementsAre("big teacher N=64 seed 7"));
}

TEST_F(RunListTest, ABrokenRunIsSaidAndHidesNoOther) {
  const fs::path result = store_.run("base", 0, 0) / "result.json";
  const std::string whole = ReadFile(result);
  const std::vector<std::string> hostile = {"",
                                            "{",
                                            "[]",
                                            "{\"arm\": 3}",
                                            whole.substr(0, whole.size() / 2),
                                            std::string(1000, '['),
                                            "\x1b[2J",
                                            std::string("\0\0", 2)};
  for (const std::string& text : hostile) {
    WriteFileAtomic(result, text);
    EXPECT_THAT(ListRuns(store_.runs()), SizeIs(8));
    EXPECT_THAT(Labels({"state=broken"}), ElementsAre("broken"));
    EXPECT_THAT(Runs({"ls"}), HasSubstr("1 broken"));
  }
  fs::remove(result);
  fs::create_directory(result);
  EXPECT_THAT(Runs({"ls"}), HasSubstr("is no regular file"));
  fs::remove(result);
  fs::create_symlink("/dev/zero", result);
  EXPECT_THAT(Runs({"ls"}), HasSubstr("1 broken"));
  fs::remove(result);
  WriteFileAtomic(result, ReadFile(store_.run("base", 0, 1) / "result.json"));
  EXPECT_THAT(Runs({"ls"}), HasSubstr("the result of another run"));
}

TEST_F(RunListTest, WhatIsNoRunFolderIsNotListed) {
  WriteFileAtomic(store_.runs() / "notes.txt", "mine");
  fs::create_directory(store_.runs() / std::string(64, 'A'));
  EXPECT_THAT(ListRuns(store_.runs()), SizeIs(8));
  WriteFileAtomic(store_.runs() / kOther, "a file");
  EXPECT_THAT(Labels({"state=broken"}), SizeIs(1));
}

TEST_F(RunListTest, NothingInARunSteersTheTerminal) {
  WriteFileAtomic(store_.runs() / kOther / "config.toml",
                  "arm = \"\x1b]0;owned\x07\xC2\x9B"
                  "31m\xE2\x80\xAE\"\nn = 1\n");
  const std::string table = Runs({"ls"}) + Runs({"show", kOther});
  for (const char* bad : {"\x1b", "\x07", "\xC2\x9B", "\xE2\x80\xAE"}) {  // NOLINT(misc-misleading-bidirectional)
    EXPECT_THAT(table, Not(HasSubstr(bad)));
  }
}

TEST_F(RunListTest, PrefixesAreFoundOrTheirCandidatesNamed) {
  const std::string hash = store_.run("teacher", 4, 1).filename().string();
  EXPECT_EQ(FindRun(store_.runs(), hash), hash);
  WriteFileAtomic(store_.runs() / (hash.substr(0, 63) + (hash.back() == '0' ? '1' : '0')) / "config.toml", "");
  const std::string ambiguous = Runs({"show", hash.substr(0, 20)}, 2);
  EXPECT_THAT(ambiguous, HasSubstr("2 runs begin with"));
  EXPECT_THAT(ambiguous, HasSubstr("big teacher N=4 seed 1"));
  EXPECT_THAT(Runs({"show", "xyz"}, 2), HasSubstr("there is no run \"xyz\""));
  EXPECT_THAT(Runs({"show", hash.substr(0, 12) + "zz"}, 2), HasSubstr("the nearest: " + hash.substr(0, 12)));
  EXPECT_THAT(Runs({"show", "../out"}, 2), HasSubstr("there is no run"));
}

TEST_F(RunListTest, RemovesWhatIsMeantAndAsksFirst) {
  EXPECT_THAT(Runs({"rm", "n=4"}, 2), HasSubstr("add --yes")) << "no terminal";
  EXPECT_THAT(ListRuns(store_.runs()), SizeIs(8));
  Runs({"rm", "n=4"}, 0, [](const std::string&) { return false; });
  EXPECT_THAT(ListRuns(store_.runs()), SizeIs(8));
  EXPECT_THAT(Runs({"rm", "n=4"}, 0, [](const std::string&) { return true; }), HasSubstr("removed 2 runs"));
  EXPECT_THAT(Labels({"n=4"}), SizeIs(0));
  const std::string hash = store_.run("base", 0, 0).filename().string();
  EXPECT_THAT(Runs({"rm", hash.substr(0, 12), hash, "--yes"}), HasSubstr("removed 1 run,")) << "named twice";
  EXPECT_FALSE(fs::exists(store_.runs() / hash));
  EXPECT_TRUE(fs::exists(store_.runs() / "collections"));
  Runs({"rm", "--yes"}, 2);
  Runs({"rm", hash, "n=4", "--yes"}, 2);
  Runs({"rm", "collections", "--yes"}, 2);
  Runs({"rm", ".", "--yes"}, 2);
  EXPECT_THAT(ListRuns(store_.runs()), SizeIs(5));
}

TEST_F(RunListTest, OldRunsAreChosenByWhenTheyWereDone) {
  WriteFileAtomic(store_.run("teacher", 4, 0) / "times.json",
                  R"({"finished_utc": "2020-01-01T00:00:00Z", "seconds": 1})");
  EXPECT_GT(AgeInDays(ReadRun(store_.run("teacher", 4, 0))), 2000);
  EXPECT_LT(AgeInDays(ReadRun(store_.run("teacher", 4, 1))), 1);
  EXPECT_THAT(Runs({"rm", "--older-than=100", "--yes"}), HasSubstr("removed 1 run,"));
  EXPECT_FALSE(fs::exists(store_.run("teacher", 4, 0)));
  Runs({"rm", "--older-than=soon", "--yes"}, 2);
  Runs({"rm", "--older-than=-1", "--yes"}, 2);
  EXPECT_THAT(Runs({"rm", "--older-than=100", "--yes"}), HasSubstr("nothing is removed"));
}

TEST_F(RunListTest, ARunThatIsComputedStays) {
  const fs::path folder = Unfinished();
  const std::optional<FileLock> lock = FileLock::Try(folder / "lock");
  Runs({"rm", "done=false", "--yes"}, 1);
  EXPECT_TRUE(fs::exists(folder / "config.toml"));
}

TEST_F(RunListTest, ARunOfAnotherMachineStaysWhileThatGivesSignsOfLife) {
  const fs::path folder = Unfinished();
  WriteFileAtomic(folder / "owner", "elsewhere 17 2026-01-01T00:00:00Z\n3\n");
  EXPECT_EQ(ReadRun(folder).state, RunState::kRunning);
  Runs({"rm", kOther, "--yes"}, 1);
  fs::last_write_time(folder / "owner", fs::file_time_type::clock::now() - std::chrono::hours(2));
  EXPECT_EQ(ReadRun(folder).state, RunState::kUnfinished);
  Runs({"rm", kOther, "--yes"});
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(RunListTest, RemovingFollowsNoLink) {
  const fs::path outside = store_.path("outside");
  WriteFileAtomic(outside / "precious.txt", "mine");
  const fs::path folder = store_.run("base", 0, 0);
  fs::create_directory_symlink(outside, folder / "model");
  fs::remove(folder / "lock");
  fs::create_symlink(outside / "precious.txt", folder / "lock");
  RemoveRun(ReadRun(folder));
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_EQ(ReadFile(outside / "precious.txt"), "mine");
  // A run folder that is itself a link.
  fs::create_directory_symlink(outside, store_.runs() / kOther);
  EXPECT_EQ(ReadRun(store_.runs() / kOther).state, RunState::kBroken);
  EXPECT_THROW(RemoveRun(ReadRun(store_.runs() / kOther)), Error);
  EXPECT_THROW(RemoveRun(ReadRun(store_.path("out"))), Error);
  EXPECT_EQ(ReadFile(outside / "precious.txt"), "mine");
}

TEST_F(RunListTest, AThousandRunsAreListedAtOnce) {
  const fs::path one = store_.run("teacher", 16, 0);
  const std::string text = ReadFile(one / "result.json"), hash = one.filename().string();
  for (int i = 0; i < 1000; ++i) {
    const std::string name = fmt::format("{:064x}", i);
    std::string result = text;
    result.replace(result.find(hash), 64, name);
    fs::create_directory(store_.runs() / name);
    std::ofstream(store_.runs() / name / "result.json") << result;
    std::ofstream(store_.runs() / name / "times.json") << R"({"finished_utc": "2026-01-01T00:00:00Z", "seconds": 1})";
  }
  const std::clock_t start = std::clock();  // of the processor: others may be at work
  EXPECT_THAT(ListRuns(store_.runs()), SizeIs(1008));
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 2) << "about 0.04";
}

TEST_F(RunListTest, HelpIsCompleteAndMistakesAreSaid) {
  for (const char* command : {"ls", "show", "diff", "rm"}) {
    EXPECT_THAT(Runs({command, "--help"}), HasSubstr("--runs-dir=FOLDER")) << command;
    EXPECT_THAT(Runs({command, "--bogus"}, 2), HasSubstr("unknown option")) << command;
  }
  EXPECT_THAT(Runs({"list"}, 2), HasSubstr("there are ls, show, diff, rm"));
  EXPECT_THAT(Runs({"ls", "--sort"}, 2), HasSubstr("--sort without a value"));
  Runs({"diff", "a"}, 2);
  Runs({"show"}, 2);
}

}  // namespace
}  // namespace retort::lab
