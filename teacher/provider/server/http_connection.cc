#include "teacher/provider/server/http_connection.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/json.h"

namespace retort {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr size_t kReadBytes = 4096;               // at once, of a header
constexpr size_t kLingerBytes = size_t{1} << 20;  // read and thrown away so that an error's text is not lost
constexpr double kLingerSeconds = 2, kLookSeconds = 0.5;
constexpr size_t kSliceBytes = size_t{256} << 10;  // of an answer, for which a client has write_timeout

std::chrono::steady_clock::duration Duration(double seconds) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds));
}

template <class Text>  // a string_view of Boost's, another class in each version
std::string ToString(const Text& text) {
  return {text.data(), text.size()};
}

// Whether a line goes on where the one before it ends (obs-fold, RFC 9112): programs disagree on what that means.
bool IsFolded(std::string_view header) {
  return header.find("\r\n ") != std::string_view::npos || header.find("\r\n\t") != std::string_view::npos;
}

std::string Head(int status, const HttpHeaders& headers) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", status, ToString(http::obsolete_reason(http::status(status))));
  for (const auto& [name, value] : headers) head += fmt::format("{}: {}\r\n", name, value);
  return head;
}

}  // namespace

// Keeps the connection; what it is told after the answer's end is nothing.
class HttpConnection::ReplyHandle : public HttpReply {
 public:
  explicit ReplyHandle(std::shared_ptr<HttpConnection> connection) : connection_(std::move(connection)) {}
  ReplyHandle(const ReplyHandle&) = delete;
  ReplyHandle& operator=(const ReplyHandle&) = delete;
  ~ReplyHandle() override {
    if (ended_) return;
    if (started_) {
      Post([](HttpConnection& c) { c.Cut(); });
    } else {
      Post([](HttpConnection& c) {
        c.Send(500, {{"content-type", "application/json"}}, HttpErrorBody("internal error"), true);
      });
    }
  }

  void Send(int status, const HttpHeaders& headers, std::string body, bool close) override {
    if (ended_.exchange(true)) return;
    Post([=, body = std::move(body)](HttpConnection& c) { c.Send(status, headers, body, close); });
  }
  void Start(int status, const HttpHeaders& headers) override {
    if (ended_ || started_.exchange(true)) return;
    Post([=](HttpConnection& c) { c.Begin(status, headers); });
  }
  void Write(std::string part) override {
    if (ended_) return;
    Post([part = std::move(part)](HttpConnection& c) { c.Part(part); });
  }
  void Finish() override {
    if (ended_.exchange(true)) return;
    Post([](HttpConnection& c) { c.Finish(); });
  }
  void ReadBody(std::function<void(std::string)> on_body) override {
    Post([on_body = std::move(on_body)](HttpConnection& c) { c.BeginBody(on_body); });
  }
  void OnGone(std::function<void()> on_gone) override {
    Post([on_gone = std::move(on_gone)](HttpConnection& c) { c.SetOnGone(on_gone); });
  }
  bool gone() const override { return connection_->gone_; }

 private:
  // What the connection itself has refused has its answer.
  template <class Work>
  void Post(Work work) {
    connection_->host_->Post([connection = connection_, work = std::move(work)] {
      if (!connection->refused_) work(*connection);
    });
  }

  std::shared_ptr<HttpConnection> connection_;
  std::atomic<bool> started_ = false, ended_ = false;
};

HttpConnection::HttpConnection(asio::ip::tcp::socket socket, std::shared_ptr<HttpHost> host)
    : host_(std::move(host)),
      stream_(std::move(socket)),
      timer_(stream_.get_executor()),
      // Room for a header, and for a good part of a body's.
      buffer_(static_cast<size_t>(host_->limits().max_header_bytes) + (size_t{128} << 10)),
      silent_since_(std::chrono::steady_clock::now()) {
  error_code error;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), error);
  const auto end = stream_.socket().remote_endpoint(error);
  if (!error) peer_ = end.address().to_string();
}

