#include "tests/teacher/test_server.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cctype>
#include <cstdlib>
#include <list>
#include <mutex>
#include <thread>

namespace retort {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

// No proxy of the environment's stands between a test and this machine. Set before there are threads.
[[maybe_unused]] const int kNoProxy = ::setenv("no_proxy", "*", 1);

// Waits; false as soon as the other side is gone or the socket is shut down here.
bool Pause(int fd, double seconds) {
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  for (auto now = Clock::now(); now < end; now = Clock::now()) {
    pollfd entry{.fd = fd, .events = POLLRDHUP, .revents = 0};
    const int64_t left = std::chrono::ceil<std::chrono::milliseconds>(end - now).count();
    if (::poll(&entry, 1, static_cast<int>(std::min<int64_t>(left, 60'000))) > 0) return false;
  }
  return true;
}

template <class Text>  // a string_view of Boost's, another class in each version
std::string ToString(const Text& text) {
  return {text.data(), text.size()};
}

}  // namespace

class TestServer::Impl {
 public:
  Impl(Handler handler, const std::optional<TestCertificate>& certificate)
      : handler_(std::move(handler)), acceptor_(io_, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    if (certificate) {
      tls_.emplace(asio::ssl::context::tls_server);
      tls_->use_certificate_chain(asio::buffer(certificate->leaf));
      tls_->use_private_key(asio::buffer(certificate->key), asio::ssl::context::pem);
    }
    port_ = acceptor_.local_endpoint().port();
    accepting_ = std::thread([this] { Accept(); });
  }

  ~Impl() {
    stopping_ = true;
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // wakes accept()
    accepting_.join();
    {
      const std::lock_guard lock(mutex_);
      for (Connection& connection : connections_) {
        if (connection.open) ::shutdown(connection.socket.native_handle(), SHUT_RDWR);
      }
    }
    for (Connection& connection : connections_) connection.thread.join();
  }

  int port() const { return port_; }
  bool tls() const { return tls_.has_value(); }

  mutable std::mutex mutex_;  // of these
  std::vector<SeenRequest> seen_;
  int requests_ = 0, in_flight_ = 0, most_in_flight_ = 0, accepted_ = 0;
  int64_t sent_ = 0;

 private:
  struct Connection {
    explicit Connection(Tcp::socket its) : socket(std::move(its)) {}
    Tcp::socket socket;
    bool open = true;  // guarded by mutex_
    std::thread thread;
  };
  enum class After { kNextRequest, kClose, kReset };

  void Accept() {
    while (!stopping_) {
      error_code error;
      Tcp::socket socket(io_);
      acceptor_.accept(socket, error);
      if (error == asio::error::connection_aborted) continue;
      if (error) return;
      socket.set_option(Tcp::no_delay(true), error);
      const std::lock_guard lock(mutex_);
      Connection& connection = connections_.emplace_back(std::move(socket));
      connection.thread = std::thread([this, &connection, number = accepted_++] { Serve(connection, number); });
    }
  }

  void Serve(Connection& connection, int number) {
    Tcp::socket& socket = connection.socket;
    After after = After::kClose;
    if (!tls_) {
      after = ServeAll(socket, socket, number);
    } else {
      asio::ssl::stream<Tcp::socket&> stream(socket, *tls_);
      error_code error;
      stream.handshake(asio::ssl::stream_base::server, error);
      if (!error) after = ServeAll(stream, socket, number);
      if (!error && after == After::kClose) {
        ::shutdown(socket.native_handle(), SHUT_RD);  // says goodbye without waiting for the other side's
        stream.shutdown(error);
      }
    }
    const std::lock_guard lock(mutex_);
    error_code ignored;
    if (after == After::kReset) socket.set_option(asio::socket_base::linger(true, 0), ignored);
    connection.open = false;
    socket.close(ignored);
  }

  template <class Stream>
  After ServeAll(Stream& stream, Tcp::socket& socket, int connection) {
    boost::beast::flat_buffer buffer;
    while (!stopping_) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(uint64_t{64} << 20);
      error_code error;
      http::read_header(stream, buffer, parser, error);
      if (error) return After::kClose;
      if (parser.get().count(http::field::expect) > 0 && !Write(stream, "HTTP/1.1 100 Continue\r\n\r\n")) {
        return After::kClose;
      }
      http::read(stream, buffer, parser, error);
      if (error) return After::kClose;
      const SeenRequest request = Note(parser.get(), connection);
      const Response response = Handle(request);
      const After after = std::visit(
          [&](const auto& reply) { return Send(stream, socket, reply, parser.get().keep_alive()); }, response);
      if (after != After::kNextRequest) return after;
    }
    return After::kClose;
  }

  SeenRequest Note(const http::request<http::string_body>& request, int connection) {
    SeenRequest seen{.method = ToString(request.method_string()),
                     .target = ToString(request.target()),
                     .body = request.body(),
                     .connection = connection,
                     .time = Clock::now()};
    for (const auto& field : request) {
      std::string name = ToString(field.name_string());
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      seen.headers[name] = ToString(field.value());
    }
    const std::lock_guard lock(mutex_);
    seen.number = requests_++;
    most_in_flight_ = std::max(most_in_flight_, ++in_flight_);
    if (seen_.size() < kMostKept) seen_.push_back(seen);
    return seen;
  }

  Response Handle(const SeenRequest& request) {
    const std::lock_guard lock(handler_mutex_);
    try {
      return handler_(request);
    } catch (const std::exception& error) {  // most likely what it was sent makes no sense: let the test say so
      return FullReply{.status = 400, .body = std::string("the test's handler threw: ") + error.what()};
    }
  }

  void Landed() {
    const std::lock_guard lock(mutex_);
    --in_flight_;
  }

  template <class Stream>
  After Send(Stream& stream, Tcp::socket& socket, FullReply reply, bool keep_alive) {
    const bool here = Pause(socket.native_handle(), reply.delay);
    Landed();
    if (!keep_alive) reply.headers.emplace_back("Connection", "close");
    return here && Write(stream, ToBytes(reply)) && keep_alive ? After::kNextRequest : After::kClose;
  }

  template <class Stream>
  After Send(Stream& stream, Tcp::socket& socket, const RawReply& reply, bool /*keep_alive*/) {
    bool in_flight = true, here = true;
    while (here && !stopping_) {
      const std::optional<RawReply::Piece> piece = reply.next();
      if (!piece) break;
      here = Pause(socket.native_handle(), piece->pause);
      if (in_flight && !piece->bytes.empty()) {
        Landed();
        in_flight = false;
      }
      here = here && Write(stream, piece->bytes);
    }
    if (in_flight) Landed();
    if (reply.keep_open && here) return After::kNextRequest;
    return reply.reset ? After::kReset : After::kClose;
  }

  template <class Stream>
  bool Write(Stream& stream, const std::string& bytes) {
    error_code error;
    const size_t written = asio::write(stream, asio::buffer(bytes), error);
    const std::lock_guard lock(mutex_);
    sent_ += static_cast<int64_t>(written);
    return !error;
  }

  std::mutex handler_mutex_;
  Handler handler_;
  int port_ = 0;
  asio::io_context io_;
  std::optional<asio::ssl::context> tls_;
  Tcp::acceptor acceptor_;
  std::atomic<bool> stopping_ = false;
  std::list<Connection> connections_;  // grows under mutex_, by the accepting thread alone
  std::thread accepting_;
};

TestServer::TestServer(Handler handler, const std::optional<TestCertificate>& tls)
    : impl_(std::make_unique<Impl>(std::move(handler), tls)) {}
TestServer::~TestServer() = default;

int TestServer::port() const { return impl_->port(); }

std::string TestServer::url(const std::string& path, const std::string& host) const {
  return (impl_->tls() ? "https://" : "http://") + host + ":" + std::to_string(port()) + path;
}

std::vector<SeenRequest> TestServer::requests() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->seen_;
}

int TestServer::request_count() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->requests_;
}

int TestServer::connection_count() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->accepted_;
}

