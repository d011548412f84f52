#include "teacher/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <utility>

#include "core/base/clock.h"
#include "core/base/error.h"

namespace retort {
namespace {

constexpr size_t kMaxHeaderBytes = size_t{256} << 10;

using Long = long;  // NOLINT(google-runtime-int): what libcurl's options take and give

Long Milliseconds(double seconds) { return std::max(Long{1}, static_cast<Long>(seconds * 1000)); }

struct Transfer {
  ~Transfer() { curl_easy_cleanup(easy); }
  CURL* easy = nullptr;
  int64_t ticket = 0;
  size_t max_bytes = 0, header_bytes = 0, sent = 0;
  std::map<std::string, std::string> limits;
  std::string request, body, refused;  // refused: why we broke off ourselves
  double began = 0;
  bool first_byte = false;
  std::array<char, CURL_ERROR_SIZE> message{};
};

size_t OnBody(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t bytes = size * count;
  transfer.first_byte = true;
  if (transfer.body.size() + bytes > transfer.max_bytes) {
    transfer.refused = fmt::format("the reply has more than {} bytes", transfer.max_bytes);
    return 0;
  }
  transfer.body.append(data, bytes);
  return bytes;
}

size_t OnHeader(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t bytes = size * count;
  transfer.first_byte = true;
  transfer.header_bytes += bytes;
  if (transfer.header_bytes > kMaxHeaderBytes) {
    transfer.refused = fmt::format("the reply has more than {} bytes of headers", kMaxHeaderBytes);
    return 0;
  }
  std::string line(data, bytes);
  const size_t colon = line.find(':');
  if (colon == std::string::npos) return bytes;
  std::transform(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), line.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::string name = line.substr(0, colon);
  if (!name.starts_with("retry-after") && !name.starts_with("x-ratelimit-")) return bytes;
  const size_t begin = line.find_first_not_of(" \t\r\n", colon + 1);
  if (begin != std::string::npos) {
    transfer.limits[name] = line.substr(begin, line.find_last_not_of(" \t\r\n") + 1 - begin);
  }
  return bytes;
}

size_t OnSend(char* buffer, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t bytes = std::min(size * count, transfer.request.size() - transfer.sent);
  transfer.request.copy(buffer, bytes, transfer.sent);
  transfer.sent += bytes;
  return bytes;
}

// libcurl sends a request again by itself where a connection that it kept turns out to be dead; a server may have
// answered, and charged for, the first. Whoever counts the sendings must know of each, so this is refused.
int OnRewind(void* /*user*/, curl_off_t /*offset*/, int /*origin*/) { return CURL_SEEKFUNC_FAIL; }

// Failures after which the server cannot have got the request.
bool NothingSent(CURLcode code, CURL* easy) {
  curl_off_t sent = 0;
  curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  Long request_bytes = 0;
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
  return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_CONNECT ||
         code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION || (sent == 0 && request_bytes == 0);
}

}  // namespace

struct HttpClient::State {
  HttpOptions options;
  CURLM* multi = nullptr;
  curl_slist* headers = nullptr;
  std::map<CURL*, std::unique_ptr<Transfer>> running;
  std::vector<std::unique_ptr<Transfer>> idle;  // handles are used again: a new one costs as much as a request

  ~State() {
    for (auto& [easy, transfer] : running) curl_multi_remove_handle(multi, easy);
    running.clear();
    idle.clear();
    curl_slist_free_all(headers);
    if (multi != nullptr) curl_multi_cleanup(multi);
  }