void HttpConnection::Start() { NextRequest(); }

void HttpConnection::StartSpare() {
  spare_ = true;
  Start();
}

void HttpConnection::TurnAway() {
  answering_ = refused_ = true;
  Send(503, {{"content-type", "application/json"}, {"retry-after", "1"}}, HttpErrorBody("too many connections"), true);
}

void HttpConnection::NextRequest() {
  if (draining_) return Close();
  const HttpLimits& limits = host_->limits();
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(limits.max_header_bytes));
  parser_->body_limit(static_cast<std::uint64_t>(limits.max_body_bytes));
  silent_since_ = std::chrono::steady_clock::now();
  if (buffer_.size() > 0) return BeginHeader();
  stream_.expires_after(Duration(first_ ? limits.header_timeout : limits.idle_timeout));
  first_ = false;
  stream_.async_read_some(buffer_.prepare(kReadBytes), [self = shared_from_this()](error_code error, size_t bytes) {
    if (error) return self->Close();
    self->buffer_.commit(bytes);
    self->BeginHeader();
  });
}

void HttpConnection::BeginHeader() {
  stream_.expires_after(Duration(host_->limits().header_timeout));  // for all of it
  ReadHeader();
}

// Not Beast's own operation: of a field that goes on in the next line its parser shows only the joined text.
void HttpConnection::ReadHeader() {
  error_code error;
  const asio::const_buffer bytes = buffer_.data();
  const size_t used = parser_->put(bytes, error);
  const bool folded = IsFolded({static_cast<const char*>(bytes.data()), used});
  buffer_.consume(used);
  if (error == http::error::need_more) {
    return stream_.async_read_some(buffer_.prepare(kReadBytes),
                                   [self = shared_from_this()](error_code failed, size_t size) {
                                     if (failed) return self->Close();
                                     self->buffer_.commit(size);
                                     self->ReadHeader();
                                   });
  }
  if (error) return Refuse(error);
  if (folded) return RefuseWith(400, "a header's line may not be continued");
  OnHeader();
}

void HttpConnection::OnHeader() {
  const auto& message = parser_->get();
  http_1_0_ = message.version() < 11;
  head_ = message.method() == http::verb::head;
  if (const std::string why = WhyAmbiguous(); !why.empty()) return RefuseWith(400, why);
  const auto expect = message.find(http::field::expect);
  expects_ = expect != message.end();
  if (expects_ && AsciiLower(ToString(expect->value())) != "100-continue") {
    return RefuseWith(417, "what Expect asks for is not known");
  }
  HttpRequest request = TakeHeader();
  if (spare_ && request.path != host_->limits().always) return TurnAway();
  finished_ = chunked_ = false;
  unread_ = !parser_->is_done();
  if (!unread_) BeginAnswer();
  host_->Handle(std::move(request), std::make_shared<ReplyHandle>(shared_from_this()));
}

// What a proxy in front may read in another way than this server: then one of them takes a part of a body for the next
// request. The parser itself refuses both lengths at once, and lengths that are no numbers.
std::string HttpConnection::WhyAmbiguous() const {
  const auto& message = parser_->get();
  if (message.version() != 11 && message.version() != 10) return "HTTP/1.1 is spoken here";
  const auto hosts = message.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && message.version() == 11)) return "one Host header is needed";
  const std::string length = ToString(message[http::field::content_length]);  // "5, 5" is allowed, and read by few
  if (message.count(http::field::content_length) > 1 || length.find_first_not_of("0123456789") != std::string::npos) {
    return "Content-Length must be one number";
  }
  const auto coding = message.find(http::field::transfer_encoding);
  if (coding == message.end()) return "";
  if (message.count(http::field::transfer_encoding) > 1 || AsciiLower(ToString(coding->value())) != "chunked") {
    return "of Transfer-Encoding only \"chunked\" is known";
  }
  if (message.version() == 10) return "HTTP/1.0 has no Transfer-Encoding";
  return "";
}

