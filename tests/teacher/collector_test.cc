#include "teacher/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "core/base/error.h"
#include "core/base/files.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Answers with the prompt's own text; counts what it is asked.
class FakeTeacher : public Teacher {
 public:
  std::string name = "fake";
  std::set<std::string> fails;    // ids that get an error
  std::set<std::string> refuses;  // ids that get an error each time
  std::set<std::string> silent;   // ids that get no reply
  bool backwards = false;
  int crash_after = -1;  // throws after so many answers
  std::vector<std::string> asked;

  Card card() const override { return {.name = name, .kind = "fake", .identity = "identity of " + name}; }
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    std::vector<Request> order(requests.begin(), requests.end());
    if (backwards) std::reverse(order.begin(), order.end());
    for (const Request& request : order) {
      asked.push_back(request.id);
      if (crash_after == 0) throw std::runtime_error("crash");
      --crash_after;
      if (silent.contains(request.id)) continue;
      Reply reply{.id = request.id, .attempt = request.attempt};
      if (fails.contains(request.id)) {
        reply.error = "overloaded";
      } else if (refuses.contains(request.id)) {
        reply.error = "not that";
        reply.refused = true;
      } else {
        reply.completion = {{"", "answer " + std::to_string(request.attempt) + " to " + Text(request.prompt)}};
        reply.finish_reason = "stop";
      }
      reply.usage = {.prompt_tokens = 3, .completion_tokens = 5};
      if (!on_reply(std::move(reply))) return;
    }
  }
};

class CollectorTest : public ::testing::Test {
 protected:
  SampleSet Run(int rows, uint64_t seed = 0) {
    return Collect({.teacher = teacher_,
                    .task = *task_,
                    .grader = grader_.get(),
                    .config = config_,
                    .seed = seed,
                    .held_out = held_out_,
                    .folder = dir_.path() / "c"},
                   rows);
  }
  fs::path Journal() const { return dir_.path() / "c" / "journal.jsonl"; }
  std::string File() const { return ReadFile(dir_.path() / "c" / "samples.jsonl"); }
  Manifest ReadManifest() const { return ParseManifest(ReadFile(dir_.path() / "c" / "manifest.json"), "manifest"); }

  TempDir dir_;
  FakeTeacher teacher_;
  std::unique_ptr<Task> task_ = MakeTask(TaskConfig(FoldsConfig{.target = "big"}));
  std::unique_ptr<Grader> grader_ = MakeFoldsGrader();
  CollectConfig config_{.pool_size = 40, .chunk = 8};
  std::vector<Item> held_out_;
};

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
  try {
    Run(41);
    FAIL() << "gave more rows than prompts";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("pool_size"));
  }
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

// A teacher with a ledger: each request costs what it was asked to write at most.
class PaidTeacher : public FakeTeacher {
 public:
  bool UseLedger(Ledger* ledger) override {
    ledger_ = ledger;
    return true;
  }
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (const Request& request : requests) {
      if (!ledger_->Open(next_, {.prompt_tokens = 30, .completion_tokens = 70})) {
        if (!on_reply({.id = request.id, .attempt = request.attempt, .error = "the budget is spent"})) return;
        continue;
      }
      if (killed_while_waiting) throw std::runtime_error("kill");
      FakeTeacher::Ask({&request, 1}, on_reply);
      ledger_->Close(next_++, {.prompt_tokens = 3, .completion_tokens = 5});
    }
  }
  bool killed_while_waiting = false;

 private:
  Ledger* ledger_ = nullptr;
  int64_t next_ = 0;
};

class PaidCollectorTest : public CollectorTest {
 protected:
  void Run(int rows) {
    Collect({.teacher = paid_, .task = *task_, .config = config_, .held_out = held_out_, .folder = dir_.path() / "c"},
            rows);
  }
  PaidTeacher paid_;
};

TEST_F(PaidCollectorTest, ChargesWhatTheRepliesCost) {
  config_.prices = {.input = 1e6, .output = 2e6, .source = "a test", .date = "today"};
  Run(4);
  EXPECT_EQ(ReadManifest().usage, (Usage{.prompt_tokens = 12, .completion_tokens = 20}));
  EXPECT_DOUBLE_EQ(ReadManifest().dollars, 12 + 40);
  EXPECT_EQ(ReadManifest().counts.at("sent"), 4);
}

