#include "teacher/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "tests/core/base/message_of.h"
#include "tests/teacher/collector_fixture.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST_F(CollectorTest, StoresThePoolInItsOrderWithAManifest) {
  const SampleSet set = Run(10);
  ASSERT_THAT(set.samples, SizeIs(10));
  const std::vector<Item> pool = RankedPool(*task_, config_, 0, {});
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(set.samples[i].id, pool[i].id);
  EXPECT_EQ(set.samples, set.Subset(10, 0).samples) << "the stored order is the order of the ranks";
  const Manifest manifest = ReadManifest();
  EXPECT_EQ(manifest.teacher.name, "fake");
  EXPECT_EQ(manifest.counts.at("asked"), 10);
  EXPECT_EQ(manifest.counts.at("stored"), 10);
  EXPECT_EQ(manifest.usage.completion_tokens, 50);
  EXPECT_EQ(manifest.samples_sha256, HashSamples(set.samples));
}

TEST_F(CollectorTest, AsksForNothingTwice) {
  Run(10);
  const std::string before = File();
  teacher_.asked.clear();
  EXPECT_THAT(Run(10).samples, SizeIs(10));
  EXPECT_THAT(teacher_.asked, SizeIs(0));
  EXPECT_EQ(File(), before);
  EXPECT_THAT(Run(17).samples, SizeIs(17));
  EXPECT_THAT(teacher_.asked, SizeIs(7));
  EXPECT_TRUE(File().starts_with(before)) << "a grown file begins with the smaller one, byte for byte";
  EXPECT_EQ(ReadManifest().counts.at("asked"), 17);
}

TEST_F(CollectorTest, GrowingInStepsGivesTheSameFileAsOneRun) {
  for (const int rows : {1, 4, 9, 23}) Run(rows);
  const std::string in_steps = File();
  fs::remove_all(dir_.path() / "c");
  Run(23);
  EXPECT_EQ(File(), in_steps);
}

TEST_F(CollectorTest, OrderOfRepliesDoesNotMatter) {
  Run(20);
  const std::string forwards = File();
  fs::remove_all(dir_.path() / "c");
  teacher_.backwards = true;
  Run(20);
  EXPECT_EQ(File(), forwards);
}

TEST_F(CollectorTest, AttemptsStayAdjacentAndCountAsRows) {
  config_.attempts = 3;
  const SampleSet set = Run(7);
  ASSERT_THAT(set.samples, SizeIs(7));
  EXPECT_EQ(set.samples[0].id, set.samples[2].id);
  EXPECT_NE(set.samples[2].id, set.samples[3].id);
  EXPECT_EQ(set.samples[6].attempt, 0);
  EXPECT_EQ(set.samples, set.Subset(7, 0).samples);
}

TEST_F(CollectorTest, GoesOnAfterACrashInTheMiddle) {
  teacher_.crash_after = 11;
  EXPECT_THROW(Run(20), std::runtime_error);
  teacher_.crash_after = -1;
  teacher_.asked.clear();
  EXPECT_THAT(Run(20).samples, SizeIs(20));
  EXPECT_THAT(teacher_.asked, SizeIs(9)) << "the eleven answers were kept";
  EXPECT_EQ(ReadManifest().counts.at("answered"), 20);
  EXPECT_EQ(ReadManifest().usage.prompt_tokens, 60);
}

// Killed at any byte of the journal: a second run asks for what is not whole, and ends with the same files.
TEST_F(CollectorTest, EndsWithTheSameBytesWhereverItWasKilled) {
  Run(10);
  const std::string whole = File(), journal = ReadFile(Journal());
  const Manifest manifest = ReadManifest();
  for (size_t cut = 0; cut < journal.size(); cut += 97) {
    fs::remove_all(dir_.path() / "c");
    fs::create_directories(dir_.path() / "c");
    std::ofstream(Journal()) << journal.substr(0, cut);
    size_t kept = 0;  // whole lines of answers
    for (size_t at = journal.find("\"answer\""); at != std::string::npos && journal.find('\n', at) < cut;
         at = journal.find("\"answer\"", at + 1)) {
      ++kept;
    }
    teacher_.asked.clear();
    Run(10);
    EXPECT_EQ(File(), whole) << cut;
    EXPECT_THAT(teacher_.asked, SizeIs(10 - kept));
    EXPECT_EQ(ReadManifest().samples_sha256, manifest.samples_sha256);
    EXPECT_EQ(ReadManifest().counts.at("answered"), 10);
    EXPECT_EQ(ReadManifest().usage, manifest.usage);
  }
}