// Before the body: the fields that may come behind it are nobody's word. A proxy in front looks at those of the header
// alone, and adds the client's address there.
HttpRequest HttpConnection::TakeHeader() {
  const auto& message = parser_->get();
  keep_alive_ = parser_->keep_alive() && !spare_;
  HttpRequest request{.method = ToString(message.method_string()),
                      .path = ToString(message.target()),
                      .query = {},
                      .peer = peer_,
                      .headers = {}};
  if (const size_t mark = request.path.find('?'); mark != std::string::npos) {
    request.query = request.path.substr(mark + 1);
    request.path.resize(mark);
  }
  for (const auto& field : message) {
    request.headers.emplace_back(AsciiLower(ToString(field.name_string())), ToString(field.value()));
  }
  return request;
}

void HttpConnection::BeginBody(std::function<void(std::string)> on_body) {
  if (!open_) return;
  if (!unread_) return on_body("");
  if (!std::exchange(expects_, false)) return ReadBody(std::move(on_body));
  static const std::string kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  stream_.expires_after(Duration(host_->limits().write_timeout));
  asio::async_write(stream_, asio::buffer(kContinue),
                    [self = shared_from_this(), on_body = std::move(on_body)](error_code error, size_t) {
                      if (error) return self->Close();
                      self->ReadBody(on_body);
                    });
}

void HttpConnection::ReadBody(std::function<void(std::string)> on_body) {
  stream_.expires_after(Duration(host_->limits().body_timeout));
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this(), on_body = std::move(on_body)](error_code error, size_t) {
                     if (error) return self->Refuse(error);
                     self->unread_ = false;
                     std::string body = std::move(self->parser_->get().body());
                     self->BeginAnswer();
                     on_body(std::move(body));
                   });
}

void HttpConnection::BeginAnswer() {
  stream_.expires_never();
  answering_ = true;
  parser_.reset();
  WatchForEnd();
}

void HttpConnection::Refuse(error_code error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return RefuseWith(431, "the request's header is too long");
  }
  if (error == http::error::body_limit) return RefuseWith(413, "the request's body is too long");
  const bool is_http = error.category() == http::make_error_code(http::error::bad_method).category();
  // It left, or was too slow and its socket is closed already.
  if (!is_http || error == http::error::end_of_stream || error == http::error::partial_message) return Close();
  RefuseWith(400, "this is no HTTP request that can be read in one way only");
}

void HttpConnection::RefuseWith(int status, const std::string& why) {
  answering_ = refused_ = true;
  Send(status, {{"content-type", "application/json"}}, HttpErrorBody(why), true);
}

// Whoever answers a request whose body nobody has read leaves it there: the connection ends with the answer.
void HttpConnection::Send(int status, const HttpHeaders& headers, const std::string& body, bool close) {
  if (!open_) return;
  answering_ = true;
  keep_alive_ = keep_alive_ && !close && !draining_ && !unread_;
  waiting_ += Head(status, headers);
  if (status != 204) waiting_ += fmt::format("content-length: {}\r\n", body.size());
  waiting_ += keep_alive_ ? "\r\n" : "connection: close\r\n\r\n";
  if (!head_ && status != 204) waiting_ += body;
  finished_ = true;
  WriteMore();
}

void HttpConnection::Begin(int status, const HttpHeaders& headers) {
  if (!open_) return;
  answering_ = true;
  chunked_ = !http_1_0_;
  keep_alive_ = keep_alive_ && chunked_ && !draining_ && !unread_;
  waiting_ += Head(status, headers) + (chunked_ ? "transfer-encoding: chunked\r\n" : "") +
              (keep_alive_ ? "\r\n" : "connection: close\r\n\r\n");
  WriteMore();
}

void HttpConnection::Part(const std::string& bytes) {
  if (!open_ || bytes.empty()) return;
  if (chunked_) {
    waiting_ += fmt::format("{:x}\r\n", bytes.size());
    waiting_ += bytes;
    waiting_ += "\r\n";
  } else {
    waiting_ += bytes;
  }
  // Made faster than it is taken: it is not kept without end.
  if (waiting_.size() > static_cast<size_t>(host_->limits().max_unsent_bytes)) return Gone();
  WriteMore();
}

