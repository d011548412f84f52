// One connection of HttpServer, from its first byte to its last. Everything runs on the server's thread but HttpReply,
// which may be used from any.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "teacher/provider/server/http_server.h"

namespace retort {

// What a connection needs of its server.
class HttpHost {
 public:
  virtual ~HttpHost() = default;
  virtual const HttpLimits& limits() const = 0;
  virtual void Handle(HttpRequest request, std::shared_ptr<HttpReply> reply) = 0;
  // Runs `work` on the server's thread; drops it when the server has stopped.
  virtual void Post(std::function<void()> work) = 0;
  virtual void Closed(const void* connection) = 0;
};

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<HttpHost> host);

  void Start();
  void StartSpare();  // instead of Start: all places are taken, and only what must always be answered is
  void Cut();         // at once
  void Drain();       // after the answer that is being made, if any
  void TurnAway();    // instead of Start: there is no room for it
  // No request is being answered; one that is still being read may be cut.
  bool idle() const { return !answering_ && open_; }
  const std::string& peer() const { return peer_; }
  std::chrono::steady_clock::time_point silent_since() const { return silent_since_; }

 private:
  class ReplyHandle;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void NextRequest();
  void BeginHeader();
  void ReadHeader();
  void OnHeader();
  std::string WhyAmbiguous() const;
  HttpRequest TakeHeader();
  void BeginBody(std::function<void(std::string)> on_body);
  void ReadBody(std::function<void(std::string)> on_body);
  void BeginAnswer();
  void Refuse(boost::system::error_code error);
  void RefuseWith(int status, const std::string& why);

  void Send(int status, const HttpHeaders& headers, const std::string& body, bool close);
  void Begin(int status, const HttpHeaders& headers);
  void Part(const std::string& bytes);
  void Finish();
  void WriteMore();
  void WriteSlice();
  void Answered();
  void SetOnGone(std::function<void()> on_gone);
  void WatchForEnd();
  void LookAgainSoon();
  void Gone();
  bool HasUnread();
  void Linger();
  void Close();

  std::shared_ptr<HttpHost> host_;
  boost::beast::tcp_stream stream_;
  boost::asio::steady_timer timer_;
  std::string peer_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::chrono::steady_clock::time_point silent_since_;
  bool open_ = true, first_ = true, draining_ = false, refused_ = false, spare_ = false;
  bool unread_ = false;             // the body of the request that was handed on
  bool expects_ = false;            // to be told that it may send the body
  std::atomic<bool> gone_ = false;  // for those who answer, on their threads
  // Of the request that is being answered.
  bool answering_ = false, keep_alive_ = false, head_ = false, http_1_0_ = false, chunked_ = false, finished_ = false;
  bool watching_ = false, writing_ = false;
  std::string waiting_, sending_;
  size_t sent_ = 0;  // of sending_
  std::function<void()> on_gone_;
  size_t lingered_ = 0;
};

// The body of an error that HTTP itself gives rise to, as OpenAI writes errors.
std::string HttpErrorBody(const std::string& message);

}  // namespace retort
