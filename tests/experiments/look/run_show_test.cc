// What `runs show` and `runs diff` tell, also of runs that are broken or were made by an older version.
#include "experiments/look/run_show.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "core/base/files.h"
#include "experiments/cells/config_lines.h"
#include "experiments/look/run_diff.h"
#include "experiments/look/terminal_text.h"
#include "tests/experiments/look/store_fixture.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

std::string Show(const fs::path& folder) { return ShowRun(ReadRun(folder)); }

TEST(RunShowTest, TellsWhereARunComesFromAndWhatItScored) {
  const StoreFixture store;
  const std::string text = Show(store.run("teacher", 16, 0));
  for (const char* part :
       {"exact match 0.8", "folds-teacher (local)", "apache-2.0", "https://example.org/terms", "with disclosure",
        "Built with folds-teacher", "sampling.temperature 0.7", "dropped.grade 2", "100 read, 200 written, $0.25",
        "16, sha256 ", "learning_rate 0.001", "2 steps, loss 2.5 at the first, 0.125 at the last", "big/held-out-0",
        "teacher A0", "done 20"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("worker.log")));
  EXPECT_THAT(Show(store.run("base", 0, 0)), Not(HasSubstr("samples.jsonl")));
}

TEST(RunShowTest, AFileThatCannotBeReadIsSaidInItsPlace) {
  const StoreFixture store;
  const fs::path folder = store.run("teacher", 16, 0);
  for (const char* file : {"config.toml", "manifest.json", "samples.jsonl", "train.jsonl", "items.jsonl"}) {
    const std::string whole = ReadFile(folder / file);
    for (const std::string& hostile : {std::string(), std::string("{"), std::string("\0\xff\x1b[2J", 7),
                                       whole.substr(0, whole.size() / 3), std::string(300000, '[')}) {
      WriteFileAtomic(folder / file, hostile);
      const std::string text = Show(folder);
      EXPECT_THAT(text, HasSubstr("exact match 0.8")) << file;
      EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << file;
    }
    fs::remove(folder / file);
    EXPECT_THAT(Show(folder), HasSubstr("exact match 0.8")) << file;
    WriteFileAtomic(folder / file, whole);
  }
}

TEST(RunShowTest, NothingWaitsForAPipe) {
  const StoreFixture store;
  const fs::path folder = store.run("teacher", 16, 0);
  for (const char* file : {"config.toml", "manifest.json", "samples.jsonl", "train.jsonl", "items.jsonl"}) {
    fs::remove(folder / file);
    ASSERT_EQ(mkfifo((folder / file).c_str(), 0600), 0);
    EXPECT_THAT(Show(folder), HasSubstr("exact match 0.8")) << file;
    EXPECT_THROW(DiffRuns(ReadRun(folder), ReadRun(folder)), Error) << file;
  }
}