TEST_F(PaidCollectorTest, ARequestThatAKillLeftOpenIsChargedAtItsMostAndAskedAgainOnce) {
  Run(3);
  paid_.killed_while_waiting = true;
  EXPECT_THROW(Run(5), std::runtime_error);
  paid_ = PaidTeacher();
  Run(5);
  EXPECT_THAT(paid_.asked, SizeIs(2));
  EXPECT_EQ(ReadManifest().counts.at("unanswered_when_killed"), 1);
  EXPECT_EQ(ReadManifest().counts.at("sent"), 6);
  EXPECT_EQ(ReadManifest().usage, (Usage{.prompt_tokens = 5 * 3 + 30, .completion_tokens = 5 * 5 + 70}));
  paid_.asked.clear();
  Run(5);
  EXPECT_THAT(paid_.asked, SizeIs(0));
  EXPECT_EQ(ReadManifest().counts.at("sent"), 6) << "a finished collection asks no more";
}

TEST_F(PaidCollectorTest, TheBudgetIsNeverOverrunAlsoNotByFurtherRuns) {
  const auto failed = [&](int rows) {
    try {
      Run(rows);
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("the budget is spent"));
      return true;
    }
    return false;
  };
  config_.budget.requests = 3;
  EXPECT_TRUE(failed(5));
  EXPECT_EQ(ReadManifest().counts.at("sent"), 3);
  EXPECT_TRUE(failed(5));
  EXPECT_EQ(ReadManifest().counts.at("sent"), 3);
  config_.budget = {.tokens = 3 * 8 + 100 + 8};  // room for two at their worst, one after the other
  EXPECT_TRUE(failed(6));
  EXPECT_EQ(ReadManifest().counts.at("sent"), 5);
  config_.prices = {.output = 1e6};
  config_.budget = {.dollars = 5 * 5 + 69};
  EXPECT_TRUE(failed(6));
  EXPECT_EQ(ReadManifest().counts.at("sent"), 5);
  config_.budget.dollars += 1;
  EXPECT_FALSE(failed(6));
}

TEST_F(PaidCollectorTest, ADollarBudgetNeedsAPrice) {
  config_.budget.dollars = 1;
  EXPECT_THROW(Run(1), Error);
}

TEST_F(CollectorTest, WhatTheTeacherRefusesIsLeftOutAndNotAskedAgain) {
  const std::vector<Item> pool = RankedPool(*task_, config_, 0, {});
  teacher_.refuses = {pool[1].id, pool[7].id};
  const SampleSet set = Run(10);
  ASSERT_THAT(set.samples, SizeIs(10));
  EXPECT_EQ(set.samples[1].id, pool[2].id);
  EXPECT_EQ(set.samples[9].id, pool[11].id);
  EXPECT_EQ(ReadManifest().counts.at("dropped.refused"), 2);
  teacher_.asked.clear();
  EXPECT_EQ(Run(10).samples, set.samples);
  EXPECT_THAT(teacher_.asked, SizeIs(0));
}

TEST_F(CollectorTest, FiltersRunBeforeRowsAreCounted) {
  config_.filter.filters = {"grade"};  // the fake teacher is never right
  try {
    Run(4);
    FAIL() << "kept wrong answers";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("40 by grade"));
  }
  config_.filter.min_score = 0;
  teacher_.asked.clear();
  const SampleSet set = Run(4);
  ASSERT_THAT(set.samples, SizeIs(4));
  EXPECT_THAT(teacher_.asked, SizeIs(0)) << "other filters, the same answers";
  EXPECT_TRUE(set.samples[0].grade.has_value());
}

TEST_F(CollectorTest, FilteredFilesGrowToo) {
  config_.filter.filters = {"length", "best_of"};
  config_.attempts = 3;
  for (const int rows : {1, 4, 9}) Run(rows);
  const std::string in_steps = File();
  EXPECT_THAT(ReadManifest().counts, testing::Contains(testing::Pair("dropped.best_of", 18)));
  fs::remove_all(dir_.path() / "c");
  Run(9);
  EXPECT_EQ(File(), in_steps);
}

