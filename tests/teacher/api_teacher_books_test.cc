// What the API teacher owes to others: to the server (no more at once, a minute, or twice than was said), to the books
// (each sending opened before and closed after), to the caller (each request answered once, whatever went wrong).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "core/base/random.h"
#include "teacher/api_teacher.h"
#include "tests/teacher/api_fixture.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

// ---- at once, a minute, twice ----

TEST(ApiTeacherLimits, AsManyAtOnceAsItMayAndNoMore) {
  for (const int concurrency : {1, 3, 16}) {
    const TestServer server([&](const SeenRequest& request) {
      // Waits for as many to be there together: three seconds at most, where they never come.
      RawReply reply{.next = [&, bytes = ToBytes(Echo(request)), looks = 0,
                              sent = false]() mutable -> std::optional<RawReply::Piece> {
        if (sent) return std::nullopt;
        sent = server.most_in_flight() >= concurrency || ++looks > 150;
        return RawReply::Piece{.bytes = sent ? bytes : "", .pause = 0.02};
      }};
      reply.keep_open = true;
      return reply;
    });
    ApiTeacherConfig config = QuickConfig(server.url());
    config.concurrency = concurrency;
    for (const Reply& reply : AskAll(config, ManyRequests(4 * concurrency))) EXPECT_EQ(reply.error, "");
    EXPECT_EQ(server.most_in_flight(), concurrency);
    EXPECT_EQ(server.request_count(), 4 * concurrency) << "nothing is asked twice";
    EXPECT_LE(server.connection_count(), concurrency);
  }
}

TEST(ApiTeacherLimits, ConnectionsServeManyRequestsAndManyAsks) {
  const TestServer server(Echo);
  ApiTeacherConfig config = QuickConfig(server.url());
  config.concurrency = 2;
  const std::unique_ptr<Teacher> teacher = MakeApiTeacher(config);
  for (int i = 0; i < 3; ++i) AskAll(*teacher, ManyRequests(10));
  EXPECT_EQ(server.request_count(), 30);
  EXPECT_LE(server.connection_count(), 2);
}

TEST(ApiTeacherLimits, ARequestLargerThanAMinutesTokensIsStillAsked) {
  const TestServer server(Echo);
  ApiTeacherConfig config = QuickConfig(server.url());
  config.tokens_per_minute = 20;
  EXPECT_LT(Seconds([&] { EXPECT_EQ(AskOne(config).error, ""); }), 1);
}

// ---- the caller ----

TEST(ApiTeacherContract, StopsWhenTheCallerHasEnough) {
  const TestServer server([](const SeenRequest& request) {
    FullReply reply = Echo(request);
    reply.delay = request.number < 4 || AskedText(request) == "new question" ? 0.01 : 5;
    return reply;
  });
  TestLedger ledger;
  const std::unique_ptr<Teacher> teacher = MakeApiTeacher(QuickConfig(server.url()));
  ASSERT_TRUE(teacher->UseLedger(&ledger));
  int replies = 0;
  EXPECT_LT(Seconds([&] { teacher->Ask(ManyRequests(100), [&](const Reply&) { return ++replies < 3; }); }), 1);
  EXPECT_EQ(replies, 3);
  EXPECT_LE(server.request_count(), 8);
  ledger.Charged();
  // What was given up does not come back in the next Ask.
  for (const Reply& reply : AskAll(*teacher, {ChatRequest("new", "new question")})) EXPECT_EQ(reply.error, "");
}

TEST(ApiTeacherContract, AThrowingCallerLeavesTheBooksWhole) {
  const TestServer server(Echo);
  TestLedger ledger;
  const std::unique_ptr<Teacher> teacher = MakeApiTeacher(QuickConfig(server.url()));
  teacher->UseLedger(&ledger);
  EXPECT_THROW(teacher->Ask(ManyRequests(20), [](const Reply&) -> bool { throw std::runtime_error("disk full"); }),
               std::runtime_error);
  // Whether at the throw or at the next use, the sendings that were in flight are closed, and nobody's reply is mixed
  // up.
  const std::vector<Request> others = {ChatRequest("new", "another question")};
  EXPECT_EQ(Text(AskAll(*teacher, others).front().completion), EchoText("another question"));
  ledger.Charged();
}

