#include "teacher/provider/server/http_server.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "core/base/error.h"
#include "teacher/provider/server/http_connection.h"

namespace retort {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

constexpr double kAcceptPause = 0.1;  // seconds, where the system has no more sockets
constexpr int kSpares = 16;           // connections beyond all, for HttpLimits.always
constexpr int kAways = 64;            // that are being told that there is no room
constexpr int kOtherFiles = 64;       // that this process has open beside its connections

void RaiseFileLimit(int connections) {
  rlimit limit{};
  const auto needed = static_cast<rlim_t>(connections + kSpares + kAways + kOtherFiles);
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return;
  limit.rlim_cur = std::min(needed, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= needed) return;
  throw Error({.place = fmt::format("http.max_connections={}", connections)},
              fmt::format("this system lets a process have {} open files", limit.rlim_cur),
              "raise that (ulimit -n), or allow fewer connections");
}

}  // namespace

class HttpServer::Impl : public HttpHost, public std::enable_shared_from_this<HttpServer::Impl> {
 public:
  Impl(const HttpLimits& limits, Handler handler)
      : limits_(limits), handler_(std::move(handler)), io_(1), acceptor_(io_), pause_(io_), end_(io_) {}

  void Listen(const std::string& address, int port) {
    RaiseFileLimit(limits_.max_connections);
    error_code error;
    const asio::ip::address ip = asio::ip::make_address(address, error);
    const auto fail = [&](const std::string& mend) {
      throw Error({.place = fmt::format("{} port {}", address, port)},
                  fmt::format("cannot listen: {}", error.message()), mend);
    };
    if (error) fail("give an address of this machine, such as 127.0.0.1");
    const Tcp::endpoint end(ip, static_cast<uint16_t>(port));
    acceptor_.open(end.protocol(), error);
    if (!error) acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(end, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) fail("take another port, or end what uses it");
    port_ = acceptor_.local_endpoint().port();
    Accept();
    thread_ = std::thread([this] { io_.run(); });
  }

  void Stop(double seconds) {
    if (!thread_.joinable()) return;
    Post([self = shared_from_this(), seconds] { self->BeginStop(seconds); });
    thread_.join();
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    io_.restart();
    io_.poll();  // what was posted meanwhile holds connections
  }

  int port() const { return port_; }
  int connections() const { return count_; }

  const HttpLimits& limits() const override { return limits_; }
  void Handle(HttpRequest request, std::shared_ptr<HttpReply> reply) override {
    try {
      handler_(std::move(request), std::move(reply));
    } catch (const std::exception&) {  // the reply that was dropped has said so
    }
  }
  void Post(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    if (!stopped_) asio::post(io_, std::move(work));
  }
  void Closed(const void* connection) override {
    connections_.erase(connection);
    count_ = static_cast<int>(connections_.size());
    if (stopping_ && connections_.empty()) io_.stop();
  }

 private:
  enum class Place { kFull, kSpare, kAway };  // any request; HttpLimits.always alone; told that there is no room
  struct Entry {
    std::shared_ptr<HttpConnection> connection;
    std::string caller;
    Place place = Place::kFull;
  };