// Writes "question 0", "question 1", ... where it is asked for a new one, some of them twice.
class WritingTeacher : public FakeTeacher {
 public:
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (const Request& request : requests) {
      asked.push_back(request.id);
      Reply reply{.id = request.id, .attempt = request.attempt};
      const bool writes = Text(request.prompt).find("New question:") != std::string::npos;
      const int number = writes ? std::stoi(request.id.substr(request.id.find('-') + 1)) : 0;
      reply.completion = {{"", writes ? "New question: how many is " + std::to_string(number / 2 * 7) + " and one?"
                                      : "answer to " + Text(request.prompt)}};
      reply.finish_reason = "stop";
      if (!on_reply(std::move(reply))) return;
    }
  }
};

TEST_F(CollectorTest, TheTeacherWritesThePrompts) {
  WritingTeacher writer;
  config_.prompts = "teacher";
  config_.pool_size = 20;
  config_.written.filter.filters = {"length", "exact_duplicate"};
  const auto run = [&](int rows) {
    return Collect(
        {.teacher = writer, .task = *task_, .config = config_, .held_out = held_out_, .folder = dir_.path() / "c"},
        rows);
  };
  const SampleSet set = run(6);
  ASSERT_THAT(set.samples, SizeIs(6));
  std::set<std::string> prompts;
  for (const Sample& sample : set.samples) prompts.insert(Text(sample.prompt));
  EXPECT_THAT(prompts, SizeIs(6)) << "a question was asked twice";
  EXPECT_THAT(prompts, testing::Each(HasSubstr("how many is")));
  EXPECT_GT(ReadManifest().counts.at("written.asked"), 5);
  const std::string first = File();
  run(10);
  EXPECT_TRUE(File().starts_with(first));
  writer.asked.clear();
  run(10);
  EXPECT_THAT(writer.asked, SizeIs(0));
  EXPECT_THROW(run(11), Error) << "twenty numbers give ten questions";
}

TEST_F(CollectorTest, APlanAsksForNothing) {
  const auto plan = [&](int rows) {
    return PlanCollection(
        {.teacher = teacher_, .task = *task_, .config = config_, .held_out = held_out_, .folder = dir_.path() / "c"},
        rows);
  };
  EXPECT_EQ(plan(12).requests, 12);
  EXPECT_FALSE(fs::exists(dir_.path() / "c"));
  Run(5);
  teacher_.asked.clear();
  EXPECT_EQ(plan(12).requests, 7);
  EXPECT_EQ(plan(12).answered, 5);
  EXPECT_GE(plan(12).most.prompt_tokens, plan(12).likely.prompt_tokens);
  EXPECT_THAT(teacher_.asked, SizeIs(0));
}

TEST_F(CollectorTest, TermsThatForbidItStopItUnlessTheyAreAcknowledged) {
  config_.card.training_allowed = "no";
  EXPECT_THROW(Run(1), Error);
  EXPECT_THAT(teacher_.asked, SizeIs(0));
  config_.acknowledge_terms = "somebody else";
  EXPECT_THROW(Run(1), Error);
  config_.acknowledge_terms = "fake";
  Run(1);
  EXPECT_EQ(ReadManifest().teacher.training_allowed, "no");
}

TEST(OracleTeacherTest, GivesTheReferenceSolutions) {
  const auto task = MakeTask(TaskConfig(FoldsConfig{.target = "big"}));
  const auto oracle = MakeOracleTeacher(*task);
  const TempDir dir;
  const CollectConfig config{.pool_size = 10};
  const SampleSet set =
      Collect({.teacher = *oracle, .task = *task, .config = config, .held_out = {}, .folder = dir.path()}, 10);
  for (const Item& item : RankedPool(*task, {.pool_size = 10}, 0, {})) {
    const auto sample = std::find_if(set.samples.begin(), set.samples.end(), [&](auto& s) { return s.id == item.id; });
    ASSERT_NE(sample, set.samples.end());
    EXPECT_EQ(Text(sample->completion), task->Reference(item));
  }
  EXPECT_EQ(oracle->card().kind, "oracle");
  EXPECT_EQ(oracle->scorer(), nullptr);
}

TEST(LocalTeacherTest, AMissingModelIsAnErrorAtOnce) {
  const auto task = MakeTask(TaskConfig(FoldsConfig{.target = "big"}));
  EXPECT_THROW(MakeLocalTeacher({.model = "no/such/model"}, "/nowhere"), Error);
}

}  // namespace
}  // namespace retort
