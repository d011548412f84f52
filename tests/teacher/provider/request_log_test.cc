// The request log: what is written comes back, whatever stands in a field; what was cut or changed is named.
#include "teacher/provider/request_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/random.h"
#include "teacher/provider/pseudonyms.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

const Pseudonyms& Names() {
  static const Pseudonyms names("a secret of this test, 32 bytes.");
  return names;
}

RequestRecord Record(int i = 0) {
  const std::vector<Message> prompt = {{"user", "What is the capital of country " + std::to_string(i) + "?"}};
  return {.time_ms = 1'735'689'600'000 + i,
          .account = "acc-17",
          .key = "key-3",
          .tier = "phone",
          .payment = Names().Of("payment", "4242"),
          .address = Names().Of("address", "192.0.2.1"),
          .address_class = "home",
          .prompt = Names().OfPrompt(prompt),
          .prompt_tokens = 12,
          .completion_tokens = 34,
          .model = "folds-teacher",
          .endpoint = "/v1/chat/completions",
          .request_id = "req_0123456789abcdef01234567",
          .temperature = 0.7,
          .top_logprobs = 5,
          .choices = 2,
          .max_tokens = 256,
          .status = 200,
          .finish_reason = "stop",
          .actions = {"logprobs.cut", "reasoning.hidden"},
          .template_shape = Names().Of("template", TemplateShape(prompt)),
          .features = TextFeaturesOf(prompt)};
}

RequestLogHead Head() { return {.salt = Names().id(), .retention_days = 30}; }

TEST(RequestRecord, RoundTrip) {
  EXPECT_EQ(ParseRequestRecord(ToJsonLine(Record()), "log", 2), Record());
  EXPECT_EQ(ParseRequestRecord(ToJsonLine(RequestRecord{}), "log", 2), RequestRecord{});
}

TEST(RequestRecord, AnyFieldStaysOnOneLineOfAscii) {
  const std::string hostile = "a\r\nb\x1b[31m\xe2\x80\xa8\xc2\x85\"\\,{}\x7f\x01\xff end";
  for (std::string RequestRecord::*field :
       {&RequestRecord::account, &RequestRecord::key, &RequestRecord::tier, &RequestRecord::address_class,
        &RequestRecord::model, &RequestRecord::endpoint, &RequestRecord::finish_reason}) {
    RequestRecord record = Record();
    record.*field = hostile;
    record.actions = {hostile, hostile};
    const std::string line = ToJsonLine(record);
    for (const char c : line) EXPECT_TRUE(c >= 0x20 && static_cast<unsigned char>(c) <= 0x7f) << int{c};
    const RequestRecord back = ParseRequestRecord(line, "log", 2);
    std::string expected = hostile;
    expected.replace(expected.find('\xff'), 1, "\xef\xbf\xbd");  // broken UTF-8 is replaced
    EXPECT_EQ(back.*field, expected);
    EXPECT_EQ(back.actions[1], expected);
  }
}

TEST(RequestRecord, LongTextsAreCutBetweenCharacters) {
  RequestRecord record = Record();
  record.model.clear();
  for (int i = 0; i < 5000; ++i) record.model += "\xe2\x82\xac";
  record.actions.assign(1000, std::string(1000, 'x'));
  const std::string line = ToJsonLine(record);
  EXPECT_LT(line.size(), 10'000u);
  const RequestRecord back = ParseRequestRecord(line, "log", 2);
  EXPECT_EQ(back.model.size(), 198u);
  EXPECT_EQ(back.actions.size(), 20u);
}

TEST(RequestRecord, NumbersThatJsonHasNotAreRefused) {
  RequestRecord record = Record();
  record.features[3] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(ToJsonLine(record), Error);
  record = Record();
  record.temperature = std::numeric_limits<double>::infinity();
  EXPECT_THROW(ToJsonLine(record), Error);
}

TEST(RequestRecord, EveryCutAndEveryFlippedByteIsFound) {
  const std::string line = ToJsonLine(Record());
  for (size_t size = 0; size < line.size(); ++size) {
    EXPECT_THAT(MessageOf([&] { ParseRequestRecord(line.substr(0, size), "some.log", 7); }), HasSubstr("some.log:7"));
  }
  RandomStream random(0, "flip");
  for (size_t at = 0; at < line.size(); ++at) {
    std::string changed = line;
    changed[at] = static_cast<char>(changed[at] ^ static_cast<char>(1U << random.Below(8)));
    EXPECT_THAT(MessageOf([&] { ParseRequestRecord(changed, "some.log", 7); }), HasSubstr("some.log:7")) << changed;
  }
}

// A line with a right sum and wrong content: whoever wrote it was not this program.
std::string SignedLine(const std::string& text) {
  return "{\"record\":" + text + R"(,"sum":")" + [&] {
    std::string hex(16, '0');
    uint64_t hash = StableHash(kRequestLogVersion, text);
    for (int i = 15; i >= 0; --i, hash >>= 4) hex[static_cast<size_t>(i)] = "0123456789abcdef"[hash & 15];
    return hex;
  }() + "\"}";
}

