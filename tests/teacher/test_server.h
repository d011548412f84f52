// An HTTP/1.1 server in this process that does whatever a test wants a server to do wrong: stalls, lies about lengths,
// breaks off, never ends. One thread a connection and blocking calls: a test has a few dozen connections at most, and a
// thread that hangs in one is set free by shutting its socket down.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/teacher/test_certificate.h"

namespace retort {

struct SeenRequest {
  std::string method, target, body;
  std::map<std::string, std::string> headers;  // names in lower case
  int number = 0;                              // from 0, over all connections
  int connection = 0;                          // from 0
  std::chrono::steady_clock::time_point time;  // of its last byte
};

// A proper reply: the connection stays open if the client wants it to.
struct FullReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // Content-Length is added unless one stands here
  std::string body;
  double delay = 0;  // seconds before its first byte
};

// Bytes as they are, then the connection is closed.
struct RawReply {
  struct Piece {
    std::string bytes;
    double pause = 0;  // seconds before it is sent
  };
  // Asked for the next piece until it has none: no piece at all closes the connection at once, and one that never ends
  // is sent until the client goes away, with only one piece in memory.
  std::function<std::optional<Piece>()> next;
  bool keep_open = false;  // reads another request from the connection afterwards
  bool reset = false;      // RST instead of FIN
};

using Response = std::variant<FullReply, RawReply>;

std::string ToBytes(const FullReply& reply);
RawReply Raw(std::vector<RawReply::Piece> pieces);
RawReply CloseAtOnce();
RawReply CutAfter(const FullReply& reply, size_t bytes);
// The first `bytes` of it, and then nothing, on an open connection.
RawReply StallAfter(const FullReply& reply, size_t bytes);
// The whole of it; the connection stays open.
RawReply InPieces(const FullReply& reply, size_t piece_bytes, double pause = 0);
// `head`, then `block` over and over: `times`, or without end.
RawReply Repeat(const std::string& head, const std::string& block, int64_t times = -1, double pause = 0);

class TestServer {
 public:
  // Never called twice at once, so that what it changes needs no lock.
  using Handler = std::function<Response(const SeenRequest&)>;

  explicit TestServer(Handler handler, const std::optional<TestCertificate>& tls = std::nullopt);
  // Returns promptly, also with clients hanging.
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  int port() const;
  std::string url(const std::string& path = "/v1", const std::string& host = "127.0.0.1") const;
  // Copies; the first kMostKept only.
  std::vector<SeenRequest> requests() const;
  int request_count() const;
  int connection_count() const;
  // A request is in flight from its last byte until the first byte of its reply (else one that the client has read
  // whole might still count).
  int most_in_flight() const;
  // Bytes of replies given to the system to send.
  int64_t bytes_sent() const;

  static constexpr int kMostKept = 20000;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// A port on which nobody listens (it was free a moment ago).
int ClosedPort();

}  // namespace retort
