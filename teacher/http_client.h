// Many HTTP requests at once over one libcurl multi handle, on the calling thread. Whole replies only, each bounded in
// size and time; no redirect is followed, so that a key never reaches another host. Streams are read to their end and
// taken apart afterwards: nobody here looks at half an answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace retort {

struct HttpOptions {
  std::filesystem::path ca_file;                                               // PEM; empty: the system's
  double connect_timeout = 10, first_byte_timeout = 120, total_timeout = 600;  // seconds
  size_t max_bytes = size_t{16} << 20;                                         // of a reply, unpacked
  std::vector<std::string> headers;                                            // of every request, "Name: value"
};

struct HttpReply {
  int64_t ticket = 0;
  std::string error;           // not empty: no whole reply came, and why
  bool maybe_received = true;  // whether the server may have got the request all the same
  int status = 0;
  std::string body;
  std::map<std::string, std::string> limits;  // headers retry-after* and x-ratelimit-*, names in lower case
};

class HttpClient {
 public:
  explicit HttpClient(HttpOptions options);
  ~HttpClient();  // what is in flight is given up
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void Post(int64_t ticket, const std::string& url, std::string body);
  // Works until a reply is there, or for `seconds`. Appends what has ended.
  void Step(double seconds, std::vector<HttpReply>& done);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace retort
