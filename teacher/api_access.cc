#include "teacher/api_access.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "core/base/error.h"
#include "core/base/files.h"
#include "teacher/api_teacher.h"

namespace retort {
namespace {

[[noreturn]] void BadOption(const std::string& key, const std::string& problem, const std::string& mend) {
  throw Error({.file = "", .line = 0, .place = "teacher." + key}, problem, mend);
}

std::string UrlPart(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  std::string result = text;
  curl_free(text);
  return result;
}

}  // namespace

void Describe(Describer& d, ApiTeacherConfig& c) {
  d.Field("base_url", c.base_url, {.help = "of the server, as http://127.0.0.1:8000/v1", .required = true});
  d.Field("model", c.model, {.help = "as the server names it", .required = true});
  d.Field("endpoint", c.endpoint,
          {.help = "chat: /chat/completions; completions: /completions, plain text only",
           .choices = {"chat", "completions"}});
  d.Field("api_key_env", c.api_key_env,
          {.help = "environment variable that holds the key; empty: none", .numerics = false});
  d.Field("api_key_file", c.api_key_file, {.help = "or the file that holds it", .numerics = false});
  d.Field("ca_file", c.ca_file, {.help = "PEM of a private CA; empty: the system's", .numerics = false});
  d.Field("stream", c.stream, {.help = "ask for a stream of events", .numerics = false});
  d.Field("stop", c.stop, {.help = "texts at which an answer ends"});
  d.Field("concurrency", c.concurrency,
          {.help = "in flight at once", .unit = "requests", .min = 1, .max = 4096, .numerics = false});
  d.Field("n_per_request", c.n_per_request,
          {.help = "attempts of a prompt asked for in one request", .min = 1, .max = 128});
  d.Field("max_tokens", c.max_tokens,
          {.help = "of an answer, where collect.sampling.max_new_tokens and the task say none",
           .unit = "tokens",
           .min = 1,
           .max = 1e7});
  d.Field("max_tokens_key", c.max_tokens_key,
          {.help = "how the server calls it", .choices = {"max_tokens", "max_completion_tokens"}, .numerics = false});
  d.Field("send_seed", c.send_seed, {.help = "send a seed of each answer's own"});
  d.Field("requests_per_minute", c.requests_per_minute,
          {.help = "limit of our own; 0: none", .unit = "requests", .min = 0, .max = 1e9, .numerics = false});
  d.Field("tokens_per_minute", c.tokens_per_minute,
          {.help = "limit of our own, read and written; 0: none",
           .unit = "tokens",
           .min = 0,
           .max = 1e12,
           .numerics = false});
  d.Field("connect_timeout", c.connect_timeout,
          {.help = "for a connection", .unit = "seconds", .min = 0.01, .max = 3600, .numerics = false});
  d.Field("first_byte_timeout", c.first_byte_timeout,
          {.help = "from the request to the reply's first byte",
           .unit = "seconds",
           .min = 0.01,
           .max = 86400,
           .numerics = false});
  d.Field("total_timeout", c.total_timeout,
          {.help = "for the whole reply", .unit = "seconds", .min = 0.01, .max = 86400, .numerics = false});
  d.Field("max_retries", c.max_retries,
          {.help = "further tries of a request that failed", .min = 0, .max = 100, .numerics = false});
  d.Field("backoff", c.backoff,
          {.help = "before the first further try, doubled for each one after",
           .unit = "seconds",
           .min = 0,
           .max = 3600,
           .numerics = false});
  d.Field("max_backoff", c.max_backoff,
          {.help = "longest wait between two tries", .unit = "seconds", .min = 0, .max = 86400, .numerics = false});
  d.Field("max_response_mb", c.max_response_mb,
          {.help = "longest reply that is read", .unit = "MiB", .min = 1, .max = 1024, .numerics = false});
}

std::string ReadApiKey(const ApiTeacherConfig& config) {
  if (!config.api_key_env.empty() && !config.api_key_file.empty()) {
    BadOption("api_key_env", "and api_key_file are both given", "keep one");
  }
  std::string key, place;
  if (!config.api_key_env.empty()) {
    place = "api_key_env";
    const char* value = std::getenv(config.api_key_env.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets it here
    if (value == nullptr) BadOption(place, "names an environment variable that is not set", "export it first");
    key = value;
  } else if (!config.api_key_file.empty()) {
    place = "api_key_file";
    key = ReadFile(config.api_key_file, 64 << 10);
  } else {
    return "";
  }
  const size_t begin = key.find_first_not_of(" \t\r\n");
  key = begin == std::string::npos ? "" : key.substr(begin, key.find_last_not_of(" \t\r\n") + 1 - begin);
  if (key.empty()) BadOption(place, "leads to an empty key", "");
  if (!std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f; })) {
    BadOption(place, "leads to a key with characters that no key has", "");
  }
  return key;
}

std::string CheckedBaseUrl(const ApiTeacherConfig& config, bool has_key) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> url(curl_url(), curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, config.base_url.c_str(), 0) != CURLUE_OK) {
    BadOption("base_url", "is no URL", "such as http://127.0.0.1:8000/v1");
  }
  const std::string scheme = UrlPart(url.get(), CURLUPART_SCHEME), host = UrlPart(url.get(), CURLUPART_HOST);
  if (scheme != "http" && scheme != "https") BadOption("base_url", "must begin with http:// or https://", "");
  if (!UrlPart(url.get(), CURLUPART_USER).empty() || !UrlPart(url.get(), CURLUPART_PASSWORD).empty()) {
    BadOption("base_url", "holds a user or a password", "give a key by api_key_env or api_key_file");
  }
  if (!UrlPart(url.get(), CURLUPART_QUERY).empty() || !UrlPart(url.get(), CURLUPART_FRAGMENT).empty()) {
    BadOption("base_url", "has a part behind its path", "a key is given by api_key_env or api_key_file");
  }
  const bool local = host == "localhost" || host == "[::1]" ||
                     (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
  if (has_key && scheme == "http" && !local) {
    BadOption("base_url", "would send the key in the clear", "use https, or no key");
  }
  std::string base = config.base_url;
  while (base.ends_with('/')) base.pop_back();
  return base;
}

}  // namespace retort
