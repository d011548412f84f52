// Replies that lie or attack: whatever they hold, each request gets one reply, true or with an error, in bounded time
// and memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <functional>

#include "teacher/api_teacher.h"
#include "tests/teacher/api_fixture.h"

namespace retort {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kRight = ReplyBody({{.text = "right"}}, {3, 4});

// ---- bodies that are no whole reply ----

TEST(HostileServer, NoPartOfAReplyIsTakenForTheWhole) {
  const FullReply right = JsonReply(kRight);
  const std::string whole = ToBytes(right);
  for (size_t cut = 0; cut < whole.size(); cut += 7) {
    const Reply reply = AskOneOf(CutAfter(right, cut));
    EXPECT_NE(reply.error, "") << cut;
    EXPECT_THAT(reply.completion, IsEmpty());
    ExpectPresentable(reply);
  }
}

// The same where nothing says how long the body should be, for a stream too: its end is known by what it says.
TEST(HostileServer, NoPartOfAStreamIsTakenForTheWhole) {
  const std::string events = ReplyEvents({{.text = "12 apples"}}, {3, 4});
  const size_t finished = events.find("\"stop\"");
  for (size_t cut = 0; cut < finished; cut += 31) {
    const Reply reply =
        AskOneOf(Raw({{.bytes = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" +
                                events.substr(0, cut)}}),
                 true);
    EXPECT_NE(reply.error, "") << cut;
    EXPECT_THAT(reply.completion, IsEmpty());
  }
}

TEST(HostileServer, AnErrorInsideAStreamIsShown) {
  const std::string events = ReplyEvents({{.text = "12 apples"}}, {3, 4});
  const std::string begun = events.substr(0, events.find("\n\n", 400) + 2);
  const Reply reply =
      AskOneOf(EventReply(begun + "data: " + ErrorBody("out of memory") + "\n\ndata: [DONE]\n\n"), true);
  EXPECT_THAT(reply.error, HasSubstr("out of memory"));
  EXPECT_THAT(AskOneOf(JsonReply(ErrorBody("too long"))).error, HasSubstr("too long")) << "with status 200";
}

TEST(HostileServer, ContentLengthThatLies) {
  for (const int64_t lie : {int64_t{-1}, int64_t{1}, int64_t{100}, int64_t{1'000'000'000'000}, INT64_MAX}) {
    const int64_t length = lie == 1 || lie == 100 ? static_cast<int64_t>(kRight.size()) + (lie == 1 ? -1 : 100) : lie;
    FullReply reply = JsonReply(kRight);
    reply.headers.emplace_back("Content-Length", std::to_string(length));
    const std::string bytes = ToBytes(reply);
    Reply got;
    EXPECT_LT(Seconds([&] { got = AskOneOf(Raw({{.bytes = bytes}})); }), 1) << length;
    EXPECT_NE(got.error, "") << length;
  }
}

// What stands behind a reply's end is not the reply to the next request.
TEST(HostileServer, SmuggledRepliesReachNobody) {
  const TestServer server([](const SeenRequest& request) -> Response {
    if (request.number > 0) return Echo(request);
    RawReply reply =
        Raw({{.bytes = ToBytes(Echo(request)) + ToBytes(JsonReply(ReplyBody({{.text = "evil"}}, {1, 1})))}});
    reply.keep_open = true;
    return reply;
  });
  ApiTeacherConfig config = QuickConfig(server.url());
  config.concurrency = 1;
  config.max_retries = 1;
  const std::vector<Reply> replies = AskAll(config, ManyRequests(3));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(replies[i].error, "");
    EXPECT_EQ(Text(replies[i].completion), EchoText("question " + std::to_string(i)));
  }
}