TEST(ApiTeacherContract, EqualRequestsGetAReplyEach) {
  const TestServer server(Echo);
  const std::vector<Request> requests(5, ChatRequest("same", "question"));
  int replies = 0;
  MakeApiTeacher(QuickConfig(server.url()))->Ask(requests, [&](const Reply& reply) {
    EXPECT_EQ(Text(reply.completion), EchoText("question"));
    return ++replies > 0;
  });
  EXPECT_EQ(replies, 5);
}

// ---- the books ----

// The entries after asking `n` questions of a server that gives each this response. It has `seconds` to begin it.
std::vector<TestLedger::Entry> Books(const std::function<Response(const SeenRequest&)>& handler, int n = 1,
                                     int max_retries = 0, double seconds = 5) {
  const TestServer server(handler);
  TestLedger ledger;
  ApiTeacherConfig config = QuickConfig(server.url());
  config.max_retries = max_retries;
  config.first_byte_timeout = seconds;
  const std::unique_ptr<Teacher> teacher = MakeApiTeacher(config);
  EXPECT_TRUE(teacher->UseLedger(&ledger));
  AskAll(*teacher, ManyRequests(n));
  ledger.Charged();
  EXPECT_EQ(ledger.entries().size(), static_cast<size_t>(server.request_count())) << "each sending is opened";
  return ledger.entries();
}

TEST(ApiTeacherBooks, WhatAnswersCost) {
  const std::vector<TestLedger::Entry> entries = Books(Echo, 10);
  ASSERT_EQ(entries.size(), 10U);
  for (const TestLedger::Entry& entry : entries) {
    EXPECT_EQ(entry.charged, EchoUsage("question 0"));
    EXPECT_GE(entry.most.prompt_tokens, entry.charged.prompt_tokens);
    EXPECT_EQ(entry.most.completion_tokens, 50);
  }
}

TEST(ApiTeacherBooks, AtWorstEveryAttemptIsAsLongAsItMayBe) {
  const TestServer server(Echo);
  TestLedger ledger;
  ApiTeacherConfig config = QuickConfig(server.url());
  config.n_per_request = 3;
  const std::unique_ptr<Teacher> teacher = MakeApiTeacher(config);
  teacher->UseLedger(&ledger);
  const std::string text(1000, 'x');
  Usage replies;
  for (const Reply& reply : AskAll(*teacher, {ChatRequest("a", text, 0), ChatRequest("a", text, 1)})) {
    replies = replies + reply.usage;
  }
  ASSERT_EQ(ledger.entries().size(), 1U);
  EXPECT_EQ(ledger.entries()[0].most.completion_tokens, 100);
  EXPECT_GE(ledger.entries()[0].most.prompt_tokens, 1000) << "a token may be as short as a byte";
  EXPECT_EQ(ledger.Charged(), EchoUsage(text, 2));
  EXPECT_EQ(replies, EchoUsage(text, 2));
}

TEST(ApiTeacherBooks, RefusalsCostNothing) {
  for (const int status : {400, 401, 404, 429, 503}) {
    const auto entries = Books([&](const SeenRequest&) { return JsonReply(ErrorBody("no"), status); }, 1, 2);
    EXPECT_EQ(entries.size(), status == 429 || status == 503 ? 3U : 1U);
    for (const TestLedger::Entry& entry : entries) EXPECT_EQ(entry.charged, Usage()) << status;
  }
}

// The server may have worked, and may charge for it.
TEST(ApiTeacherBooks, WhatBreaksOffCostsAllItMayCost) {
  const std::vector<std::function<Response(const SeenRequest&)>> handlers = {
      [](const SeenRequest&) { return CloseAtOnce(); },
      [](const SeenRequest& request) { return CutAfter(Echo(request), 100); },
      [](const SeenRequest& request) { return StallAfter(Echo(request), 0); },
      [](const SeenRequest&) { return JsonReply("{\"half\": "); },
      [](const SeenRequest&) { return JsonReply(""); },
      [](const SeenRequest&) { return JsonReply(R"({"choices": []})"); }};
  for (size_t i = 0; i < handlers.size(); ++i) {
    const auto entries = Books(handlers[i], 1, 1, 0.5);
    EXPECT_EQ(entries.size(), 2U) << i;
    for (const TestLedger::Entry& entry : entries) EXPECT_EQ(entry.charged, entry.most) << i;
  }
}

