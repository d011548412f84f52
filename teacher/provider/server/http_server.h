// HTTP/1.1 on plain TCP, for a reverse proxy or this machine: sockets, limits, time. It knows nothing of what is
// served.
//
// One thread moves all bytes; requests are handled by others, so that a slow one never keeps `/health` waiting. What
// comes in is taken for hostile: every length, count and time has a limit, a request that could be read in two ways is
// refused and its connection closed, and when all connections are taken the one that has been silent longest goes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/describe.h"

namespace retort {

struct HttpLimits {
  int max_connections = 1024;
  int max_connections_each = 512;  // of one caller; 0: any
  int max_header_bytes = 16 << 10;
  int max_body_bytes = 1 << 20;
  int max_unsent_bytes = 8 << 20;  // of a stream whose client takes it too slowly
  double header_timeout = 10, body_timeout = 60, idle_timeout = 75, write_timeout = 30;  // seconds
  std::string always;  // a path that is answered though all connections are taken: "/health"; empty: none
  // Who counts as one caller, of a socket's address; "": nobody counts (a proxy). Empty: each address.
  std::function<std::string(const std::string& peer)> caller;
};
void Describe(Describer& d, HttpLimits& limits);

// A request as soon as its header is read: whoever may not ask is told so before its body is.
struct HttpRequest {
  std::string method, path, query;                           // of the target: before and after the "?"
  std::string peer;                                          // the socket's address, "127.0.0.1"
  std::vector<std::pair<std::string, std::string>> headers;  // lower-case names, in order

  // The values of all headers of this name, in order.
  std::vector<std::string_view> All(std::string_view name) const;
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The way back to one request, from any thread. Dropped without an answer it sends a 500.
class HttpReply {
 public:
  virtual ~HttpReply() = default;
  // Reads the request's body and hands it on, on the server's thread, where `on_body` must not block. Once, before
  // anything is answered. Never called for a body that is too long, too slow or no body: its client is told by the
  // server. Whoever answers without it ends the connection, if there is a body.
  virtual void ReadBody(std::function<void(std::string body)> on_body) = 0;
  // The whole answer. `close`: and then the connection is closed.
  virtual void Send(int status, const HttpHeaders& headers, std::string body, bool close) = 0;
  void Send(int status, const HttpHeaders& headers, std::string body) { Send(status, headers, std::move(body), false); }
  // An answer in parts.
  virtual void Start(int status, const HttpHeaders& headers) = 0;
  virtual void Write(std::string part) = 0;
  virtual void Finish() = 0;
  // Calls `on_gone` once if the client goes away before it has its whole answer; at once if it has gone. On the
  // server's thread: must not block.
  virtual void OnGone(std::function<void()> on_gone) = 0;
  // Nobody waits any more, as far as is known.
  virtual bool gone() const = 0;
};

class HttpServer {
 public:
  // Called on the server's thread for each request; must not block.
  using Handler = std::function<void(HttpRequest, std::shared_ptr<HttpReply>)>;

  // Listens, and serves from now on. `port` 0: any free one. Throws Error (no such address, the port is taken).
  HttpServer(const std::string& address, int port, const HttpLimits& limits, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const;
  int connections() const;
  // No new connection, no further request on an open one; answers that are being made are finished within `seconds`,
  // then all connections are cut. Returns when all are gone.
  void Stop(double seconds);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace retort
