// Sample files: exact round trips, TRL's form, nested subsets, and what a bad file gets.
#include "core/data/sample_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/random.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Sample Plain(const std::string& id, int attempt = 0) {
  return {.id = id,
          .attempt = attempt,
          .prompt = {{"", "big 4729?"}},
          .completion = {{"", "477 727 798 A8"}},
          .finish_reason = "stop",
          .usage = {9, 15}};
}

Sample Chat() {
  Sample sample{.id = "q \"1\"\n",
                .attempt = 3,
                .prompt = {{"system", "Be brief."}, {"user", "Où? 😀"}},
                .completion = {{"assistant", ""}},
                .reasoning = "because\u2028",
                .finish_reason = "length",
                .usage = {int64_t{1} << 40, 0},
                .grade = Grade{.parsed = true, .score = 1.0 / 3, .step_accuracy = 0.1}};
  sample.logprobs = {{.bytes = std::string("\xf0\x9f\0", 3), .id = 7, .logprob = -0.1, .top = {}},
                     {.bytes = "",
                      .id = -1,
                      .logprob = -1e-300,
                      .top = {{.bytes = "\xff", .id = 0, .logprob = -2.5}, {.bytes = "a", .id = -1, .logprob = -9}}}};
  return sample;
}

Sample PlainPair() {
  Sample pair = Plain("pair");
  pair.rejected = {{"", "477 727 A7"}};
  return pair;
}

TEST(SampleJson, ExactRoundTrip) {
  Sample graded = Plain("x"), chat_pair = Chat();
  graded.grade = Grade{};
  chat_pair.rejected = {{"assistant", "No."}};
  for (const Sample& sample : {Plain("big/4729"), Chat(), graded, PlainPair(), chat_pair}) {
    const std::string line = ToJsonLine(sample);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_EQ(ParseSample(line, "f", 1), sample) << line;
    EXPECT_EQ(ToJsonLine(ParseSample(line, "f", 1)), line);
  }
}

TEST(SampleJson, TheFormThatTrlReads) {
  EXPECT_EQ(ToJsonLine(Plain("big/4729")),
            R"({"attempt":0,"completion":"477 727 798 A8","finish_reason":"stop","id":"big/4729","prompt":"big 4729?",)"
            R"("usage":{"completion_tokens":15,"prompt_tokens":9}})");
  const auto json = nlohmann::json::parse(ToJsonLine(Chat()));
  EXPECT_EQ(json["prompt"][0]["role"], "system");
  EXPECT_EQ(json["completion"][0]["content"], "");
  EXPECT_EQ(json["logprobs"][0]["bytes"], (nlohmann::json{240, 159, 0}));
  EXPECT_FALSE(json["logprobs"][1].contains("id"));
}

TEST(SampleJson, APairHasTrlsPreferenceKeys) {
  const auto json = nlohmann::json::parse(ToJsonLine(PlainPair()));
  EXPECT_EQ(json["chosen"], "477 727 798 A8");
  EXPECT_EQ(json["rejected"], "477 727 A7");
  EXPECT_FALSE(json.contains("completion"));
  EXPECT_NE(HashSamples({PlainPair()}), HashSamples({Plain("pair")}));
  Sample cut = PlainPair();
  cut.rejected_finish_reason = "length";
  EXPECT_EQ(nlohmann::json::parse(ToJsonLine(cut))["rejected_finish_reason"], "length");
  EXPECT_EQ(ParseSample(ToJsonLine(cut), "f", 1), cut);
  EXPECT_FALSE(json.contains("rejected_finish_reason")) << "files of whole answers keep their hash";

  const auto error = [](const std::string& line) { return MessageOf([&] { ParseSample(line, "f.jsonl", 3); }); };
  EXPECT_THAT(error(R"({"prompt": "p", "chosen": "c"})"), HasSubstr("rejected"));
  EXPECT_THAT(error(R"({"prompt": "p", "rejected": "r"})"), HasSubstr("chosen"));
  EXPECT_THAT(error(R"({"prompt": "p", "chosen": "c", "rejected": "r", "completion": "c"})"),
              HasSubstr("completion beside chosen and rejected"));
  EXPECT_THAT(error(R"({"prompt": "p", "chosen": "c", "rejected": [{"role": "assistant", "content": "r"}]})"),
              HasSubstr("strings"));
  EXPECT_THAT(error(R"({"prompt": "p", "chosen": "c", "rejected": []})"), HasSubstr("f.jsonl:3"));
  Sample mixed = PlainPair();
  mixed.rejected = {{"assistant", "r"}};
  EXPECT_THROW(ToJsonLine(mixed), Error);
}