// libcurl by itself sends a request again when a connection that was used before dies without a reply: unseen by the
// books, and paid for twice.
TEST(ApiTeacherBooks, NothingIsSentBehindTheBooksBack) {
  for (const int max_retries : {0, 2}) {
    const auto entries = Books(
        [](const SeenRequest& request) -> Response {
          if (request.number % 3 == 1) return CloseAtOnce();
          return Echo(request);
        },
        20, max_retries);
    EXPECT_GE(entries.size(), 20U);
  }
}

TEST(ApiTeacherBooks, AClosedPortCostsNothing) {
  TestLedger ledger;
  ApiTeacherConfig config = QuickConfig("http://127.0.0.1:" + std::to_string(ClosedPort()) + "/v1");
  config.max_retries = 2;
  const std::unique_ptr<Teacher> teacher = MakeApiTeacher(config);
  teacher->UseLedger(&ledger);
  AskAll(*teacher, ManyRequests(1));
  EXPECT_EQ(ledger.entries().size(), 3U);
  EXPECT_EQ(ledger.Charged(), Usage());
}

std::string WithUsage(const std::string& usage) {
  return R"({"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "right"}}], "usage": )" + usage +
         "}";
}

TEST(ApiTeacherBooks, ClaimsBeyondTheWorstAreBelieved) {
  const auto entries = Books([](const SeenRequest&) {
    return JsonReply(WithUsage(R"({"prompt_tokens": 1000000, "completion_tokens": 2000000})"));
  });
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].charged, (Usage{1'000'000, 2'000'000}));
}

TEST(ApiTeacherBooks, ClaimsThatCannotBeCostAllItMayCost) {
  for (const char* usage :
       {"null", "{}", "[]", "7", R"({"prompt_tokens": -5, "completion_tokens": 3})",
        R"({"prompt_tokens": 5, "completion_tokens": -3})", R"({"prompt_tokens": "5", "completion_tokens": "3"})",
        R"({"prompt_tokens": 5})", R"({"prompt_tokens": 5, "completion_tokens": 1e300})",
        R"({"prompt_tokens": 18446744073709551615, "completion_tokens": 3})",
        R"({"prompt_tokens": 5.5, "completion_tokens": 3.5})"}) {
    const auto entries = Books([&](const SeenRequest&) { return JsonReply(WithUsage(usage)); });
    ASSERT_EQ(entries.size(), 1U) << usage;
    EXPECT_EQ(entries[0].charged, entries[0].most) << usage;
  }
}

// "It was free", says the server, and it was not.
TEST(ApiTeacherBooks, TextThatCostNoTokensIsNotBelieved) {
  const auto entries = Books([](const SeenRequest&) {
    return JsonReply(ReplyBody({{.text = std::string(5000, 'x')}}, {.prompt_tokens = 0, .completion_tokens = 0}));
  });
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].charged, entries[0].most);
}

TEST(ApiTeacherBooks, ASpentBudgetSendsNothingMore) {
  for (const int allowed : {0, 1, 5}) {
    const TestServer server([](const SeenRequest& request) {
      FullReply reply = Echo(request);
      reply.delay = 0.01;
      return reply;
    });
    TestLedger ledger;
    ledger.allowed = allowed;
    ApiTeacherConfig config = QuickConfig(server.url());
    config.max_retries = 3;
    const std::unique_ptr<Teacher> teacher = MakeApiTeacher(config);
    teacher->UseLedger(&ledger);
    int answered = 0;
    for (const Reply& reply : AskAll(*teacher, ManyRequests(30))) {
      if (reply.error.empty()) {
        ++answered;
      } else {
        EXPECT_THAT(reply.error, HasSubstr("budget"));
        EXPECT_FALSE(reply.refused) << "with more money it would be answered";
      }
    }
    EXPECT_EQ(answered, allowed);
    EXPECT_EQ(server.request_count(), allowed);
    ledger.Charged();
  }
}

