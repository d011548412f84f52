// Limits that only the clock shows: a Retry-After has whole seconds, a rate needs time to be seen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "teacher/api_teacher.h"
#include "tests/teacher/api_fixture.h"

namespace retort {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Lt;

TEST(ApiTeacherLimits, ObeysRetryAfterInSeconds) {
  const TestServer server([](const SeenRequest& request) -> Response {
    if (request.number > 0) return Echo(request);
    FullReply reply = JsonReply(ErrorBody("slow down"), 429);
    reply.headers.emplace_back("retry-after", " 1 ");
    return reply;
  });
  ApiTeacherConfig config = QuickConfig(server.url());
  config.max_retries = 1;
  EXPECT_THAT(Seconds([&] { EXPECT_EQ(AskOne(config).error, ""); }), AllOf(Ge(0.99), Lt(2.5)));
}

TEST(ApiTeacherLimits, ObeysRetryAfterAsADate) {
  const TestServer server([](const SeenRequest& request) -> Response {
    if (request.number > 0) return Echo(request);
    const std::time_t then = std::time(nullptr) + 2;
    std::tm parts{};
    gmtime_r(&then, &parts);
    char date[64];
    std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    FullReply reply = JsonReply(ErrorBody("slow down"), 503);
    reply.headers.emplace_back("Retry-After", date);
    return reply;
  });
  ApiTeacherConfig config = QuickConfig(server.url());
  config.max_retries = 1;
  EXPECT_THAT(Seconds([&] { EXPECT_EQ(AskOne(config).error, ""); }), AllOf(Ge(0.95), Lt(3.5)));
}

TEST(ApiTeacherLimits, RequestsPerMinute) {
  const TestServer server(Echo);
  ApiTeacherConfig config = QuickConfig(server.url());
  config.requests_per_minute = 300;
  constexpr int kRequests = 12;
  EXPECT_LT(Seconds([&] { AskAll(config, ManyRequests(kRequests)); }), 3);
  const std::vector<SeenRequest> seen = server.requests();
  ASSERT_EQ(seen.size(), size_t{kRequests});
  for (size_t i = 0; i < seen.size(); ++i) {
    for (size_t j = i; j < seen.size(); ++j) {
      const double seconds = std::chrono::duration<double>(seen[j].time - seen[i].time).count();
      // A second's worth may go at once; 0.1 s for the clocks of two threads.
      EXPECT_LE(static_cast<double>(j - i + 1), 5 + 5 * (seconds + 0.1) + 1) << i << " to " << j;
    }
  }
}

TEST(ApiTeacherLimits, TokensPerMinute) {
  const TestServer server([](const SeenRequest& request) {
    return JsonReply(
        ReplyBody({{.text = EchoText(AskedText(request))}}, {.prompt_tokens = 60, .completion_tokens = 40}));
  });
  ApiTeacherConfig config = QuickConfig(server.url());
  config.tokens_per_minute = 12'000;
  // A quarter of a minute's worth, 3000, may go at once; 300 more at no more than 200 a second take 1.5 s.
  EXPECT_THAT(Seconds([&] { AskAll(config, ManyRequests(33)); }), AllOf(Ge(1.4), Lt(5)));
  EXPECT_EQ(server.request_count(), 33);
}

// One 429 speaks for the whole key, not for one request.
TEST(ApiTeacherLimits, ARetryAfterHoldsTheOthersBackToo) {
  const TestServer server([](const SeenRequest& request) -> Response {
    if (request.number > 0) return Echo(request);
    FullReply reply = JsonReply(ErrorBody("slow down"), 429);
    reply.headers.emplace_back("Retry-After", "1");
    return reply;
  });
  ApiTeacherConfig config = QuickConfig(server.url());
  config.concurrency = 1;
  config.max_retries = 1;
  for (const Reply& reply : AskAll(config, ManyRequests(5))) EXPECT_EQ(reply.error, "");
  const std::vector<SeenRequest> seen = server.requests();
  ASSERT_EQ(seen.size(), 6U);
  EXPECT_GE(std::chrono::duration<double>(seen[1].time - seen[0].time).count(), 0.99);
}

}  // namespace
}  // namespace retort
