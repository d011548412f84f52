// Bodies, requests and clients that mean no good, against the whole server.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/base/clock.h"
#include "core/base/random.h"
#include "teacher/provider/server/service.h"
#include "teacher/provider/server/wire_request.h"
#include "tests/teacher/provider/server/raw_client.h"

namespace retort {
namespace {

using Json = nlohmann::json;

const std::string kGood =
    R"({"model":"folds-scholar","messages":[{"role":"user","content":"big 47?"}],"max_tokens":8})";
const std::string kText =
    R"({"model":"folds-scholar","prompt":["big 47?",[5,6,7]],"n":2,"stop":["x","y"],"seed":-5,"logprobs":3,"echo":true,)"
    R"("stream":true,"stream_options":{"include_usage":true},"temperature":0.5,"top_p":0.9,"logit_bias":{"5":1},)"
    R"("best_of":null,"max_tokens":3,"user":"\u00e9\ud83d\ude00"})";

std::unique_ptr<Service> Open() {
  ServeConfig config;
  config.teacher = LocalTeacherConfig{.model = "models/folds-scholar"};
  config.port = 0;
  config.threads = 1;
  return std::make_unique<Service>(config, RETORT_SOURCE_DIR "/configs");
}

// How often a loop over random input runs: RETORT_FUZZ times the default.
int Rounds(int standard) {
  const char* times = std::getenv("RETORT_FUZZ");  // NOLINT(concurrency-mt-unsafe): nobody sets it here
  return standard * (times == nullptr ? 1 : std::max(1, std::atoi(times)));
}

std::string Mutated(std::string text, RandomStream& random) {
  static const std::vector<std::string> kPieces = {"{",
                                                   "}",
                                                   "[",
                                                   "]",
                                                   "\"",
                                                   ",",
                                                   ":",
                                                   "\\",
                                                   "null",
                                                   "true",
                                                   "-1",
                                                   "1e999",
                                                   "0",
                                                   "NaN",
                                                   std::string(1, '\0'),
                                                   "\xff",
                                                   "é",
                                                   "\\ud8",
                                                   "\\u0000",
                                                   R"("n":)",
                                                   R"("stop":)",
                                                   "[[[[[[",
                                                   R"({"a":{"a":)",
                                                   " ",
                                                   "\r\n",
                                                   "\n",
                                                   "\t",
                                                   "1.",
                                                   "9223372036854775808",
                                                   R"("prompt":)",
                                                   R"("messages":)",
                                                   "chunked",
                                                   "100-continue"};
  for (uint64_t edits = 1 + random.Below(4); edits > 0; --edits) {
    const size_t at = random.Below(text.size() + 1), length = random.Below(12);
    switch (random.Below(4)) {
      case 0:
        text.insert(at, kPieces[random.Below(kPieces.size())]);
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(random.Below(text.size() + 1), length));
        break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(random.Below(256));
    }
  }
  return text;
}

TEST(Hostile, ABodyThatIsNoJsonEndsTheConnection) {
  const auto service = Open();
  std::string deep(100000, '[');
  const std::vector<std::string> bodies = {
      "",
      "{",
      "not json",
      kGood + "x",
      kGood + kGood,
      deep,
      "{\"model\":" + deep,
      std::string(100000, '{'),
      R"({"a":)" + std::string(50000, '[') + std::string(50000, ']') + "}",
      R"({"temperature":NaN})",
      R"({"temperature":Infinity})",
      R"({"temperature":1e999})",
      R"({"temperature":-1e999})",
      R"({"model":"a","model":"b"})",
      R"({"model":"folds-scholar","messages":[{"role":"user","content":"a","content":"b"}]})",
      R"({"model":"\ud800"})",
      R"({"model":"\udc00\ud800"})",
      R"({"model":"\ud83dx"})",
      "{\"model\":\"\xff\xfe\"}",
      "{\"model\":\"\xed\xa0\x80\"}",
      "{\"model\":\"\xc0\xaf\"}",
      std::string("{\"model\":\"a\0b\"}", 15),
      "{\"model\":\"a\nb\"}",
      "{'model':'a'}",
      "{\"model\":01}",
  };
  for (const std::string& body : bodies) {
    for (const char* path : {"/v1/chat/completions", "/v1/completions"}) {
      RawClient client(service->port());
      client.Send(PostBytes(path, body));
      const SeenReply reply = client.Read();
      EXPECT_EQ(reply.status, 400) << body.substr(0, 80);
      if (reply.status == 0) continue;
      EXPECT_EQ(reply.headers.at("connection"), "close");
      EXPECT_TRUE(reply.json()["error"]["message"].is_string());
      EXPECT_LT(reply.body.size(), 1000u);
      EXPECT_TRUE(client.Closed()) << body.substr(0, 80);
    }
  }
  EXPECT_EQ(PostText(service->port(), "/v1/chat/completions", kGood).status, 200);
}

TEST(Hostile, TextComesBackAsTextWhateverItHolds) {
  const auto service = Open();
  const std::string nasty = "\r\n\x1b[31m\u2028=cmd()<script>" + std::string(1, '\0') + "\x7f😀" + R"("}]})";
  const Json body = {
      {"model", "folds-scholar"}, {"prompt", nasty}, {"echo", true}, {"max_tokens", 2}, {"stream", true}};
  std::string text;
  for (const Json& event : Post(service->port(), "/v1/completions", body).events()) text += event["choices"][0]["text"];
  EXPECT_TRUE(text.starts_with(nasty));
}

