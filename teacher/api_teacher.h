// A teacher behind an HTTP server of the OpenAI protocol: vLLM, llama.cpp, Ollama, a commercial API. Many requests in
// flight over one libcurl multi handle, on the calling thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/config/describe.h"
#include "teacher/teacher.h"

namespace retort {

struct ApiTeacherConfig {
  std::string base_url;           // "https://host/v1", "http://127.0.0.1:8000/v1"
  std::string model;              // as the server names it
  std::string endpoint = "chat";  // chat | completions
  std::string api_key_env;        // name of an environment variable that holds the key; "" = none
  std::string api_key_file;       // or a file that holds it
  std::string ca_file;            // PEM of a private CA; "" = the system's
  bool stream = false;
  std::vector<std::string> stop;
  int concurrency = 8;                        // requests in flight
  int n_per_request = 1;                      // attempts of a prompt asked for in one request (`n`)
  int max_tokens = 1024;                      // where sampling.max_new_tokens is 0
  std::string max_tokens_key = "max_tokens";  // or max_completion_tokens
  bool send_seed = true;
  double requests_per_minute = 0, tokens_per_minute = 0;                       // limits of our own; 0 = none
  double connect_timeout = 10, first_byte_timeout = 120, total_timeout = 600;  // seconds
  int max_retries = 6;
  double backoff = 1, max_backoff = 60;  // seconds: first wait, doubled at each further one up to the longest
  int max_response_mb = 16;
};
void Describe(Describer& d, ApiTeacherConfig& config);

// Throws Error: no http(s) URL, a key in the URL, an empty or unreadable key. `stop` is looked at a few times a second:
// true ends an Ask soon, and what has not been answered is not reported.
std::unique_ptr<Teacher> MakeApiTeacher(const ApiTeacherConfig& config, std::function<bool()> stop = {});

}  // namespace retort