TEST(HostileServer, WhatIsNoReplyIsAnError) {
  std::string deep = R"({"choices": )";
  for (int i = 0; i < 400'000; ++i) deep += '[';
  for (const std::string& body :
       {std::string(), std::string("null"), std::string("[]"), std::string("{}"), std::string("\"text\""), deep,
        std::string("<html><body>Welcome</body></html>"), std::string("\0\0\0\0", 4), std::string("data: [DONE]\n\n"),
        std::string(R"({"choices": []})"), std::string(R"({"choices": null})"), std::string(R"({"choices": {"0": 1}})"),
        std::string(R"({"choices": [null]})"), std::string(R"({"choices": ["text"]})"),
        std::string(R"({"choices": [[]]})"), std::string(R"({"choices": [{"index": 0, "message": {"content": 5}}]})"),
        std::string(R"({"choices": [{"index": 0, "message": {"content": {"text": "x"}}}]})"), kRight + kRight,
        kRight.substr(0, kRight.size() - 1)}) {
    for (const bool stream : {false, true}) {
      for (const char* type : {"application/json", "text/html", "text/event-stream"}) {
        const Reply reply = AskOneOf(FullReply{.headers = {{"Content-Type", type}}, .body = body}, stream);
        EXPECT_NE(reply.error, "") << body.substr(0, 80) << " as " << type << (stream ? ", of a stream" : "");
        ExpectPresentable(reply);
      }
    }
  }
}

TEST(HostileServer, NoHttpAtAllIsAnError) {
  for (const std::string& bytes :
       {std::string("hello\r\n\r\n"), kRight, std::string("HTTP/1.1\r\n\r\n"), std::string("HTTP/1.1 99999 x\r\n\r\n"),
        std::string("HTTP/9.9 200 OK\r\n\r\n{}"), std::string(3000, '\0'), std::string("SSH-2.0-OpenSSH_9.2\r\n")}) {
    const Reply reply = AskOneOf(Raw({{.bytes = bytes}}));
    EXPECT_NE(reply.error, "") << bytes.substr(0, 40);
    ExpectPresentable(reply);
  }
}

// An answer of nothing: either an error or an empty text, never a crash or an invention.
TEST(HostileServer, ContentNull) {
  const Reply reply =
      AskOneOf(JsonReply(R"({"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": null}}]})"));
  if (reply.error.empty()) {
    EXPECT_EQ(Text(reply.completion), "");
  }
}

// ---- texts ----

std::string WithContent(const std::string& json_string) {
  return R"({"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": )" +
         json_string + "}}]}";
}

TEST(HostileServer, BrokenUtf8BecomesReplacementCharacters) {
  EXPECT_EQ(Text(AskOneOf(JsonReply(WithContent("\"a\xff\x62\xe2\x82\""))).completion),
            "a\xef\xbf\xbd\x62\xef\xbf\xbd");
  const std::string event = WithContent("\"a\xff\x62\"");
  const std::string stream = "data: " + event + "\n\ndata: [DONE]\n\n";
  EXPECT_EQ(Text(AskOneOf(EventReply(stream), true).completion), "a\xef\xbf\xbd\x62");
}

TEST(HostileServer, StrangeTextsStayPresentable) {
  for (const char* text : {R"("\ud800")", R"("\udc00 \ud800\ud800 x")", R"("\u0000")", "\"\x01\"", "\"\xed\xa0\x80\"",
                           "\"\xf8\x88\x80\x80\x80\"", R"("\x")", "\"line\nbreak\"", R"("\ufeff\u202e")"}) {
    ExpectPresentable(AskOneOf(JsonReply(WithContent(text))));
  }
}

TEST(HostileServer, ImpossibleLogprobs) {
  for (const char* value :
       {"NaN", "-Infinity", "Infinity", "-inf", "1e999", "-1e999", "5", "null", "\"-1\"", "[]", "{}"}) {
    for (const std::string& logprobs :
         {R"({"content": [{"token": "4", "bytes": [52], "logprob": )" + std::string(value) +
              R"(, "top_logprobs": []}]})",
          R"({"content": [{"token": "4", "bytes": [52], "logprob": -1, "top_logprobs": [{"token": "4", "logprob": )" +
              std::string(value) + "}]}]}",
          R"({"tokens": ["4"], "token_logprobs": [)" + std::string(value) + R"(], "top_logprobs": [null]})",
          R"({"tokens": ["4"], "token_logprobs": [-1], "top_logprobs": [{"4": )" + std::string(value) + "}]}"}) {
      const Reply reply = AskOneOf(
          JsonReply(R"({"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "4"}, "logprobs": )" +
                    logprobs + "}]}"));
      ExpectPresentable(reply);
      if (reply.error.empty()) {
        EXPECT_EQ(Text(reply.completion), "4");
      }
    }
  }
}