void HttpConnection::Finish() {
  if (!open_) return;
  if (chunked_) waiting_ += "0\r\n\r\n";
  finished_ = true;
  WriteMore();
}

void HttpConnection::WriteMore() {
  if (writing_) return;
  if (waiting_.empty()) {
    if (finished_) Answered();
    return;
  }
  writing_ = true;
  sending_ = std::exchange(waiting_, {});
  sent_ = 0;
  WriteSlice();
}

void HttpConnection::WriteSlice() {
  stream_.expires_after(Duration(host_->limits().write_timeout));
  const auto slice = asio::buffer(asio::buffer(sending_) + sent_, kSliceBytes);
  asio::async_write(stream_, slice, [self = shared_from_this()](error_code error, size_t bytes) {
    if (error) {
      self->writing_ = false;
      return self->Gone();
    }
    self->sent_ += bytes;
    if (self->sent_ < self->sending_.size()) return self->WriteSlice();
    self->writing_ = false;
    self->WriteMore();
  });
}

void HttpConnection::Answered() {
  stream_.expires_never();
  on_gone_ = nullptr;
  answering_ = finished_ = false;
  if (keep_alive_) {
    NextRequest();
  } else if (refused_ || unread_ || HasUnread()) {
    Linger();
  } else {
    Close();
  }
}

bool HttpConnection::HasUnread() {
  char byte = 0;
  return buffer_.size() > 0 || ::recv(stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void HttpConnection::SetOnGone(std::function<void()> on_gone) {
  if (!open_) {
    on_gone();
  } else if (answering_) {
    on_gone_ = std::move(on_gone);
  }
}

// A client that closes its side has gone, even if it might still read. Bytes are left where they are: they are the next
// request, and only then is it looked from time to time whether the connection still stands.
void HttpConnection::WatchForEnd() {
  if (watching_) return;
  watching_ = true;
  stream_.socket().async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
    self->watching_ = false;
    if (error || !self->answering_ || !self->open_) return;
    char byte = 0;
    const ssize_t got = ::recv(self->stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got > 0) return self->LookAgainSoon();
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return self->WatchForEnd();
    self->Gone();
  });
}

void HttpConnection::LookAgainSoon() {
  timer_.expires_after(Duration(kLookSeconds));
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (error || !self->answering_ || !self->open_) return;
    pollfd entry{.fd = self->stream_.socket().native_handle(), .events = POLLRDHUP, .revents = 0};
    if (::poll(&entry, 1, 0) > 0) return self->Gone();
    self->LookAgainSoon();
  });
}

void HttpConnection::Gone() {
  if (auto on_gone = std::exchange(on_gone_, nullptr)) on_gone();
  Close();
}

void HttpConnection::Cut() { Gone(); }

void HttpConnection::Drain() {
  draining_ = true;
  if (idle()) Close();
}

// Says that nothing more comes, and reads what is on its way: a close with unread bytes would take the answer with it.
void HttpConnection::Linger() {
  error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  if (lingered_ == 0) stream_.expires_after(Duration(kLingerSeconds));
  buffer_.consume(buffer_.size());
  stream_.async_read_some(buffer_.prepare(size_t{16} << 10), [self = shared_from_this()](error_code error, size_t n) {
    self->lingered_ += n;
    if (error || self->lingered_ > kLingerBytes || self->draining_) return self->Close();
    self->Linger();
  });
}

void HttpConnection::Close() {
  if (!open_) return;
  open_ = answering_ = false;
  gone_ = true;
  timer_.cancel();
  error_code ignored;
  stream_.socket().close(ignored);
  host_->Closed(this);
}

std::string HttpErrorBody(const std::string& message) {
  return DumpJson(
      {{"error", {{"message", message}, {"type", "invalid_request_error"}, {"param", nullptr}, {"code", nullptr}}}});
}

}  // namespace retort