// Killed between the writing of the rows and of the manifest.
TEST_F(CollectorTest, TakesRowsThatItsManifestDoesNotKnowYet) {
  Run(5);
  const std::string manifest = ReadFile(dir_.path() / "c" / "manifest.json");
  Run(10);
  const std::string whole = File();
  WriteFileAtomic(dir_.path() / "c" / "manifest.json", manifest);
  Run(10);
  EXPECT_EQ(File(), whole);
}

TEST_F(CollectorTest, RefusesAJournalThatChanged) {
  Run(5);
  std::string journal = ReadFile(Journal());
  journal.replace(journal.find("answer 0 to"), 8, "answer 9");
  std::ofstream(Journal(), std::ios::trunc) << journal;
  EXPECT_THROW(Run(5), Error);
}

// What the manifest vouches for was synced before it: another text there is no crash, and is not signed anew.
TEST_F(CollectorTest, RefusesRowsThatChanged) {
  Run(10);
  const std::string whole = File();
  std::string edited = whole;
  edited.replace(edited.find("answer 0"), 8, "answer 9");
  std::ofstream(dir_.path() / "c" / "samples.jsonl", std::ios::trunc) << edited;
  EXPECT_THROW(Run(10), Error);
  EXPECT_THROW(Run(12), Error);
  // A part of them is made whole again.
  for (const std::string& part : {whole.substr(0, whole.size() / 2), std::string()}) {
    std::ofstream(dir_.path() / "c" / "samples.jsonl", std::ios::trunc) << part;
    Run(10);
    EXPECT_EQ(File(), whole);
  }
}

TEST_F(CollectorTest, RefusesHeldOutPrompts) {
  std::vector<Item> pool = RankedPool(*task_, config_, 0, {});
  held_out_ = {pool[0], pool[3]};
  held_out_[0].id = "another id, the same prompt";
  const SampleSet set = Run(38);
  for (const Sample& sample : set.samples) {
    EXPECT_NE(Text(sample.prompt), Text(pool[0].prompt));
    EXPECT_NE(Text(sample.prompt), Text(pool[3].prompt));
  }
  EXPECT_EQ(ReadManifest().counts.at("dropped.held_out"), 2);
  EXPECT_THROW(Run(39), Error) << "no room for the two that were refused";
}

TEST_F(CollectorTest, WhatBecomesHeldOutIsHandedOutNoMore) {
  Run(10);
  held_out_ = {RankedPool(*task_, config_, 0, {})[4]};
  const SampleSet set = Run(10);
  ASSERT_THAT(set.samples, SizeIs(10));
  for (const Sample& sample : set.samples) EXPECT_NE(sample.id, held_out_[0].id);
}

TEST_F(CollectorTest, RefusesTheFolderOfAnotherTeacher) {
  Run(5);
  const std::string before = File();
  teacher_.name = "impostor";
  try {
    Run(10);
    FAIL() << "mixed two teachers";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("impostor"));
    EXPECT_THAT(error.what(), HasSubstr("manifest.json"));
  }
  EXPECT_EQ(File(), before);
}

TEST_F(CollectorTest, RefusesTheFolderOfOtherQuestionsOrSettings) {
  Run(5);
  const std::string before = File();
  task_ = MakeTask(TaskConfig(FoldsConfig{.target = "add10"}));
  EXPECT_THROW(Run(5), Error);
  task_ = MakeTask(TaskConfig(FoldsConfig{.target = "big"}));
  EXPECT_THROW(Run(5, 1), Error) << "another seed";
  config_.sampling.temperature = 0.7;
  EXPECT_THROW(Run(5), Error);
  EXPECT_EQ(File(), before);
}

TEST_F(CollectorTest, RefusesSamplesOfUnknownOrigin) {
  fs::create_directories(dir_.path() / "c");
  std::ofstream(dir_.path() / "c" / "samples.jsonl") << R"({"id":"x","prompt":"p","completion":"c"})"
                                                     << "\n";
  EXPECT_THROW(Run(5), Error);
}