TEST(SampleJson, ReadsFilesOfOthers) {
  const Sample sample = ParseSample(
      R"({"prompt": "a", "completion": "b", "source": {"any": [1]}, "reasoning": null, "grade": null})", "f.jsonl", 12);
  EXPECT_EQ(sample.id, "line-12");
  EXPECT_EQ(sample.attempt, 0);
  EXPECT_EQ(Text(sample.prompt), "a");
  EXPECT_FALSE(sample.grade);
}

TEST(SampleJson, BrokenUtf8IsReplacedNotLost) {
  Sample sample = Plain("x");
  sample.completion[0].content = "a\xff";
  EXPECT_EQ(ParseSample(ToJsonLine(sample), "f", 1).completion[0].content, "a\xEF\xBF\xBD");
}

TEST(SampleJson, ToolsAreRefused) {
  for (
      const char* line :
      {R"({"prompt": "a", "completion": "b", "tools": [{"name": "f"}]})",
       R"({"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b", "tool_calls": [{"name": "f"}]}]})"}) {
    EXPECT_THROW(ParseSample(line, "file", 1), Error) << line;
  }
  EXPECT_NO_THROW(ParseSample(R"({"prompt": "a", "completion": "b", "tools": []})", "file", 1));
}

TEST(SampleJson, MixedFormsAreRefused) {
  Sample sample = Plain("x");
  sample.completion = {{"assistant", "b"}};
  EXPECT_THAT(MessageOf([&] { ToJsonLine(sample); }), HasSubstr("sample \"x\" mixes"));
  sample.completion.clear();
  EXPECT_THAT(MessageOf([&] { ToJsonLine(sample); }), HasSubstr("sample \"x\""));
}

TEST(SampleJson, SaysFilePlaceAndMend) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"([1])", "s.jsonl:4: must be a JSON object, not array"},
      {R"({"prompt": "a", "answer": "b", "id": "c"})",
       "s.jsonl:4: the key \"completion\" is missing; there are: \"answer\" \"id\" \"prompt\""},
      {R"({})", "the key \"prompt\" is missing; there are no keys"},
      {R"({"prompt": 3, "completion": "b"})",
       "s.jsonl:4: key \"prompt\": must be a string or a list of messages, not 3"},
      {R"({"prompt": [], "completion": []})", "key \"prompt\": is an empty list"},
      {R"({"prompt": "a", "completion": [{"role": "assistant", "content": "b"}]})", "write both as strings"},
      {R"({"prompt": [{"role": "", "content": "a"}], "completion": "b"})", "key \"prompt[0]\", key \"role\": is empty"},
      {R"({"prompt": [{"role": "user"}], "completion": "b"})", "key \"prompt[0]\": the key \"content\" is missing"},
      {R"({"prompt": [{"role": "user", "content": [1]}], "completion": "b"})", "must be a string, not array"},
      {R"({"prompt": ["a"], "completion": ["b"]})", "key \"prompt[0]\": must be a JSON object, not string"},
      {R"({"prompt": "a", "completion": "b", "id": 3})", "key \"id\": must be a string, not 3"},
      {R"({"prompt": "a", "completion": "b", "attempt": -1})",
       "key \"attempt\": must be a whole number from 0, not -1"},
      {R"({"prompt": "a", "completion": "b", "attempt": 1.0})",
       "key \"attempt\": must be a whole number from 0, not 1.0"},
      {R"({"prompt": "a", "completion": "b", "attempt": 4294967296})", "must be a smaller whole number"},
      {R"({"prompt": "a", "completion": "b", "usage": {"prompt_tokens": 18446744073709551615}})", "whole number"},
      {R"({"prompt": "a", "completion": "b", "usage": [1]})", "key \"usage\": must be a JSON object"},
      {R"({"prompt": "a", "completion": "b", "grade": {"parsed": 1}})", "key \"parsed\": must be true or false, not 1"},
      {R"({"prompt": "a", "completion": "b", "grade": {"score": true}})",
       "key \"score\": must be a number, not boolean"},
      {R"({"prompt": "a", "completion": "b", "logprobs": {}})", "key \"logprobs\": must be a list of tokens"},
      {R"({"prompt": "a", "completion": "b", "logprobs": [{"bytes": [256], "logprob": 0}]})", "numbers 0 to 255"},
      {R"({"prompt": "a", "completion": "b", "logprobs": [{"bytes": [-1], "logprob": 0}]})", "numbers 0 to 255"},
      {R"({"prompt": "a", "completion": "b", "logprobs": [{"bytes": []}]})", "\"logprob\" is missing"},
      {R"({"prompt": "a", "completion": "b", "logprobs": [{"bytes": [], "logprob": 0, "top": [{}]}]})",
       "key \"logprobs[0]\", key \"top[0]\": the key \"bytes\" is missing"},
  };
  for (const auto& [line, expected] : cases) {
    EXPECT_THAT(MessageOf([&, text = line] { ParseSample(text, "s.jsonl", 4); }), HasSubstr(expected)) << line;
  }
}