std::string Signed(const std::string& from, const std::string& to) {
  std::string text = ToJsonLine(Record());
  text = text.substr(10, text.size() - 10 - 26);
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return SignedLine(text.replace(at, from.size(), to));
}

TEST(RequestRecord, WrongTypesAndRangesAreNamed) {
  EXPECT_EQ(ParseRequestRecord(Signed("\"choices\":2", "\"choices\":3"), "log", 1).choices, 3) << "the signing works";
  for (const auto& change :
       std::vector<std::pair<std::string, std::string>>{{"\"status\":200", R"("status":"200")"},
                                                        {"\"status\":200", "\"status\":20"},
                                                        {"\"status\":200", "\"status\":2000"},
                                                        {"\"status\":200,", ""},
                                                        {"\"choices\":2", "\"choices\":-2"},
                                                        {"\"choices\":2", "\"choices\":2.5"},
                                                        {"\"choices\":2", "\"choices\":99999999999999999999"},
                                                        {"\"max_tokens\":256", "\"max_tokens\":true"},
                                                        {"\"temperature\":0.7", "\"temperature\":-0.7"},
                                                        {"\"temperature\":0.7", "\"temperature\":1e999"},
                                                        {"\"time_ms\":", "\"time_ms\":-"},
                                                        {R"("account":"acc-17")", "\"account\":17"},
                                                        {R"("account":"acc-17")", R"("account":["acc-17"])"},
                                                        {R"("actions":["logprobs.cut")", "\"actions\":[5"},
                                                        {"\"features\":[", "\"features\":[1,"},
                                                        {"\"features\":[", R"("features":["x",)"},
                                                        {"\"choices\":2", R"("choices":2,"choices":2)"},
                                                        {R"("prompt":")", R"("prompt":"0)"},
                                                        {R"("address":")", R"("address":"x)"},
                                                        {"\"choices\":2", "\"choices\":[[[[[2]]]]]"}}) {
    const std::string line = Signed(change.first, change.second);
    EXPECT_THAT(MessageOf([&] { ParseRequestRecord(line, "some.log", 9); }), HasSubstr("some.log:9"))
        << change.first << " -> " << change.second;
  }
}

class RequestLogTest : public ::testing::Test {
 protected:
  std::vector<RequestRecord> Read() {
    std::vector<RequestRecord> records;
    head_ = ForEachRequest(file_, [&](const RequestRecord& record) {
      records.push_back(record);
      return true;
    });
    return records;
  }
  void Write(const std::string& text) { std::ofstream(file_, std::ios::binary) << text; }

  TempDir dir_;
  std::filesystem::path file_ = dir_.path() / "requests.jsonl";
  RequestLogHead head_;
};

TEST_F(RequestLogTest, AppendsAcrossOpenings) {
  for (int i = 0; i < 3; ++i) {
    RequestLog log(file_, Head());
    log.Append(Record(2 * i));
    log.Append(Record(2 * i + 1));
    log.Sync();
  }
  const auto records = Read();
  ASSERT_EQ(records.size(), 6u);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(records[static_cast<size_t>(i)], Record(i));
  EXPECT_EQ(head_, Head());
}

TEST_F(RequestLogTest, ALineThatACrashCutIsGoneAndTheRestStays) {
  { RequestLog(file_, Head()).Append(Record(0)); }
  const std::string whole = ReadFile(file_), line = ToJsonLine(Record(1));
  for (const size_t size : {size_t{1}, line.size() / 2, line.size()}) {
    Write(whole + line.substr(0, size));
    { RequestLog(file_, Head()).Append(Record(2)); }
    const auto records = Read();
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[1], Record(2));
  }
}

TEST_F(RequestLogTest, AnotherSaltRetentionOrVersionIsRefused) {
  { RequestLog(file_, Head()).Append(Record(0)); }
  EXPECT_THAT(MessageOf([&] { RequestLog(file_, {.salt = "another", .retention_days = 30}); }), HasSubstr("salt"));
  EXPECT_THAT(MessageOf([&] { RequestLog(file_, {.salt = Names().id(), .retention_days = 31}); }),
              HasSubstr("retention"));
  std::string text = ReadFile(file_);
  text.replace(text.find("retort_request_log\":1"), 21, "retort_request_log\":2");
  Write(text);
  EXPECT_THAT(MessageOf([&] { Read(); }), HasSubstr("version 2"));
}