TEST_F(CollectorTest, KeepsTheRestWhenSomeFailAndAsksAgainForThose) {
  const std::vector<Item> pool = RankedPool(*task_, config_, 0, {});
  teacher_.fails = {pool[2].id};
  teacher_.silent = {pool[5].id};
  try {
    Run(12);
    FAIL() << "kept quiet about a failure";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("2 of 12"));
    EXPECT_THAT(error.what(), HasSubstr("overloaded"));
  }
  EXPECT_EQ(ReadManifest().counts.at("stored"), 2) << "no row stands behind a gap";
  EXPECT_EQ(ReadManifest().counts.at("answered"), 10);
  EXPECT_EQ(ReadManifest().counts.at("failed"), 1);
  teacher_.fails.clear();
  teacher_.silent.clear();
  teacher_.asked.clear();
  const SampleSet set = Run(12);
  EXPECT_THAT(teacher_.asked, ElementsAre(pool[2].id, pool[5].id));
  const SampleSet ranked = set.Subset(12, 0);
  for (size_t i = 0; i < 12; ++i) EXPECT_EQ(ranked.samples[i].id, pool[i].id);
}

TEST_F(CollectorTest, SaysThatThePoolIsTooSmall) {
  EXPECT_THAT(MessageOf([&] { Run(41); }), HasSubstr("raise collect.pool_size or lower n"));
  EXPECT_THAT(MessageOf([&] { PlanCollection(Job(), 41); }), HasSubstr("raise collect.pool_size or lower n"));
  WriteFileAtomic(dir_.path() / "t.jsonl",
                  "{\"question\": \"a\", \"answer\": 1}\n{\"question\": \"b\", \"answer\": 2}\n");
  task_ = MakeTask(TaskConfig(JsonlConfig{.path = (dir_.path() / "t.jsonl").string(), .held_out_share = 0.5}));
  fs::remove_all(dir_.path() / "c");
  EXPECT_THAT(MessageOf([&] { Run(2); }), HasSubstr("the task has no more: lower n"));
  EXPECT_TRUE(teacher_.asked.empty());
}

TEST_F(CollectorTest, AsksForBareAnswersUnderTheSameIds) {
  const SampleSet worked = Run(3);
  config_.answer_only = true;
  fs::remove_all(dir_.path() / "c");
  const SampleSet bare = Run(3);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(bare.samples[i].id, worked.samples[i].id);
    EXPECT_TRUE(Text(bare.samples[i].prompt).ends_with("!"));
  }
}

TEST_F(CollectorTest, AsksInOtherWordsUnderTheSameIds) {
  const SampleSet usual = Run(3);
  config_.prompts = "reworded";
  EXPECT_THROW(Run(3), Error) << "another collection than the folder's";
  fs::remove_all(dir_.path() / "c");
  const SampleSet reworded = Run(3);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(reworded.samples[i].id, usual.samples[i].id);
    EXPECT_TRUE(Text(reworded.samples[i].prompt).ends_with(":"));
  }
  config_.answer_only = true;
  EXPECT_THROW(RankedPool(*task_, config_, 0, {}), Error);
}

TEST_F(CollectorTest, HashNamesWhatFixesTheAnswersAndNothingElse) {
  const std::string hash = CollectionHash(teacher_.card(), *task_, config_, 0);
  CollectConfig other = config_;
  other.chunk = 1;
  EXPECT_EQ(CollectionHash(teacher_.card(), *task_, other, 0), hash);
  other.sampling.temperature = 0.5;
  EXPECT_NE(CollectionHash(teacher_.card(), *task_, other, 0), hash);
  EXPECT_NE(CollectionHash(teacher_.card(), *task_, config_, 1), hash);
  const auto short_task = MakeTask(TaskConfig(FoldsConfig{.target = "big", .max_digits = 6}));
  EXPECT_NE(CollectionHash(teacher_.card(), *short_task, config_, 0), hash);
  teacher_.name = "another";
  EXPECT_NE(CollectionHash(teacher_.card(), *task_, config_, 0), hash);
}

}  // namespace
}  // namespace retort