TEST(ManifestJson, RoundTripAndDefaults) {
  Manifest manifest{.teacher = {.name = "folds-teacher",
                                .kind = "local",
                                .identity = "ab12",
                                .licence = "Apache-2.0",
                                .terms = "none",
                                .training_allowed = "yes",
                                .disclosure = "say so",
                                .reveals = "logits"},
                    .task = "[task]\nkind = \"folds\"\n",
                    .task_hash = "cd34",
                    .seed = ~uint64_t{0},
                    .sampling = "temperature = 0.0",
                    .counts = {{"asked", 10}, {"dropped.doubled", 2}},
                    .usage = {100, 200},
                    .dollars = 0.25,
                    .samples_sha256 = "ef56",
                    .version = "0.1.0",
                    .created_utc = "2026-01-31T12:34:56Z"};
  const std::string text = ToJson(manifest);
  const Manifest back = ParseManifest(text, "m");
  EXPECT_EQ(ToJson(back), text);
  EXPECT_EQ(back.seed, manifest.seed);
  EXPECT_EQ(back.counts, manifest.counts);
  EXPECT_EQ(back.teacher.disclosure, "say so");
  EXPECT_EQ(back.usage, manifest.usage);
  EXPECT_EQ(ParseManifest("{}", "m").teacher.training_allowed, "unknown");
  EXPECT_THAT(MessageOf([] { ParseManifest(R"({"counts": {"asked": "x"}})", "m.json"); }),
              HasSubstr("m.json: key \"counts\", key \"asked\": must be a whole number"));
  EXPECT_THAT(MessageOf([] { ParseManifest(R"({"teacher": "x"})", "m.json"); }), HasSubstr("key \"teacher\""));
}

TEST(SampleFiles, RoundTripBlankLinesAndErrors) {
  const TempDir dir;
  const auto path = dir.path() / "samples.jsonl";
  const std::vector<Sample> samples = {Plain("a"), Plain("b", 1), Chat()};
  WriteSamples(path, samples);
  EXPECT_EQ(ReadSamples(path), samples);
  EXPECT_EQ(HashSamples(samples), Sha256File(path));
  WriteFileAtomic(path, "\n" + ToJsonLine(Plain("a")) + "\r\n  \n" + ToJsonLine(Plain("b")));
  EXPECT_EQ(ReadSamples(path), (std::vector<Sample>{Plain("a"), Plain("b")}));
  WriteFileAtomic(path, "");
  EXPECT_TRUE(ReadSamples(path).empty());
  WriteFileAtomic(path, ToJsonLine(Plain("a")) + "\n{\"prompt\": \"x\n");
  EXPECT_THAT(MessageOf([&] { ReadSamples(path); }), HasSubstr("samples.jsonl:2: byte"));
  EXPECT_THAT(MessageOf([&] { ReadSamples(dir.path() / "none"); }), HasSubstr("cannot read"));
}

TEST(SampleFiles, AManifestMustFitItsSamples) {
  const TempDir dir;
  const auto path = dir.path() / "samples.jsonl";
  WriteSamples(path, {Plain("a")});
  EXPECT_EQ(ReadSampleSet(path).manifest.samples_sha256, Sha256File(path));  // no manifest
  Manifest manifest{.task = "folds"};
  WriteFileAtomic(dir.path() / "manifest.json", ToJson(manifest));  // one without a hash
  EXPECT_EQ(ReadSampleSet(path).manifest.task, "folds");
  manifest.samples_sha256 = Sha256File(path);
  WriteFileAtomic(dir.path() / "manifest.json", ToJson(manifest));
  EXPECT_EQ(ReadSampleSet(path).samples.size(), 1u);
  WriteSamples(path, {Plain("b")});
  EXPECT_THAT(MessageOf([&] { ReadSampleSet(path); }),
              testing::AllOf(HasSubstr("samples.jsonl: is not the file that"), HasSubstr("manifest.json"),
                             HasSubstr("collect again")));
}

