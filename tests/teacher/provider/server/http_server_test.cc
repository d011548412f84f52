// The transport alone, against clients that mean no good. The handler echoes.
#include "teacher/provider/server/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "tests/teacher/provider/server/raw_client.h"

namespace retort {
namespace {

using testing::StartsWith;

const std::string kHead = " HTTP/1.1\r\nHost: localhost\r\n";

// Answers with method, path and body. "/hold" and "/stream" are kept for the test to answer, "/drop" is forgotten.
class HttpServerTest : public testing::Test {
 protected:
  void SetUp() override { Restart({}); }
  void TearDown() override { server_.reset(); }
  void Restart(const HttpLimits& limits) {
    server_.reset();
    server_ = std::make_unique<HttpServer>(
        "127.0.0.1", 0, limits,
        [this](const HttpRequest& request, const std::shared_ptr<HttpReply>& reply) { Handle(request, reply); });
  }
  void Handle(const HttpRequest& request, const std::shared_ptr<HttpReply>& reply) {
    if (request.path == "/no-body") return reply->Send(403, {}, "not you");
    reply->ReadBody([=, this](const std::string& body) { Answer(request, reply, body); });
  }
  void Answer(const HttpRequest& request, std::shared_ptr<HttpReply> reply, const std::string& body) {
    ++handled_;
    if (request.path == "/hold" || request.path == "/stream") {
      reply->OnGone([this] { ++gone_; });
      if (request.path == "/stream") reply->Start(200, {{"content-type", "text/plain"}});
      const std::lock_guard lock(mutex_);
      held_.push_back(std::move(reply));
    } else if (request.path == "/fields") {
      std::string all;
      for (const auto& [name, value] : request.headers) all.append(name).append("=").append(value).append(" ");
      reply->Send(200, {}, all + body);
    } else if (request.path != "/drop") {
      reply->Send(200, {{"content-type", "text/plain"}},
                  request.method + " " + request.path + " " + request.query + " " + body);
    }
  }
  int port() const { return server_->port(); }
  SeenReply Ask(const std::string& bytes) const {
    RawClient client(port());
    client.Send(bytes);
    return client.Read(5);
  }
  // A refusal ends the connection, so that nothing behind it is taken for a request.
  void ExpectRefused(const std::string& bytes, int status) {
    RawClient client(port());
    const int before = handled_;
    client.Send(bytes);
    const SeenReply reply = client.Read(5);
    EXPECT_EQ(reply.status, status) << bytes.substr(0, 200);
    if (reply.status == 0) return;
    EXPECT_EQ(reply.headers.at("connection"), "close");
    EXPECT_TRUE(reply.json()["error"]["message"].is_string());
    EXPECT_EQ(handled_, before);
  }
  std::shared_ptr<HttpReply> Held(size_t index = 0) {
    Soon([&] {
      const std::lock_guard lock(mutex_);
      return held_.size() > index;
    });
    const std::lock_guard lock(mutex_);
    return held_.at(index);
  }