// A retry is a sending too.
TEST(ApiTeacherBooks, ASpentBudgetEndsRetries) {
  const TestServer server([](const SeenRequest&) { return JsonReply("{}", 500); });
  TestLedger ledger;
  ledger.allowed = 2;
  ApiTeacherConfig config = QuickConfig(server.url());
  config.max_retries = 10;
  const std::unique_ptr<Teacher> teacher = MakeApiTeacher(config);
  teacher->UseLedger(&ledger);
  EXPECT_THAT(AskAll(*teacher, ManyRequests(1)).front().error, HasSubstr("budget"));
  EXPECT_EQ(server.request_count(), 2);
}

// ---- everything at once ----

// Whatever goes wrong on the way, in the end each request has its own right answer, once, and the books say what each
// sending was: nothing for a refusal, the claim for an answer, the worst for what broke off.
class RandomFaults : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomFaults, ::testing::Range(0, 6));

TEST_P(RandomFaults, EveryRequestIsAnsweredAndTheBooksBalance) {
  const int seed = GetParam();
  RandomStream chance(static_cast<uint64_t>(seed), "faults");
  int refusals = 0, answers = 0, broken = 0;
  Usage paid;
  const TestServer server([&](const SeenRequest& request) -> Response {
    FullReply right = Echo(request);
    const size_t size = ToBytes(right).size();
    switch (chance.Below(12)) {
      case 0:
        ++broken;
        return CloseAtOnce();
      case 1: {
        ++broken;
        RawReply reset = CutAfter(right, chance.Below(size));
        reset.reset = true;
        return reset;
      }
      case 2:
        ++broken;
        return CutAfter(right, chance.Below(size));
      case 3:
        ++refusals;
        return JsonReply(ErrorBody("broken"), chance.Below(2) == 0 ? 500 : 503);
      case 4: {
        ++refusals;
        FullReply reply = JsonReply(ErrorBody("slow down"), 429);
        if (chance.Below(2) == 0) reply.headers.emplace_back("Retry-After", "0");
        return reply;
      }
      case 5: {
        ++broken;
        FullReply half = right;
        half.body.resize(half.body.size() / 2);
        // Half a stream may hold the whole of one answer: nothing is.
        if (half.headers[0].second != "application/json") half.body.clear();
        return half;
      }
      case 6:
        right.delay = 0.02;
        break;
      case 7: {
        ++answers;
        paid = paid + EchoUsage(AskedText(request), nlohmann::json::parse(request.body).value("n", 1));
        return InPieces(right, 1 + chance.Below(size), 0.001);
      }
    }
    ++answers;
    paid = paid + EchoUsage(AskedText(request), nlohmann::json::parse(request.body).value("n", 1));
    return right;
  });
  TestLedger ledger;
  ApiTeacherConfig config = QuickConfig(server.url());
  config.stream = seed % 2 == 1;
  config.n_per_request = 1 + seed % 3;
  config.concurrency = 8;
  config.max_retries = 40;  // 1 in 4 sendings fails: never as often in a row
  config.backoff = 0.001;
  config.max_backoff = 0.004;
  const std::unique_ptr<Teacher> teacher = MakeApiTeacher(config);
  teacher->UseLedger(&ledger);
  std::vector<Request> requests;
  for (int i = 0; i < 100; ++i) {
    const std::string number = std::to_string(i);
    for (int attempt = 0; attempt < config.n_per_request; ++attempt) {
      requests.push_back(ChatRequest("id " + number, "question " + number, attempt));
    }
  }
  const std::vector<Reply> replies = AskAll(*teacher, requests);
  Usage shown;
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(replies[i].error, "");
    EXPECT_EQ(Text(replies[i].completion), EchoText(Text(requests[i].prompt), requests[i].attempt));
    shown = shown + replies[i].usage;
  }
  EXPECT_GT(broken, 10);
  EXPECT_GT(refusals, 5);
  EXPECT_EQ(shown, paid) << "no answer is paid for and lost";
  EXPECT_EQ(ledger.entries().size(), static_cast<size_t>(server.request_count()));
  int free = 0, at_worst = 0;
  Usage worst;
  for (const TestLedger::Entry& entry : ledger.entries()) {
    free += entry.charged == Usage();
    if (entry.charged == entry.most) {
      ++at_worst;
      worst = worst + entry.most;
    }
  }
  EXPECT_EQ(free, refusals);
  EXPECT_EQ(at_worst, broken);
  EXPECT_EQ(ledger.Charged(), paid + worst);
}

}  // namespace
}  // namespace retort
