#include "tests/teacher/provider/server/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "core/base/clock.h"

namespace retort {
namespace {

// No proxy of the environment's stands between a test and this machine. Set before there are threads.
[[maybe_unused]] const int kNoProxy = ::setenv("no_proxy", "*", 1);

}  // namespace

nlohmann::json SeenReply::json() const { return nlohmann::json::parse(body); }

std::vector<nlohmann::json> SeenReply::events() const {
  std::vector<nlohmann::json> all;
  for (size_t at = 0; at < body.size();) {
    const size_t end = std::min(body.find("\n\n", at), body.size());
    const std::string line = body.substr(at, end - at);
    at = end + 2;
    if (line.starts_with("data: ") && line != "data: [DONE]") all.push_back(nlohmann::json::parse(line.substr(6)));
  }
  return all;
}

bool SeenReply::done() const { return body.ends_with("data: [DONE]\n\n"); }

RawClient::RawClient(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd_);
    throw std::runtime_error("cannot connect");
  }
}

RawClient::~RawClient() { ::close(fd_); }

bool RawClient::Send(const std::string& bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t n = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += static_cast<size_t>(n);
  }
  return true;
}

bool RawClient::Fill(double deadline) {
  pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
  const double left = deadline - MonotonicSeconds();
  if (left <= 0 || ::poll(&entry, 1, static_cast<int>(left * 1000) + 1) <= 0) return false;
  std::array<char, 65536> bytes;
  const ssize_t n = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (n <= 0) return false;
  buffer_.append(bytes.data(), static_cast<size_t>(n));
  return true;
}

SeenReply RawClient::Read(double seconds, bool head_only) {
  const double deadline = MonotonicSeconds() + seconds;
  SeenReply seen;
  size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill(deadline)) return {};
  }
  seen.head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  for (size_t at = seen.head.find("\r\n") + 2; at < seen.head.size();) {
    const size_t stop = seen.head.find("\r\n", at), colon = seen.head.find(": ", at);
    std::string name = seen.head.substr(at, colon - at);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    seen.headers[name] = seen.head.substr(colon + 2, stop - colon - 2);
    at = stop + 2;
  }
  const int status = std::stoi(seen.head.substr(9, 3));
  if (head_only || status == 204 || status < 200) {
    seen.status = status;
  } else if (seen.headers.contains("content-length")) {
    const size_t size = std::stoul(seen.headers["content-length"]);
    while (buffer_.size() < size) {
      if (!Fill(deadline)) return {};
    }
    seen.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
  } else if (seen.headers.contains("transfer-encoding")) {
    for (size_t size = 1; size > 0;) {
      size_t line = 0;
      while ((line = buffer_.find("\r\n")) == std::string::npos) {
        if (!Fill(deadline)) return {};
      }
      size = std::stoul(buffer_.substr(0, line), nullptr, 16);
      while (buffer_.size() < line + 2 + size + 2) {
        if (!Fill(deadline)) return {};
      }
      seen.body += buffer_.substr(line + 2, size);
      buffer_.erase(0, line + 2 + size + 2);
    }
  } else {
    while (Fill(deadline)) {
    }
    seen.body = std::exchange(buffer_, {});
  }
  seen.status = status;
  return seen;
}

std::string RawClient::ReadBytes(size_t least, double seconds) {
  const double deadline = MonotonicSeconds() + seconds;
  while (buffer_.size() < least && Fill(deadline)) {
  }
  return buffer_;
}

bool RawClient::Closed(double seconds) {
  const double deadline = MonotonicSeconds() + seconds;
  while (Fill(deadline)) {
  }
  return MonotonicSeconds() < deadline;
}

void RawClient::Reset() {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(fd_);
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

std::string PostBytes(const std::string& path, const std::string& body, const std::string& headers) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

SeenReply PostText(int port, const std::string& path, const std::string& body, const std::string& headers) {
  RawClient client(port);
  client.Send(PostBytes(path, body, headers));
  return client.Read();
}

SeenReply Post(int port, const std::string& path, const nlohmann::json& body, const std::string& headers) {
  return PostText(port, path, body.dump(), headers);
}

SeenReply Get(int port, const std::string& path, const std::string& headers) {
  RawClient client(port);
  client.Send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  return client.Read();
}

}  // namespace retort