int TestServer::most_in_flight() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->most_in_flight_;
}

int64_t TestServer::bytes_sent() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->sent_;
}

std::string ToBytes(const FullReply& reply) {
  std::string bytes = "HTTP/1.1 " + std::to_string(reply.status) + " whatever\r\n";
  bool has_length = false;
  for (const auto& [name, value] : reply.headers) {
    bytes.append(name).append(": ").append(value).append("\r\n");
    has_length = has_length || name == "Content-Length" || name == "Transfer-Encoding";
  }
  if (!has_length) bytes += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
  return bytes + "\r\n" + reply.body;
}

RawReply Raw(std::vector<RawReply::Piece> pieces) {
  auto left = std::make_shared<std::list<RawReply::Piece>>(pieces.begin(), pieces.end());
  return {.next = [left]() -> std::optional<RawReply::Piece> {
    if (left->empty()) return std::nullopt;
    RawReply::Piece piece = std::move(left->front());
    left->pop_front();
    return piece;
  }};
}

RawReply CloseAtOnce() { return Raw({}); }
RawReply CutAfter(const FullReply& reply, size_t bytes) { return Raw({{.bytes = ToBytes(reply).substr(0, bytes)}}); }
RawReply StallAfter(const FullReply& reply, size_t bytes) {
  return Raw({{.bytes = ToBytes(reply).substr(0, bytes)}, {.bytes = "", .pause = 3600}});
}

RawReply InPieces(const FullReply& reply, size_t piece_bytes, double pause) {
  const std::string bytes = ToBytes(reply);
  std::vector<RawReply::Piece> pieces;
  for (size_t at = 0; at < bytes.size(); at += piece_bytes) {
    pieces.push_back({.bytes = bytes.substr(at, piece_bytes), .pause = at == 0 ? 0 : pause});
  }
  RawReply raw = Raw(std::move(pieces));
  raw.keep_open = true;
  return raw;
}

RawReply Repeat(const std::string& head, const std::string& block, int64_t times, double pause) {
  auto sent = std::make_shared<int64_t>(-1);
  return {.next = [=]() -> std::optional<RawReply::Piece> {
    if (times >= 0 && *sent >= times) return std::nullopt;
    return ++*sent == 0 ? RawReply::Piece{.bytes = head} : RawReply::Piece{.bytes = block, .pause = pause};
  }};
}

int ClosedPort() {
  asio::io_context io;
  return Tcp::acceptor(io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)).local_endpoint().port();
}

}  // namespace retort