TEST(RunShowTest, TheEndOfALargeLogIsShownHarmless) {
  const StoreFixture store;
  const fs::path folder = store.runs() / std::string(64, 'a');
  WriteFileAtomic(folder / "config.toml", "arm = \"teacher\"\nn = 4\nseed = 0\n");
  std::ofstream log(folder / "worker.log");
  for (int i = 0; i < 200000; ++i) log << "line " << i << " of a log that grew to ten megabytes\n";
  log << "\x1b[31mlast words\n";
  log.close();
  const std::string text = Show(folder);
  EXPECT_THAT(text, HasSubstr("last words"));
  EXPECT_THAT(text, HasSubstr("line 199999 "));
  EXPECT_THAT(text, Not(HasSubstr("line 199980 ")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_LT(text.size(), 4000u);
}

TEST(RunDiffTest, TellsWhatWentInAndWhatCameOut) {
  StoreFixture store;
  const fs::path other = store.AddRun("teacher", 16, 0, std::vector<double>(20, 1.0), 0.25);
  const std::string text = DiffRuns(ReadRun(store.run("teacher", 16, 0)), ReadRun(other));
  EXPECT_THAT(text, HasSubstr("student.trainer.learning_rate"));
  EXPECT_THAT(text, HasSubstr("0.25"));
  EXPECT_THAT(text, Not(HasSubstr("max_steps"))) << "is the same";
  EXPECT_THAT(text, ::testing::ContainsRegex("base model +the same"));
  EXPECT_THAT(text, ::testing::ContainsRegex("samples +the same"));
  EXPECT_THAT(text, ::testing::ContainsRegex("exact match +0.8000 +1.0000 +\\+0.2000"));
  EXPECT_THAT(text, HasSubstr("wrong -> right 4, right -> wrong 0, right in both 16, wrong in both 0"));
  EXPECT_THAT(text, HasSubstr("b - a: +0.2000 ["));
  const std::string seeds = DiffRuns(ReadRun(store.run("teacher", 16, 0)), ReadRun(store.run("teacher", 4, 1)));
  EXPECT_THAT(seeds, ::testing::ContainsRegex("samples +different"));
  EXPECT_THAT(seeds, HasSubstr("right -> wrong 6"));
}

TEST(RunDiffTest, SaysWhatAnOlderOrUnfinishedRunLacks) {
  const StoreFixture store;
  const fs::path a = store.run("teacher", 16, 0), b = store.run("teacher", 16, 1);
  fs::remove(a / "identity.txt");
  std::string text = DiffRuns(ReadRun(a), ReadRun(b));
  EXPECT_THAT(text, HasSubstr("a has no identity.txt"));
  EXPECT_THAT(text, HasSubstr("not recorded of a"));
  fs::remove(b / "result.json");
  text = DiffRuns(ReadRun(a), ReadRun(b));
  EXPECT_THAT(text, HasSubstr("only runs that are done have any"));
}

TEST(ConfigLinesTest, ReadsWhatToTomlWrites) {
  const ConfigLines lines = ReadConfigLines("a = 1\n\n[b.c]\nd = \"x = \\\"y\\\"\"\ne = [1, 2]\nnonsense\n");
  EXPECT_THAT(lines, ElementsAre(Pair("a", "1"), Pair("b.c.d", "\"x = \\\"y\\\"\""), Pair("b.c.e", "[1, 2]"),
                                 Pair("line 6", "nonsense")));
  EXPECT_EQ(PlainValue(lines, "b.c.d"), "x = \"y\"");
  EXPECT_EQ(PlainValue(lines, "nothing"), "");
}

TEST(ConfigLinesTest, ReadsAnIdentity) {
  EXPECT_THAT(ReadIdentityLines("kind trained\nmodel ab cd\n\n# task\ntask.kind = \"folds\"\n\n# "
                                "student.trainer\ntrainer.steps = 3\nbetas.a = 1\n"),
              ElementsAre(Pair("kind", "trained"), Pair("model", "ab cd"), Pair("student.trainer.betas.a", "1"),
                          Pair("student.trainer.steps", "3"), Pair("task.kind", "\"folds\"")));
}

TEST(TerminalTextTest, AlignsAndCuts) {
  EXPECT_EQ(Aligned({{"a", "1", "x"}, {"bé", "10", ""}}, {1}), "a    1  x\nbé  10\n");
  EXPECT_EQ(OneLine("a\nb\tc"), "a\\nb c");
  EXPECT_EQ(OneLine("abcdef", 3), "abc...");
  EXPECT_EQ(OneLine(std::string(1000000, 'x'), 4), "xxxx...");
  EXPECT_EQ(Facts({{"a", "1\n2"}, {"long", ""}}), "a     1\n      2\nlong\n");
  EXPECT_EQ(Bytes(999), "999 B");
  EXPECT_EQ(Bytes(195600), "196 kB");
  EXPECT_EQ(Bytes(1234567), "1.2 MB");
}

}  // namespace
}  // namespace retort::lab