  void Accept() {
    acceptor_.async_accept([this](error_code error, Tcp::socket socket) {
      if (stopping_ || error == asio::error::operation_aborted) return;
      if (error && error != asio::error::connection_aborted) {  // most likely no more files
        pause_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(
            std::chrono::duration<double>(kAcceptPause)));
        pause_.async_wait([this](error_code cancelled) {
          if (!cancelled) Accept();
        });
        return;
      }
      if (!error) Admit(std::move(socket));
      Accept();
    });
  }

  // One more takes the place of the one that has been silent longest: of its caller's, where those are too many, else
  // of all. Where none is silent it may still ask for what is always answered.
  void Admit(Tcp::socket socket) {
    auto connection = std::make_shared<HttpConnection>(std::move(socket), shared_from_this());
    const std::string caller = limits_.caller ? limits_.caller(connection->peer()) : connection->peer();
    const bool counts = limits_.max_connections_each > 0 && !caller.empty();
    Place place = Place::kAway;
    if ((!counts || MakeRoom(Place::kFull, limits_.max_connections_each, &caller)) &&
        MakeRoom(Place::kFull, limits_.max_connections)) {
      place = Place::kFull;
    } else if (!limits_.always.empty() && MakeRoom(Place::kSpare, kSpares)) {
      place = Place::kSpare;
    } else if (!MakeRoom(Place::kAway, kAways)) {
      return;  // not even that is told
    }
    connections_[connection.get()] = {.connection = connection, .caller = caller, .place = place};
    count_ = static_cast<int>(connections_.size());
    if (place == Place::kFull) {
      connection->Start();
    } else if (place == Place::kSpare) {
      connection->StartSpare();
    } else {
      connection->TurnAway();
    }
  }

  // Whether there is room for one more of a kind, `caller`'s or all, of which `most` may be; cuts the most silent one
  // if need be.
  bool MakeRoom(Place place, int most, const std::string* caller = nullptr) {
    std::shared_ptr<HttpConnection> oldest;
    int count = 0;
    for (const auto& [key, entry] : connections_) {
      if (entry.place != place || (caller != nullptr && entry.caller != *caller)) continue;
      ++count;
      const auto& connection = entry.connection;
      if (connection->idle() && (!oldest || connection->silent_since() < oldest->silent_since())) oldest = connection;
    }
    if (count < most) return true;
    if (oldest) oldest->Cut();
    return oldest != nullptr;
  }

  void BeginStop(double seconds) {
    if (stopping_) return;
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    end_.expires_after(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds)));
    end_.async_wait([this](error_code error) {
      if (error) return;
      for (const auto& connection : All()) connection->Cut();
      io_.stop();
    });
    for (const auto& connection : All()) connection->Drain();
    if (connections_.empty()) io_.stop();
  }

  std::vector<std::shared_ptr<HttpConnection>> All() const {
    std::vector<std::shared_ptr<HttpConnection>> all;
    all.reserve(connections_.size());
    for (const auto& [key, entry] : connections_) all.push_back(entry.connection);
    return all;
  }

  const HttpLimits limits_;
  const Handler handler_;
  asio::io_context io_;
  Tcp::acceptor acceptor_;
  asio::steady_timer pause_, end_;
  int port_ = 0;
  std::map<const void*, Entry> connections_;
  std::atomic<int> count_ = 0;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;  // of stopped_ and what it decides
  bool stopped_ = false;
  std::thread thread_;
};

void Describe(Describer& d, HttpLimits& limits) {
  d.Field("max_connections", limits.max_connections,
          {.help = "at once; one more takes the place of the one that has been silent longest",
           .min = 1,
           .max = 65536,
           .numerics = false});
  d.Field(
      "max_connections_each", limits.max_connections_each,
      {.help = "of them of one address, or one v6 network of gateway.v6_prefix bits; those of gateway.trusted_proxies "
               "do not count; 0: any",
       .min = 0,
       .max = 65536,
       .numerics = false});
  d.Field("max_header_bytes", limits.max_header_bytes,
          {.help = "of a request", .unit = "bytes", .min = 256, .max = 1 << 20, .numerics = false});
  d.Field("max_body_bytes", limits.max_body_bytes,
          {.help = "of a request", .unit = "bytes", .min = 1, .max = 1 << 30, .numerics = false});
  d.Field("max_unsent_bytes", limits.max_unsent_bytes,
          {.help = "of a stream that wait for its client; beyond them it is cut",
           .unit = "bytes",
           .min = 1024,
           .max = 1 << 30,
           .numerics = false});
  const auto seconds = [&](std::string_view name, double& value, std::string_view help) {
    d.Field(name, value, {.help = help, .unit = "seconds", .min = 0.01, .max = 86400, .numerics = false});
  };
  seconds("header_timeout", limits.header_timeout, "for a request's header");
  seconds("body_timeout", limits.body_timeout, "for its body");
  seconds("idle_timeout", limits.idle_timeout, "between two requests of one connection");
  seconds("write_timeout", limits.write_timeout, "for the client to take 256 KiB of what is ready for it");
}

std::vector<std::string_view> HttpRequest::All(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [header, value] : headers) {
    if (header == name) values.push_back(value);
  }
  return values;
}

HttpServer::HttpServer(const std::string& address, int port, const HttpLimits& limits, Handler handler)
    : impl_(std::make_shared<Impl>(limits, std::move(handler))) {
  impl_->Listen(address, port);
}
HttpServer::~HttpServer() { Stop(0); }

int HttpServer::port() const { return impl_->port(); }
int HttpServer::connections() const { return impl_->connections(); }
void HttpServer::Stop(double seconds) { impl_->Stop(seconds); }

}  // namespace retort