  std::atomic<int> handled_ = 0, gone_ = 0;
  std::mutex mutex_;
  std::vector<std::shared_ptr<HttpReply>> held_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, KeepsAConnectionForManyRequests) {
  RawClient client(port());
  for (int i = 0; i < 3; ++i) {
    client.Send("POST /a?b=c" + kHead + "Content-Length: 3\r\n\r\nxyz");
    EXPECT_EQ(client.Read().body, "POST /a b=c xyz");
  }
  client.Send("POST /chunks" + kHead + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n");
  EXPECT_EQ(client.Read().body, "POST /chunks  abc");
  client.Send("GET /last" + kHead + "Connection: close\r\n\r\n");
  EXPECT_EQ(client.Read().headers.at("connection"), "close");
  EXPECT_TRUE(client.Closed());
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  RawClient client(port());
  std::string all;
  for (int i = 0; i < 20; ++i) all += "GET /" + std::to_string(i) + kHead + "\r\n";
  client.Send(all);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.Read().body, "GET /" + std::to_string(i) + "  ");
}

TEST_F(HttpServerTest, SpeaksTheOlderHttpToo) {
  const SeenReply reply = Ask("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_EQ(reply.body, "GET /old  ");
  EXPECT_EQ(reply.headers.at("connection"), "close");
  RawClient client(port());
  client.Send("GET /stream HTTP/1.0\r\n\r\n");
  Held()->Write("no chunks");
  Held()->Finish();
  const SeenReply stream = client.Read();
  EXPECT_EQ(stream.body, "no chunks");
  EXPECT_FALSE(stream.headers.contains("transfer-encoding"));
}

TEST_F(HttpServerTest, SaysGoOnWhereAClientAsksFirst) {
  RawClient client(port());
  client.Send("POST /" + kHead + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_THAT(client.ReadBytes(10), StartsWith("HTTP/1.1 100 "));
  EXPECT_EQ(client.Read(5, true).status, 100);
  client.Send("ok");
  EXPECT_EQ(client.Read().body, "POST /  ok");
  ExpectRefused("POST /" + kHead + "Expect: a-miracle\r\nContent-Length: 2\r\n\r\nok", 417);
}

// What a proxy in front has not seen, and a client may put there.
TEST_F(HttpServerTest, FieldsBehindTheBodyAreNoHeaders) {
  RawClient client(port());
  client.Send("POST /fields" + kHead +
              "X-Real: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
              "X-Forwarded-For: 1.2.3.4\r\nAuthorization: Bearer x\r\nHost: other\r\nConnection: close\r\n\r\n");
  const SeenReply reply = client.Read();
  EXPECT_EQ(reply.body, "host=localhost x-real=a transfer-encoding=chunked ok");
  EXPECT_FALSE(reply.headers.contains("connection"));
  client.Send("GET /next" + kHead + "\r\n");
  EXPECT_EQ(client.Read().body, "GET /next  ");
}

TEST_F(HttpServerTest, RefusesWhatIsTooLarge) {
  ExpectRefused("POST /" + kHead + "Content-Length: 10737418240\r\n\r\n", 413);
  ExpectRefused("POST /" + kHead + "Content-Length: 2000000\r\n\r\n" + std::string(2000, 'x'), 413);
  ExpectRefused("POST /" + kHead + "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n" + std::string(2000, 'x'), 413);
  std::string chunks = "POST /" + kHead + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 30; ++i) chunks += "10000\r\n" + std::string(65536, 'x') + "\r\n";
  ExpectRefused(chunks, 413);
  ExpectRefused("GET /" + std::string(100000, 'a') + kHead + "\r\n", 431);
  ExpectRefused("GET /" + kHead + "X: " + std::string(100000, 'a') + "\r\n\r\n", 431);
  std::string many = "GET /" + kHead;
  for (int i = 0; i < 100000; ++i) many += "a: b\r\n";
  ExpectRefused(many + "\r\n", 431);
  // A chunk whose extension never ends.
  ExpectRefused("POST /" + kHead + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(400000, 'e'), 431);
}

TEST_F(HttpServerTest, RefusesWhatCanBeReadInTwoWays) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n", body = "\r\n0\r\n\r\n";
  const std::vector<std::string> heads = {
      "Content-Length: 5\r\n" + chunked,
      chunked + "Content-Length: 5\r\n",
      "Content-Length: 5\r\nContent-Length: 5\r\n",
      "Content-Length: 5\r\nContent-Length: 6\r\n",
      "Content-Length: -1\r\n",
      "Content-Length: +5\r\n",
      "Content-Length: 0x5\r\n",
      "Content-Length: 5, 5\r\n",
      "Content-Length: 99999999999999999999\r\n",
      "Transfer-Encoding: gzip, chunked\r\n",
      "Transfer-Encoding: identity\r\n",
      "Transfer-Encoding: xchunked\r\n",
      "Transfer-Encoding: chunked, chunked\r\n",
      chunked + chunked,
      "Transfer-Encoding : chunked\r\n",
      "Host: other\r\n",
      "no colon\r\n",
      "bad name: x\r\n",
      "X: a\x01z\r\n",
      "X: a\r\n b\r\n",
      "X: a\r\n\tTransfer-Encoding: chunked\r\n",
      " X: a\r\n",
      std::string("X: a\0z\r\n", 8),
  };
  for (const std::string& head : heads)
    ExpectRefused(std::string("POST /").append(kHead).append(head).append(body), 400);
  ExpectRefused("POST /" + kHead + chunked + "\r\n-1\r\nabc\r\n0\r\n\r\n", 400);
  ExpectRefused("POST /" + kHead + chunked + "\r\n3\r\nabcd\r\n0\r\n\r\n", 400);
  ExpectRefused("POST /" + kHead + chunked + "\r\nfffffffffffffffff\r\nabcd\r\n0\r\n\r\n", 400);
  ExpectRefused("GET / HTTP/1.1\r\n\r\n", 400);
  ExpectRefused("GET / HTTP/9.9\r\nHost: a\r\n\r\n", 400);
  ExpectRefused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
  ExpectRefused(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), 400);  // a client that expects TLS
  ExpectRefused("GET  /two-spaces HTTP/1.1\r\nHost: a\r\n\r\n", 400);
}

TEST_F(HttpServerTest, ARefusedConnectionIsClosed) {
  RawClient client(port());
  client.Send("POST /" + kHead + "Content-Length: -1\r\n\r\nGET /smuggled" + kHead + "\r\n");
  EXPECT_EQ(client.Read().status, 400);
  EXPECT_TRUE(client.Closed());
  EXPECT_EQ(handled_, 0);
}

TEST_F(HttpServerTest, ClosesWhatIsTooSlow) {
  Restart({.header_timeout = 0.4, .body_timeout = 0.6, .idle_timeout = 0.4});
  RawClient kept(port());
  kept.Send("GET /" + kHead + "\r\n");  // at once: it is to be in time
  EXPECT_EQ(kept.Read().status, 200);
  RawClient silent(port()), half(port()), slow(port());
  half.Send("GET / HTT");
  slow.Send("POST /" + kHead + "Content-Length: 5\r\n\r\nab");
  EXPECT_TRUE(silent.Closed(4));
  EXPECT_TRUE(half.Closed(4));
  EXPECT_TRUE(slow.Closed(4));
  EXPECT_TRUE(kept.Closed(4));
  // A byte now and then buys no time.
  RawClient drip(port());
  const double start = MonotonicSeconds();
  while (MonotonicSeconds() - start < 6 && drip.Send("G") && !drip.Closed(0.02)) {
  }
  EXPECT_LT(MonotonicSeconds() - start, 2);
  EXPECT_TRUE(Soon([&] { return server_->connections() == 0; }));
}

TEST_F(HttpServerTest, AClientThatReadsNothingIsLetGo) {
  Restart({.write_timeout = 0.3});
  RawClient client(port());
  client.Send("GET /stream" + kHead + "\r\n");
  const auto reply = Held();
  for (int i = 0; i < 300; ++i) reply->Write(std::string(100000, 'x'));
  EXPECT_TRUE(Soon([&] { return gone_ == 1 && server_->connections() == 0; }));
}

TEST_F(HttpServerTest, AStreamThatIsNotTakenIsNotKept) {
  Restart({.max_unsent_bytes = 1 << 20, .write_timeout = 60});
  RawClient client(port());
  client.Send("GET /stream" + kHead + "\r\n");
  const auto reply = Held();
  EXPECT_FALSE(reply->gone());
  for (int i = 0; i < 300; ++i) reply->Write(std::string(100000, 'x'));
  EXPECT_TRUE(Soon([&] { return gone_ == 1 && reply->gone() && server_->connections() == 0; }));
}

// Slower than write_timeout in all, but not for any part; the system's own buffers take some of it.
TEST_F(HttpServerTest, AClientThatTakesAllSlowlyGetsAll) {
  Restart({.write_timeout = 0.6});
  RawClient client(port());
  client.Send("GET /hold" + kHead + "\r\n");
  Held()->Send(200, {}, std::string(16 << 20, 'x'));
  for (size_t most = 1 << 20; most < 16 << 20; most += 1 << 20) {
    client.ReadBytes(most);
    std::this_thread::sleep_for(std::chrono::milliseconds(70));
  }
  EXPECT_EQ(client.Read().body.size(), size_t{16} << 20);
}

TEST_F(HttpServerTest, TellsWhenAClientLeaves) {
  {
    RawClient client(port());
    client.Send("GET /hold" + kHead + "\r\n");
    Held();
  }
  EXPECT_TRUE(Soon([&] { return gone_ == 1; }));
  RawClient resets(port());
  resets.Send("GET /hold" + kHead + "\r\n");
  Held(1);
  resets.Reset();
  EXPECT_TRUE(Soon([&] { return gone_ == 2; }));
  {
    RawClient pipelines(port());  // its next request waits unread
    pipelines.Send("GET /hold" + kHead + "\r\n");
    Held(2);
    pipelines.Send("GET /hold" + kHead + "\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_TRUE(Soon([&] { return gone_ == 3; }));
  EXPECT_EQ(handled_, 3);
  EXPECT_TRUE(Soon([&] { return server_->connections() == 0; }));
  Held(0)->Send(200, {}, "for nobody");
  Held(1)->Start(200, {});
  Held(1)->Write("for nobody");
  std::atomic<int> late = 0;
  Held(2)->OnGone([&] { ++late; });
  EXPECT_TRUE(Soon([&] { return late == 1; }));
}

TEST_F(HttpServerTest, AForgottenReplyIsAnError) {
  EXPECT_EQ(Ask("GET /drop" + kHead + "\r\n").status, 500);
  RawClient client(port());
  client.Send("GET /stream" + kHead + "\r\n");
  Held()->Write("the first half");
  {
    const std::lock_guard lock(mutex_);
    held_.clear();
  }
  EXPECT_EQ(client.Read().status, 0);  // ends without the last chunk
}

TEST_F(HttpServerTest, WhenFullTheMostSilentGoes) {
  Restart({.max_connections = 3});
  RawClient first(port());
  EXPECT_TRUE(Soon([&] { return server_->connections() == 1; }));
  RawClient busy(port());
  busy.Send("GET /hold" + kHead + "\r\n");
  Held();
  RawClient second(port());
  EXPECT_TRUE(Soon([&] { return server_->connections() == 3; }));
  EXPECT_EQ(Ask("GET /new" + kHead + "\r\n").status, 200);
  EXPECT_TRUE(first.Closed(1));
  RawClient more(port()), most(port());
  more.Send("GET /hold" + kHead + "\r\n");
  Held(1);
  most.Send("GET /hold" + kHead + "\r\n");
  Held(2);
  EXPECT_EQ(Ask("GET /late" + kHead + "\r\n").status, 503);  // nobody can be dropped
  Held(0)->Send(200, {}, "at last");
  EXPECT_EQ(busy.Read().body, "at last");
}

TEST_F(HttpServerTest, OneAddressHasItsShareOfConnections) {
  HttpLimits limits{.max_connections_each = 2};
  limits.always = "/health";
  Restart(limits);
  RawClient one(port()), two(port());
  one.Send("GET /hold" + kHead + "\r\n");
  Held();
  two.Send("GET /hold" + kHead + "\r\n");
  Held(1);
  EXPECT_EQ(Ask("GET /new" + kHead + "\r\n").status, 503);
  EXPECT_EQ(Ask("GET /health" + kHead + "\r\n").status, 200);
  Held(0)->Send(200, {}, "first");
  EXPECT_EQ(one.Read().status, 200);
  EXPECT_EQ(Ask("GET /new" + kHead + "\r\n").status, 200);  // in the place of the one that is silent now
  EXPECT_TRUE(one.Closed());
}

TEST_F(HttpServerTest, CallersHaveTheirSharesEachAndSomeAreNotCounted) {
  std::atomic<int> come = 0;
  HttpLimits limits{.max_connections_each = 1};
  limits.caller = [&](const std::string& peer) {
    EXPECT_EQ(peer, "127.0.0.1");
    return std::vector<std::string>{"a", "b", "", "", "a"}.at(static_cast<size_t>(come++));
  };
  Restart(limits);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (size_t i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    clients.back()->Send("GET /hold" + kHead + "\r\n");
    Held(i);
  }
  EXPECT_EQ(Ask("GET /" + kHead + "\r\n").status, 503);
  server_->Stop(0);  // it calls what ends with this test
}

TEST_F(HttpServerTest, WhoMayNotAskIsToldBeforeItsBodyIsRead) {
  RawClient client(port());
  client.Send("POST /no-body" + kHead + "Content-Length: 900000\r\n\r\nabc");
  const SeenReply reply = client.Read();
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.body, "not you");
  EXPECT_EQ(reply.headers.at("connection"), "close");
  RawClient asks_first(port());
  asks_first.Send("POST /no-body" + kHead + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(asks_first.Read().status, 403);
  EXPECT_EQ(Ask("POST /no-body" + kHead + "Content-Length: 3\r\n\r\nabcGET /smuggled" + kHead + "\r\n").status, 403);
  EXPECT_EQ(handled_, 0);
  RawClient has_none(port());  // which leaves nothing unread
  for (int i = 0; i < 2; ++i) {
    has_none.Send("GET /no-body" + kHead + "\r\n");
    EXPECT_EQ(has_none.Read().status, 403);
  }
  const std::string body(500000, 'x');  // all on its way already: the answer is not lost with it
  EXPECT_EQ(Ask("POST /no-body" + kHead + "Content-Length: 500000\r\n\r\n" + body).status, 403);
}

TEST_F(HttpServerTest, OnePathIsAnsweredThoughAllPlacesAreTaken) {
  HttpLimits limits{.max_connections = 2};
  limits.always = "/health";
  Restart(limits);
  RawClient one(port()), two(port());
  one.Send("GET /hold" + kHead + "\r\n");
  Held();
  two.Send("GET /hold" + kHead + "\r\n");
  Held(1);
  EXPECT_EQ(Ask("GET /health" + kHead + "\r\n").body, "GET /health  ");
  EXPECT_EQ(Ask("GET /health" + kHead + "\r\n").headers.at("connection"), "close");
  EXPECT_EQ(Ask("GET /other" + kHead + "\r\n").status, 503);
  std::vector<std::unique_ptr<RawClient>> silent;  // they keep nobody out
  silent.reserve(40);
  for (int i = 0; i < 40; ++i) silent.push_back(std::make_unique<RawClient>(port()));
  EXPECT_EQ(Ask("GET /health" + kHead + "\r\n").status, 200);
}

TEST_F(HttpServerTest, StopsAfterWhatItIsDoing) {
  RawClient idle(port()), busy(port());
  busy.Send("GET /hold" + kHead + "\r\n");
  const auto reply = Held();
  const int port_before = port();
  std::thread finishes([&] {
    // Answers when the server is stopping: nobody can connect any more.
    const auto stopping = [&] {
      try {
        const RawClient another(port_before);
        return false;
      } catch (const std::runtime_error&) {
        return true;
      }
    };
    EXPECT_TRUE(Soon(stopping));
    reply->Send(200, {}, "done");
  });
  const double start = MonotonicSeconds();
  server_->Stop(10);
  finishes.join();
  EXPECT_LT(MonotonicSeconds() - start, 5);
  const SeenReply seen = busy.Read();
  EXPECT_EQ(seen.body, "done");
  EXPECT_EQ(seen.headers.at("connection"), "close");
  EXPECT_TRUE(idle.Closed());
  EXPECT_ANY_THROW(RawClient{port_before});
}

TEST_F(HttpServerTest, StopsInTimeWhateverHangs) {
  RawClient busy(port());
  busy.Send("GET /hold" + kHead + "\r\n");
  Held();
  const double start = MonotonicSeconds();
  server_->Stop(0.1);
  EXPECT_LT(MonotonicSeconds() - start, 2);
  EXPECT_EQ(gone_, 1);
}

TEST_F(HttpServerTest, SaysWhyItCannotListen) {
  const auto nothing = [](const HttpRequest&, const std::shared_ptr<HttpReply>&) {};
  EXPECT_THROW(HttpServer("127.0.0.1", port(), {}, nothing), Error);
  EXPECT_THROW(HttpServer("no address", 0, {}, nothing), Error);
  EXPECT_THROW(HttpServer("192.0.2.7", 0, {}, nothing), Error);  // of nobody
}

}  // namespace
}  // namespace retort