SampleSet TenPromptsThreeAttempts() {
  SampleSet set;
  for (int attempt = 2; attempt >= 0; --attempt) {
    for (int i = 0; i < 10; ++i) set.samples.push_back(Plain("id" + std::to_string(i), attempt));
  }
  return set;
}

TEST(Subset, NestedForEverySizeAndSeed) {
  const SampleSet set = TenPromptsThreeAttempts();
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const auto all = set.Subset(30, seed).samples;
    for (int n = 0; n <= 30; ++n) {
      const SampleSet part = set.Subset(n, seed);
      EXPECT_TRUE(std::equal(part.samples.begin(), part.samples.end(), all.begin(), all.begin() + n));
      EXPECT_EQ(part.manifest.samples_sha256, HashSamples(part.samples));
    }
  }
}

TEST(Subset, RankedByHashWithAttemptsAdjacent) {
  const auto all = TenPromptsThreeAttempts().Subset(30, 7).samples;
  for (size_t i = 0; i < all.size(); i += 3) {
    for (size_t k = 0; k < 3; ++k) {
      EXPECT_EQ(all[i + k].id, all[i].id);
      EXPECT_EQ(all[i + k].attempt, static_cast<int>(k));
    }
    if (i > 0) {
      EXPECT_GT(StableHash(7, all[i].id), StableHash(7, all[i - 1].id));
    }
  }
}

TEST(Subset, DependsOnTheSeedNotOnTheOrderOfTheFile) {
  SampleSet set = TenPromptsThreeAttempts();
  const auto before = set.Subset(12, 1).samples;
  RandomStream(0, "order").Shuffle(set.samples);
  EXPECT_EQ(set.Subset(12, 1).samples, before);
  EXPECT_NE(set.Subset(12, 2).samples, before);
}

TEST(Subset, TooManyIsAnErrorThatSaysHowManyThereAre) {
  EXPECT_THAT(MessageOf([] { TenPromptsThreeAttempts().Subset(31, 0); }),
              HasSubstr("31 samples are asked for, but there are 30"));
  EXPECT_THROW(TenPromptsThreeAttempts().Subset(-1, 0), Error);
}

class HostileSamples : public ::testing::Test {
 protected:
  HostileSamples() { WriteSamples(path_, {Plain("big/4729"), Chat()}); }
  // Error or success; anything else ends the test program.
  bool Reads(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    try {
      for (const Sample& sample : ReadSamples(path_)) ToJsonLine(sample);
      return true;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("samples.jsonl:"));
      EXPECT_EQ(std::string_view(error.what()).find('\n'), std::string_view::npos) << error.what();
      return false;
    }
  }
  TempDir dir_;
  std::filesystem::path path_ = dir_.path() / "samples.jsonl";
};

TEST_F(HostileSamples, TruncationAtEveryLength) {
  const std::string whole = ReadFile(path_);
  ASSERT_LT(whole.size(), 4096u);
  int read = 0;
  for (size_t size = 0; size <= whole.size(); ++size) read += Reads(whole.substr(0, size));
  EXPECT_EQ(read, 5);  // nothing; one line, with and without its newline; two lines likewise
}

TEST_F(HostileSamples, ByteFlips) {
  const std::string whole = ReadFile(path_);
  RandomStream random(0, "flips");
  int refused = 0;
  for (int i = 0; i < 1500; ++i) {
    std::string bytes = whole;
    for (uint64_t k = 0; k <= random.Below(3); ++k)
      bytes[random.Below(bytes.size())] = static_cast<char>(random.Next());
    refused += !Reads(bytes);
  }
  EXPECT_GT(refused, 300);
}

TEST(Sample, ThoughtsStandBeforeTheAnswer) {
  Sample sample{.id = "a", .completion = {{"assistant", "42"}}, .reasoning = "six times seven"};
  sample.logprobs = {{.bytes = "42"}};
  const Sample whole = WithThinkTags(sample);
  EXPECT_EQ(Text(whole.completion), "<think>\nsix times seven\n</think>\n\n42");
  EXPECT_TRUE(whole.reasoning.empty());
  EXPECT_TRUE(whole.logprobs.empty());
  sample.reasoning.clear();
  EXPECT_EQ(WithThinkTags(sample), sample);
}

}  // namespace
}  // namespace retort
