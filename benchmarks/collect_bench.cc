// What asking costs beside waiting, and how fast a long journal is read again. scripts/bench runs it:
//   collect_bench serve SECONDS             answers each request after so long; prints its URL, ends with its input
//   collect_bench ask URL N CONCURRENCY     asks N questions; prints requests a second and CPU a request
//   collect_bench journal N                 writes N answers, opens the journal again; prints seconds and memory
#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/files.h"
#include "teacher/api_teacher.h"
#include "teacher/journal.h"
#include "tests/teacher/test_server.h"

namespace retort {
namespace {

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return double(time.tv_sec) + 1e-6 * double(time.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void Serve(double seconds) {
  const TestServer server([seconds](const SeenRequest&) {
    FullReply reply{.headers = {{"Content-Type", "application/json"}}, .delay = seconds};
    reply.body =
        R"({"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":)"
        R"("assistant","content":"The answer is 42, since six times seven is forty-two."},"finish_reason":"stop"}],)"
        R"("usage":{"prompt_tokens":20,"completion_tokens":15,"total_tokens":35}})";
    return reply;
  });
  fmt::print("{}\n", server.url());
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
  }
}

void Ask(const std::string& url, int n, int concurrency) {
  const auto teacher = MakeApiTeacher({.base_url = url, .model = "m", .concurrency = concurrency});
  std::vector<Request> requests;
  for (int i = 0; i < n; ++i) {
    requests.push_back({.id = std::to_string(i), .prompt = {{"user", fmt::format("What is {} times seven?", i)}}});
  }
  int good = 0;
  const auto count = [&](const Reply& reply) {
    good += reply.error.empty() ? 1 : 0;
    return true;
  };
  teacher->Ask({requests.data(), static_cast<size_t>(concurrency)}, count);  // connections stand
  good = 0;
  const double began = MonotonicSeconds(), cpu = CpuSeconds();
  teacher->Ask(requests, count);
  const double wall = MonotonicSeconds() - began;
  fmt::print("{{\"answered\": {}, \"requests_per_second\": {:.1f}, \"wall_ms\": {:.4f}, \"cpu_ms\": {:.4f}}}\n", good,
             n / wall, 1000 * wall / n, 1000 * (CpuSeconds() - cpu) / n);
}

int64_t HeapBytes() { return static_cast<int64_t>(mallinfo2().uordblks + mallinfo2().hblkhd); }

void ReadAgain(int n) {
  const TempDir folder;
  const auto key = [](int i) { return 0x9e3779b97f4a7c15u * static_cast<uint64_t>(i + 1); };
  {
    Journal journal(folder.path() / "journal.jsonl");
    Sample sample{.prompt = {{"user", std::string(200, 'q')}}, .completion = {{"assistant", std::string(250, 'a')}}};
    for (int i = 0; i < n; ++i) {
      sample.id = fmt::format("train/{}", i);
      const Usage most{.prompt_tokens = 300, .completion_tokens = 200};
      const int64_t sending = journal.Sent(most);
      journal.Answered(key(i), sample, true);
      journal.Closed(sending, most, {.prompt_tokens = 50, .completion_tokens = 60});
    }
  }
  const int64_t before = HeapBytes();
  const double began = MonotonicSeconds();
  const Journal journal(folder.path() / "journal.jsonl");
  const double seconds = MonotonicSeconds() - began;
  const int64_t bytes = HeapBytes() - before;
  int found = 0;
  for (int i = 0; i < n; ++i) found += journal.HasAnswer(key(i)) ? 1 : 0;
  fmt::print("{{\"found\": {}, \"seconds\": {:.2f}, \"bytes_per_answer\": {:.1f}, \"file_mb\": {:.0f}}}\n", found,
             seconds, double(bytes) / n, double(std::filesystem::file_size(folder.path() / "journal.jsonl")) / 1e6);
}

int Main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "serve") {
    Serve(std::stod(words[1]));
  } else if (words.size() == 4 && words[0] == "ask") {
    Ask(words[1], std::stoi(words[2]), std::stoi(words[3]));
  } else if (words.size() == 2 && words[0] == "journal") {
    ReadAgain(std::stoi(words[1]));
  } else {
    fmt::print(stderr, "usage: collect_bench serve SECONDS | ask URL N CONCURRENCY | journal N\n");
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) { return retort::Main(argc, argv); }