TEST(HostileServer, LogprobsOfAnotherShape) {
  for (const char* logprobs :
       {"5", "\"x\"", "[1]", R"({"content": 5})", R"({"content": [5]})", R"({"content": [{}]})",
        R"({"content": [{"token": "4", "bytes": [300], "logprob": -1}]})",
        R"({"content": [{"token": "4", "bytes": [-1], "logprob": -1}]})",
        R"({"content": [{"token": "4", "bytes": ["4"], "logprob": -1}]})",
        R"({"content": [{"token": 4, "logprob": -1}]})", R"({"tokens": ["4"], "token_logprobs": []})",
        R"({"tokens": 5, "token_logprobs": {}})", R"({"tokens": ["4"], "token_logprobs": [-1], "top_logprobs": 5})"}) {
    const Reply reply = AskOneOf(
        JsonReply(R"({"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "4"}, "logprobs": )" +
                  std::string(logprobs) + "}]}"));
    ExpectPresentable(reply);
    if (reply.error.empty()) {
      EXPECT_EQ(Text(reply.completion), "4");
    }
  }
}

// ---- choices ----

// A wrong set of choices may cost answers, never hand one to another attempt.
TEST(HostileServer, WrongSetsOfChoices) {
  const std::vector<std::vector<FakeChoice>> sets = {
      {},
      {{.index = 0, .text = "0"}},
      {{.index = 2, .text = "2"}},
      {{.index = 0, .text = "0"}, {.index = 0, .text = "0"}, {.index = 0, .text = "0"}},
      {{.index = 0, .text = "0"}, {.index = 3, .text = "3"}, {.index = 1'000'000'000, .text = "x"}},
      {{.index = -1, .text = "-1"}, {.index = 1, .text = "1"}},
      {{.index = 0, .text = "0"}, {.index = 1, .text = "1"}, {.index = 2, .text = "2"}, {.index = 3, .text = "3"}},
  };
  for (const std::vector<FakeChoice>& set : sets) {
    for (const bool stream : {false, true}) {
      if (stream && set.size() > 1 && set[0].index == set[1].index) continue;  // parts of one answer, there
      const TestServer server([&](const SeenRequest&) {
        return stream ? EventReply(ReplyEvents(set, {3, 4})) : JsonReply(ReplyBody(set, {3, 4}));
      });
      ApiTeacherConfig config = QuickConfig(server.url());
      config.stream = stream;
      config.n_per_request = 3;
      const std::vector<Reply> replies =
          AskAll(config, {ChatRequest("a", "q", 0), ChatRequest("a", "q", 1), ChatRequest("a", "q", 2)});
      for (int i = 0; i < 3; ++i) {
        const std::string name = std::to_string(i);
        const bool there = std::ranges::any_of(set, [&](const FakeChoice& choice) { return choice.index == i; });
        EXPECT_EQ(replies[i].error.empty(), there) << set.size() << " choices, attempt " << i;
        if (!replies[i].error.empty()) continue;
        EXPECT_EQ(Text(replies[i].completion), name) << (stream ? "stream" : "whole");
      }
    }
  }
}

TEST(HostileServer, IndexesThatAreNone) {
  for (const char* index :
       {"-1", "1", "1.5", "\"0\"", "1e30", "18446744073709551615", "-9223372036854775808", "[]", "true"}) {
    const Reply reply =
        AskOneOf(JsonReply(R"({"choices": [{"finish_reason": "stop", "message": {"content": "x"}, "index": )" +
                           std::string(index) + "}]}"));
    ExpectPresentable(reply);
    EXPECT_NE(reply.error, "") << index;
  }
}

TEST(HostileServer, UsageThatMakesNoSense) {
  for (const char* usage : {"null", "5", "[]", "{}", R"({"prompt_tokens": -5, "completion_tokens": -7})",
                            R"({"prompt_tokens": 1e300, "completion_tokens": 1e300})",
                            R"({"prompt_tokens": 18446744073709551615, "completion_tokens": 9223372036854775807})",
                            R"({"prompt_tokens": "many", "completion_tokens": "few"})", R"({"prompt_tokens": null})"}) {
    const Reply reply = AskOneOf(
        JsonReply(R"({"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "x"}}], "usage": )" +
                  std::string(usage) + "}"));
    EXPECT_EQ(reply.error, "") << usage;
    EXPECT_EQ(Text(reply.completion), "x");
    EXPECT_GE(reply.usage.prompt_tokens, 0) << usage;
    EXPECT_GE(reply.usage.completion_tokens, 0) << usage;
    EXPECT_LT(reply.usage.prompt_tokens, 1'000'000) << "at most what was asked for";
  }
}

// ---- floods ----

