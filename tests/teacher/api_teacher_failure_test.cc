// Servers that refuse, redirect, stall and break off: what is asked again, when, and what the caller is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <optional>

#include "teacher/api_teacher.h"
#include "tests/teacher/api_fixture.h"

namespace retort {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;

const std::string kRight = ReplyBody({{.text = "right"}}, {3, 4});

// ---- statuses ----

TEST(FailingServer, AsksAgainAfterWhatMayPass) {
  for (const int status : {408, 429, 500, 502, 503, 529}) {
    const TestServer server([&](const SeenRequest& request) {
      return request.number < 2 ? JsonReply(ErrorBody("overloaded"), status) : Echo(request);
    });
    ApiTeacherConfig config = QuickConfig(server.url());
    config.max_retries = 2;
    const Reply reply = AskOne(config);
    EXPECT_EQ(reply.error, "") << status;
    EXPECT_EQ(Text(reply.completion), EchoText("question"));
    EXPECT_EQ(server.request_count(), 3);
  }
}

TEST(FailingServer, GivesUpAfterMaxRetriesAndSaysWhy) {
  const TestServer server([](const SeenRequest&) { return JsonReply(ErrorBody("the machine is on fire"), 500); });
  ApiTeacherConfig config = QuickConfig(server.url());
  config.max_retries = 3;
  const Reply reply = AskOne(config);
  EXPECT_THAT(reply.error, AllOf(HasSubstr("500"), HasSubstr("the machine is on fire")));
  EXPECT_THAT(reply.completion, IsEmpty());
  EXPECT_EQ(server.request_count(), 4);
}

TEST(FailingServer, WaitsLongerEachTime) {
  const TestServer server([](const SeenRequest&) { return JsonReply("{}", 503); });
  ApiTeacherConfig config = QuickConfig(server.url());
  config.max_retries = 4;
  config.backoff = 0.04;
  config.max_backoff = 0.16;
  // A machine that does other work makes any wait longer, and none shorter: the shortest of a few runs.
  constexpr std::array<double, 4> kMost = {0.04, 0.08, 0.16, 0.16};
  std::array<double, 4> shortest;
  shortest.fill(10);
  const auto is_long = [&](size_t i) { return shortest[i] > kMost[i] + 0.15; };
  for (size_t run = 0; run < 10 && (is_long(0) || is_long(1) || is_long(2) || is_long(3)); ++run) {
    AskOne(config);
    const std::vector<SeenRequest> seen = server.requests();
    ASSERT_EQ(seen.size(), 5 * (run + 1));
    for (size_t i = 0; i < 4; ++i) {
      const std::chrono::duration<double> wait = seen[5 * run + i + 1].time - seen[5 * run + i].time;
      EXPECT_GE(wait.count(), kMost[i] * 0.45) << "half of it may be left to chance";
      shortest[i] = std::min(shortest[i], wait.count());
    }
  }
  for (size_t i = 0; i < 4; ++i) EXPECT_FALSE(is_long(i)) << i << ": " << shortest[i];
}

TEST(FailingServer, DoesNotAskAgainForWhatCannotWork) {
  for (const int status : {400, 401, 403, 404, 422}) {
    const TestServer server([&](const SeenRequest&) { return JsonReply(ErrorBody("no\nsuch\x1b[31m thing"), status); });
    ApiTeacherConfig config = QuickConfig(server.url());
    config.max_retries = 3;
    const Reply reply = AskOne(config);
    EXPECT_THAT(reply.error, AllOf(HasSubstr(std::to_string(status)), HasSubstr("thing")));
    ExpectPresentable(reply);
    EXPECT_EQ(server.request_count(), 1) << status;
  }
}

// A wrong key is wrong for every request: hammering on gets an account locked.
// So that a collection remembers it and does not pay for it again.
TEST(FailingServer, OnlyWhatWouldFailAgainIsRefused) {
  for (const int status : {400, 413, 422, 429, 500, 503}) {
    const Reply reply = AskOneOf(JsonReply(ErrorBody("no"), status));
    EXPECT_NE(reply.error, "");
    EXPECT_EQ(reply.refused, status < 429) << status;
  }
  EXPECT_FALSE(AskOneOf(CloseAtOnce()).refused);
  EXPECT_FALSE(AskOneOf(JsonReply("{}")).refused);
  EXPECT_FALSE(AskOneOf(JsonReply(kRight)).refused);
}

TEST(FailingServer, AWrongKeyStopsTheRest) {
  const TestServer server([](const SeenRequest&) { return JsonReply(ErrorBody("bad key"), 401); });
  for (const Reply& reply : AskAll(QuickConfig(server.url()), ManyRequests(50))) {
    EXPECT_THAT(reply.error, AllOf(HasSubstr("bad key"), HasSubstr("teacher.api_key_env")));
  }
  EXPECT_LE(server.request_count(), 8) << "what was in flight, and little more";
}

TEST(FailingServer, ErrorTextsAreBounded) {
  std::string bomb;
  for (int i = 0; i < 100'000; ++i) bomb += '[';
  for (const std::string& body :
       {std::string(), std::string(500'000, 'x'), std::string("\xff\xfe\0\r\n\x1b]0;title\x07", 15), bomb,
        ErrorBody(std::string(500'000, 'y')), std::string(R"({"error": 5})"),
        std::string(R"({"error": {"message": 5}})"), std::string(R"({"detail": [{"msg": "field required"}]})"),
        std::string(R"({"error": "text"})")}) {
    const Reply reply = AskOneOf(JsonReply(body, 400));
    EXPECT_THAT(reply.error, HasSubstr("400"));
    ExpectPresentable(reply);
  }
}

// One that makes no sense is as good as none, and one of a day is not waited for.
TEST(FailingServer, RetryAfterThatMakesNoSenseHoldsNothingUp) {
  for (const char* value : {"", "soon", "-5", "NaN", "inf", "1e999", "0x7fffffff", "Thu, 01 Jan 1970 00:00:00 GMT",
                            "Fri, 31 Dec 9999 23:59:59 GMT", "86400", "99999999999999999999"}) {
    const TestServer server([&](const SeenRequest& request) -> Response {
      if (request.number > 0) return Echo(request);
      FullReply reply = JsonReply(ErrorBody("slow down"), 429);
      reply.headers.emplace_back("Retry-After", value);
      return reply;
    });
    ApiTeacherConfig config = QuickConfig(server.url());
    config.max_retries = 1;
    EXPECT_LT(Seconds([&] { AskOne(config); }), 1) << value;
  }
}

// ---- connections ----

TEST(FailingServer, RedirectsAreNotFollowed) {
  for (const int status : {301, 302, 303, 307, 308}) {
    const TestServer other(Echo);
    const TestServer server([&](const SeenRequest&) {
      return FullReply{.status = status, .headers = {{"Location", other.url("/v1/chat/completions")}}};
    });
    ApiTeacherConfig config = QuickConfig(server.url());
    config.max_retries = 2;
    EXPECT_NE(AskOne(config).error, "") << status;
    EXPECT_EQ(server.request_count(), 1) << status;
    EXPECT_EQ(other.connection_count(), 0) << status;
  }
}

TEST(FailingServer, AClosedPortIsAnErrorAfterRetries) {
  ApiTeacherConfig config = QuickConfig("http://127.0.0.1:" + std::to_string(ClosedPort()) + "/v1");
  config.max_retries = 2;
  config.backoff = config.max_backoff = 0.1;
  double seconds = 0;
  Reply reply;
  seconds = Seconds([&] { reply = AskOne(config); });
  EXPECT_NE(reply.error, "");
  EXPECT_THAT(seconds, AllOf(Ge(0.1), Lt(2)));
}

TEST(FailingServer, AnswersSomeAndKillsTheConnectionOnOthers) {
  const TestServer server([](const SeenRequest& request) -> Response {
    if (AskedText(request).ends_with('3')) return CloseAtOnce();
    RawReply reset = CutAfter(Echo(request), 30);
    reset.reset = true;
    if (AskedText(request).ends_with('7')) return reset;
    return Echo(request);
  });
  const std::vector<Reply> replies = AskAll(QuickConfig(server.url()), ManyRequests(30));
  for (size_t i = 0; i < replies.size(); ++i) {
    const bool killed = i % 10 == 3 || i % 10 == 7;
    EXPECT_EQ(replies[i].error.empty(), !killed) << i << ": " << replies[i].error;
    if (!killed) {
      EXPECT_EQ(Text(replies[i].completion), EchoText("question " + std::to_string(i)));
    }
  }
}

struct Stall {
  const char* name;
  std::function<Response()> response;
};

TEST(FailingServer, StallsEnd) {
  const FullReply right = JsonReply(kRight);
  const size_t head = ToBytes(right).size() - kRight.size();
  const std::vector<Stall> stalls = {
      {"before the reply", [&] { return StallAfter(right, 0); }},
      {"inside the first line", [&] { return StallAfter(right, 12); }},
      {"before the body", [&] { return StallAfter(right, head); }},
      {"inside the body", [&] { return StallAfter(right, head + 20); }},
      {"before the body's last byte", [&] { return StallAfter(right, ToBytes(right).size() - 1); }},
      {"a byte now and then",
       [&] { return Repeat("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", " ", -1, 0.05); }},
      {"a header now and then", [&] { return Repeat("HTTP/1.1 200 OK\r\n", "X: y\r\n", -1, 0.05); }},
  };
  for (const Stall& stall : stalls) {
    const TestServer server([&](const SeenRequest&) { return stall.response(); });
    ApiTeacherConfig config = QuickConfig(server.url());
    config.first_byte_timeout = 0.08;
    config.total_timeout = 0.15;
    Reply reply;
    const double seconds = Seconds([&] { reply = AskOne(config); });
    EXPECT_NE(reply.error, "") << stall.name;
    EXPECT_THAT(seconds, AllOf(Ge(0.07), Lt(1))) << stall.name;
  }
}

TEST(FailingServer, FirstByteTimeoutIsNotTheWholeReplys) {
  const TestServer server([](const SeenRequest& request) { return InPieces(Echo(request), 30, 0.1); });
  ApiTeacherConfig config = QuickConfig(server.url());
  config.first_byte_timeout = 0.6;
  EXPECT_GT(Seconds([&] { EXPECT_EQ(AskOne(config).error, ""); }), 0.6);
  const TestServer silent([](const SeenRequest& request) { return StallAfter(Echo(request), 0); });
  config.base_url = silent.url();
  EXPECT_LT(Seconds([&] { EXPECT_NE(AskOne(config).error, ""); }), 4) << "long before total_timeout";
}

// A request that stalls until all others have their replies holds none of them up.
TEST(FailingServer, AStallHoldsNobodyElseUp) {
  std::atomic<int> replies = 0;
  const TestServer server([&](const SeenRequest& request) -> Response {
    if (AskedText(request) != "question 0") return Echo(request);
    return RawReply{.next = [&]() -> std::optional<RawReply::Piece> {
      if (replies == 19) return std::nullopt;
      return RawReply::Piece{.bytes = "", .pause = 0.01};
    }};
  });
  std::vector<std::string> order;
  MakeApiTeacher(QuickConfig(server.url()))->Ask(ManyRequests(20), [&](const Reply& reply) {
    order.push_back(reply.id);
    ++replies;
    return true;
  });
  ASSERT_EQ(order.size(), 20U);
  EXPECT_EQ(order.back(), "id 0");
}

TEST(ApiTeacherLimits, WaitsWhereTheServerSaysThatNothingIsLeft) {
  const TestServer server([](const SeenRequest& request) {
    FullReply reply = Echo(request);
    if (request.number == 0) {
      reply.headers.emplace_back("X-RateLimit-Remaining-Requests", "0");
      reply.headers.emplace_back("X-RateLimit-Reset-Requests", "900ms");
    }
    return reply;
  });
  ApiTeacherConfig config = QuickConfig(server.url());
  config.concurrency = 1;
  for (const Reply& reply :
       AskAll(config, {ChatRequest("a", "one"), ChatRequest("b", "two"), ChatRequest("c", "three")})) {
    EXPECT_EQ(reply.error, "");
  }
  const std::vector<SeenRequest> seen = server.requests();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_GE(seen[1].time - seen[0].time, std::chrono::milliseconds(890));
  EXPECT_LT(seen[2].time - seen[1].time, std::chrono::milliseconds(890));
}

}  // namespace
}  // namespace retort