  std::unique_ptr<Transfer> Fresh() {
    auto transfer = std::make_unique<Transfer>();
    CURL* easy = transfer->easy = curl_easy_init();
    if (easy == nullptr) throw Error("libcurl gives no handle: is there memory left?");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(options.connect_timeout));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, Milliseconds(options.total_timeout));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    if (!options.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer.get());
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, OnSend);
    curl_easy_setopt(easy, CURLOPT_READDATA, transfer.get());
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, OnRewind);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer.get());
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, OnHeader);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer.get());
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->message.data());
    return transfer;
  }

  HttpReply End(std::unique_ptr<Transfer> transfer, CURLcode code) {
    CURL* easy = transfer->easy;
    HttpReply reply;
    reply.ticket = transfer->ticket;
    if (code != CURLE_OK || !transfer->refused.empty()) {
      reply.error = !transfer->refused.empty()          ? transfer->refused
                    : transfer->message.front() != '\0' ? std::string(transfer->message.data())
                                                        : std::string(curl_easy_strerror(code));
      reply.maybe_received = !NothingSent(code, easy);
    } else {
      Long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      reply.status = static_cast<int>(status);
      reply.body = std::move(transfer->body);
      reply.limits = std::move(transfer->limits);
    }
    curl_multi_remove_handle(multi, easy);
    transfer->request.clear();
    transfer->body = {};
    idle.push_back(std::move(transfer));
    return reply;
  }
};

HttpClient::HttpClient(HttpOptions options) : state_(std::make_unique<State>()) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) throw Error("libcurl cannot be initialised");
  state_->options = std::move(options);
  state_->multi = curl_multi_init();
  if (state_->multi == nullptr) throw Error("libcurl gives no handle: is there memory left?");
  for (const std::string& header : state_->options.headers) {
    state_->headers = curl_slist_append(state_->headers, header.c_str());
  }
}

HttpClient::~HttpClient() = default;

void HttpClient::Post(int64_t ticket, const std::string& url, std::string body) {
  State& state = *state_;
  std::unique_ptr<Transfer> transfer;
  if (state.idle.empty()) {
    transfer = state.Fresh();
  } else {
    transfer = std::move(state.idle.back());
    state.idle.pop_back();
  }
  transfer->ticket = ticket;
  transfer->max_bytes = state.options.max_bytes;
  transfer->header_bytes = 0;
  transfer->request = std::move(body);
  transfer->limits.clear();
  transfer->refused.clear();
  transfer->message.fill('\0');
  transfer->first_byte = false;
  transfer->began = MonotonicSeconds();
  CURL* easy = transfer->easy;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer->request.size()));
  transfer->sent = 0;
  const CURLMcode code = curl_multi_add_handle(state.multi, easy);
  if (code != CURLM_OK) throw Error(fmt::format("libcurl: {}", curl_multi_strerror(code)));
  state.running.emplace(easy, std::move(transfer));
}

void HttpClient::Step(double seconds, std::vector<HttpReply>& done) {
  State& state = *state_;
  const double until = MonotonicSeconds() + seconds;
  const size_t had = done.size();
  for (;;) {
    int running = 0;
    curl_multi_perform(state.multi, &running);
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(state.multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const auto found = state.running.find(message->easy_handle);
      const CURLcode code = message->data.result;  // `message` is gone once the handle is removed
      std::unique_ptr<Transfer> transfer = std::move(found->second);
      state.running.erase(found);
      done.push_back(state.End(std::move(transfer), code));
    }
    // libcurl has no limit of its own for the wait between request and reply.
    const double now = MonotonicSeconds();
    double next = until;
    for (auto it = state.running.begin(); it != state.running.end();) {
      Transfer& transfer = *it->second;
      const double deadline = transfer.began + state.options.first_byte_timeout;
      if (!transfer.first_byte && now >= deadline) {
        transfer.refused = fmt::format("no reply began within {:g} seconds", state.options.first_byte_timeout);
        std::unique_ptr<Transfer> owned = std::move(it->second);
        it = state.running.erase(it);
        done.push_back(state.End(std::move(owned), CURLE_OPERATION_TIMEDOUT));
        continue;
      }
      if (!transfer.first_byte) next = std::min(next, deadline);
      ++it;
    }
    if (done.size() > had || now >= until) return;
    curl_multi_poll(state.multi, nullptr, 0, static_cast<int>(std::min(1000.0, (next - now) * 1000 + 1)), nullptr);
  }
}

}  // namespace retort