class Flood : public ::testing::Test {
 protected:
  // Ends early, in little memory, with an error.
  static void Expect(const char* name, const std::function<Response()>& response, bool stream = false) {
    const TestServer server([&](const SeenRequest&) { return response(); });
    ApiTeacherConfig config = QuickConfig(server.url());
    config.stream = stream;
    Reply reply;
    double seconds = 0;
    const int64_t growth = PeakMemoryGrowth([&] { seconds = Seconds([&] { reply = AskOne(config); }); });
    EXPECT_NE(reply.error, "") << name;
    EXPECT_LT(seconds, 3) << name << ": bounded by bytes, not by the clock";
    EXPECT_LT(server.bytes_sent(), 100 << 20) << name;
    ExpectPresentable(reply);
    EXPECT_LT(growth, 50 << 20) << name;
  }
  const std::string block_ = std::string(64 << 10, 'a');
};

TEST_F(Flood, ALineOfAGigabyte) {
  const int64_t times = (int64_t{1} << 30) / static_cast<int64_t>(block_.size());
  for (const std::string& length :
       {std::string("Content-Length: 1073741824\r\n"), std::string("Connection: close\r\n")}) {
    Expect("JSON", [&] { return Repeat("HTTP/1.1 200 OK\r\n" + length + "\r\n{\"choices\": \"", block_, times); });
    Expect(
        "event", [&] { return Repeat("HTTP/1.1 200 OK\r\n" + length + "\r\ndata: {\"a\": \"", block_, times); }, true);
    Expect("error", [&] { return Repeat("HTTP/1.1 500 No\r\n" + length + "\r\n{\"error\": \"", block_, times); });
  }
}

TEST_F(Flood, AStreamWithoutEnd) {
  const std::string events = ReplyEvents({{.text = "12 apples"}}, {3, 4});
  const std::string event = events.substr(0, events.find("\n\n") + 2);
  std::string many;
  for (int i = 0; i < 100; ++i) many += event;
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
  Expect(
      "events", [&] { return Repeat(head, many); }, true);
  Expect(
      "empty lines", [&] { return Repeat(head, std::string(10'000, '\n')); }, true);
  Expect(
      "comments", [&] { return Repeat(head, ": ping\n\n: ping\n\n: ping\n\n: ping\n\n"); }, true);
}

TEST_F(Flood, Headers) {
  Expect("headers", [] { return Repeat("HTTP/1.1 200 OK\r\n", "X-Header: " + std::string(1000, 'x') + "\r\n"); });
  Expect("one header", [&] { return Repeat("HTTP/1.1 200 OK\r\nX-Header: ", block_); });
  Expect("status line", [&] { return Repeat("HTTP/1.1 200 ", block_); });
  Expect("interim replies", [] {
    std::string many;
    for (int i = 0; i < 100; ++i) many += "HTTP/1.1 100 Continue\r\n\r\n";
    return Repeat("", many);
  });
}

TEST_F(Flood, Chunks) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  Expect("chunks", [&] { return Repeat(head, "10000\r\n" + block_ + "\r\n"); });
  Expect("a huge chunk", [&] { return Repeat(head + "7fffffffffffffff\r\n", block_); });
  Expect("trailers", [&] { return Repeat(head + "0\r\n", "X-Trailer: " + std::string(1000, 'x') + "\r\n"); });
}

// libcurl swallows it: only the clock ends it, but it fills no memory.
TEST_F(Flood, AChunksExtension) {
  const TestServer server(
      [&](const SeenRequest&) { return Repeat("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=", block_); });
  ApiTeacherConfig config = QuickConfig(server.url());
  config.total_timeout = 0.3;
  Reply reply;
  const int64_t growth = PeakMemoryGrowth([&] { reply = AskOne(config); });
  EXPECT_NE(reply.error, "");
  EXPECT_LT(growth, 50 << 20);
}

TEST_F(Flood, GzipBomb) {
  std::string body = Gzip(std::string(100 << 20, ' '));
  const FullReply once{.headers = {{"Content-Encoding", "gzip"}}, .body = body};
  Expect("gzip", [&] { return once; });
  FullReply twice = once;
  twice.headers = {{"Content-Encoding", "gzip, gzip"}};
  twice.body = Gzip(body);
  Expect("gzip in gzip", [&] { return twice; });
}

TEST_F(Flood, DamagedGzip) {
  FullReply reply{.headers = {{"Content-Encoding", "gzip"}}, .body = Gzip(kRight)};
  reply.body[reply.body.size() / 2] ^= 0x55;
  EXPECT_NE(AskOneOf(reply).error, "");
  reply.body = Gzip(kRight).substr(0, 40);
  EXPECT_NE(AskOneOf(reply).error, "") << "cut short";
  reply.body = kRight;
  EXPECT_NE(AskOneOf(reply).error, "") << "not compressed at all";
}

}  // namespace
}  // namespace retort