// Two hundred that connect and say nothing, or begin and never end, while the model is busy.
TEST(Hostile, StalledClientsKeepNobodyWaiting) {
  const auto service = Open();
  std::vector<std::unique_ptr<RawClient>> stalled;
  const std::vector<std::string> beginnings = {
      "", "POST /v1/completions HTTP/1.1\r\nHost: loc",
      "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
      "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"};
  for (int i = 0; i < 200; ++i) {
    stalled.push_back(std::make_unique<RawClient>(service->port()));
    stalled.back()->Send(beginnings[static_cast<size_t>(i) % beginnings.size()]);
  }
  Json busy = Json::parse(kGood);
  busy.update({{"n", 64}, {"max_tokens", 240}, {"ignore_eos", true}});
  for (int i = 0; i < 4; ++i) {
    stalled.push_back(std::make_unique<RawClient>(service->port()));
    stalled.back()->Send(PostBytes("/v1/chat/completions", busy.dump()));
  }
  for (int i = 0; i < 5; ++i) {
    const double start = MonotonicSeconds();
    EXPECT_EQ(Get(service->port(), "/health").status, 200);
    EXPECT_LT(MonotonicSeconds() - start, 1);
  }
}

TEST(Hostile, MutatedBodiesAreReadOrRefused) {
  RandomStream random(0, "fuzz bodies");
  int read = 0, refused = 0;
  for (int i = 0; i < Rounds(20000); ++i) {
    const bool chat = i % 2 == 0;
    const std::string body = Mutated(chat ? kGood : kText, random);
    try {
      const WireRequest request = ParseWireRequest(body, chat, {});
      EXPECT_GE(request.n, 1);
      EXPECT_FALSE(request.prompts.empty());
      EXPECT_LE(request.prompts.size() * static_cast<size_t>(request.n), 128u);
      EXPECT_LE(request.sampling.top_logprobs, 20);
      ++read;
    } catch (const WireError& error) {
      EXPECT_EQ(error.status, 400);
      EXPECT_LT(error.message.size(), 500u);
      ++refused;
    }
  }
  EXPECT_GT(read, Rounds(200));
  EXPECT_GT(refused, Rounds(5000));
}

TEST(Hostile, MutatedRequestsLeaveTheServerWell) {
  const auto service = Open();
  RandomStream random(0, "fuzz requests");
  const std::vector<std::string> seeds = {
      PostBytes("/v1/chat/completions", kGood), PostBytes("/v1/completions", kText),
      "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: "
      "chunked\r\n\r\n5\r\n{\"mod\r\n1;a=b\r\ne\r\n0\r\nT: v\r\n\r\n",
      "GET /v1/models?a=b HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\nGET /health HTTP/1.0\r\n\r\n"};
  for (int i = 0; i < Rounds(1500); ++i) {
    RawClient client(service->port());
    client.Send(Mutated(seeds[random.Below(seeds.size())], random));
    if (random.Below(8) == 0) client.ReadBytes(1, 0.002);
    if (random.Below(8) == 0) client.Reset();
  }
  EXPECT_EQ(Get(service->port(), "/health").status, 200);
  EXPECT_EQ(PostText(service->port(), "/v1/chat/completions", kGood).status, 200);
}

}  // namespace
}  // namespace retort
