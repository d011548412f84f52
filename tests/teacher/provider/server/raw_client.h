// A client that sends whatever bytes a test wants, and reads answers of HTTP/1.1 exactly.
#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.h"

namespace retort {

struct SeenReply {
  int status = 0;                              // 0: the connection ended before a whole answer
  std::map<std::string, std::string> headers;  // names in lower case; of a doubled one the last
  std::string head, body;                      // chunks put together
  nlohmann::json json() const;                 // of the body
  std::vector<nlohmann::json> events() const;  // of a stream, without [DONE]
  bool done() const;                           // whether the stream ends with [DONE]
};

// Whether it comes to hold within that time.
template <class Condition>
bool Soon(const Condition& condition, double seconds = 5) {
  for (const double end = MonotonicSeconds() + seconds; MonotonicSeconds() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

class RawClient {
 public:
  explicit RawClient(int port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool Send(const std::string& bytes);  // false: the other side has closed
  // Waits at most `seconds`. `head_only`: an answer that has no body (HEAD).
  SeenReply Read(double seconds = 10, bool head_only = false);
  std::string ReadBytes(size_t least, double seconds = 10);  // what has come; also less, at the end
  bool Closed(double seconds = 5);                           // the server closes within that time
  void Reset();                                              // RST

 private:
  bool Fill(double deadline);

  int fd_ = -1;
  std::string buffer_;
};

// `headers`: lines, each with its end.
std::string PostBytes(const std::string& path, const std::string& body, const std::string& headers = "");
SeenReply Post(int port, const std::string& path, const nlohmann::json& body, const std::string& headers = "");
SeenReply PostText(int port, const std::string& path, const std::string& body, const std::string& headers = "");
SeenReply Get(int port, const std::string& path, const std::string& headers = "");

}  // namespace retort