TEST_F(RequestLogTest, WhatIsNoLogIsNamed) {
  for (const char* text :
       {"", "\n", "{}\n", "[]\n", "null\n", "{\"retort_request_log\":\"1\"}\n", "{\"retort_request_log\":1}\n", "PNG\n",
        "{\"features\":[],\"retention_days\":30,\"retort_request_log\":1,\"salt\":\"x\"}\n"}) {
    Write(text);
    EXPECT_THAT(MessageOf([&] { Read(); }), HasSubstr("requests.jsonl")) << text;
  }
  Write(std::string(100'000, '{'));
  EXPECT_THAT(MessageOf([&] { Read(); }), HasSubstr("requests.jsonl"));
  EXPECT_THAT(MessageOf([&] { ForEachRequest(dir_.path() / "none", [](const auto&) { return true; }); }),
              HasSubstr("none"));
}

TEST_F(RequestLogTest, OldRecordsGo) {
  const int64_t day = 86'400'000;
  {
    RequestLog log(file_, Head());
    for (int i = 0; i < 40; ++i) {
      RequestRecord record = Record(i);
      record.time_ms = i * day;
      log.Append(record);
    }
  }
  EXPECT_EQ(DropExpired(file_, 45 * day), 25);
  const auto records = Read();
  ASSERT_EQ(records.size(), 25u);
  EXPECT_EQ(records.front().time_ms, 15 * day);
  RequestLog(file_, Head()).Append(Record(0));
  EXPECT_EQ(Read().size(), 26u) << "it is a log as before";
}

TEST_F(RequestLogTest, WholeFilesGoWhenTheirNewestRecordIsOld) {
  const auto old = dir_.path() / "old.jsonl", other = dir_.path() / "notes.jsonl";
  for (const auto& file : {file_, old}) RequestLog(file, Head()).Append(Record(0));
  std::ofstream(other) << "no log\n";
  const auto now = std::filesystem::file_time_type::clock::now();
  std::filesystem::last_write_time(old, now - std::chrono::hours(24 * 31));
  std::filesystem::last_write_time(other, now - std::chrono::hours(24 * 31));
  std::filesystem::last_write_time(file_, now - std::chrono::hours(24 * 29));
  const auto utc = std::chrono::system_clock::now().time_since_epoch();
  EXPECT_EQ(RemoveExpiredLogs(dir_.path(), std::chrono::duration_cast<std::chrono::milliseconds>(utc).count()), 1);
  EXPECT_FALSE(std::filesystem::exists(old));
  EXPECT_TRUE(std::filesystem::exists(file_));
  EXPECT_TRUE(std::filesystem::exists(other)) << "what is no log is not ours";
}

// Seeded mutations: the reader reads or names the line, and nothing else happens (sanitizers watch).
TEST_F(RequestLogTest, NoMutationDoesMoreThanBeNamed) {
  {
    RequestLog log(file_, Head());
    for (int i = 0; i < 4; ++i) log.Append(Record(i));
  }
  const std::string whole = ReadFile(file_);
  const std::vector<std::string> bits = {"{",
                                         "}",
                                         "[",
                                         "]",
                                         "\"",
                                         ",",
                                         ":",
                                         "\\u",
                                         "null",
                                         "1e999",
                                         "-",
                                         "NaN",
                                         "\n",
                                         "\r\n",
                                         std::string(1, '\0'),
                                         "\xff",
                                         "\xe2\x80\xa8",
                                         std::string(5000, '['),
                                         R"("sum":")"};
  RandomStream random(7, "log fuzz");
  int read = 0, named = 0;
  for (int round = 0; round < 300; ++round) {
    std::string text = whole;
    for (uint64_t edits = 1 + random.Below(3); edits > 0 && !text.empty(); --edits) {
      const auto at = static_cast<size_t>(random.Below(text.size()));
      const auto length = std::min<size_t>(text.size() - at, random.Below(40));
      switch (random.Below(4)) {
        case 0:
          text[at] = static_cast<char>(random.Below(256));
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(at, bits[random.Below(bits.size())]);
          break;
        default:
          text.insert(random.Below(text.size()), text.substr(at, length));
      }
    }
    Write(text);
    try {
      const size_t records = Read().size();
      EXPECT_LE(records, 8u);
      ++read;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("requests.jsonl"));
      ++named;
    }
  }
  EXPECT_GT(named, 200);
  EXPECT_GT(read, 0) << "a last line that is cut off whole is none";
  // And of lines whose sum was made anew, as who may write the file could.
  const size_t begin = whole.find("{\"record\":") + 10, end = whole.find(",\"sum\"");
  for (int round = 0; round < 10'000; ++round) {
    std::string record = whole.substr(begin, end - begin);
    record.replace(random.Below(record.size()), random.Below(9), bits[random.Below(bits.size())]);
    try {
      ParseRequestRecord(SignedLine(record), "some.log", 2);
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("some.log:2"));
    }
  }
}

}  // namespace
}  // namespace retort
