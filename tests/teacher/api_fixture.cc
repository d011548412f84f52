#include "tests/teacher/api_fixture.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "core/base/clock.h"
#include "core/base/utf8.h"

namespace retort {
namespace {

// Of /proc/self/status, in bytes.
int64_t ProcessMemory(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":")) return std::stoll(line.substr(key.size() + 1)) * 1024;
  }
  return 0;
}

}  // namespace

void PrintTo(const Message& message, std::ostream* out) { *out << '[' << message.role << "] " << message.content; }
void PrintTo(const Usage& usage, std::ostream* out) {
  *out << usage.prompt_tokens << " read, " << usage.completion_tokens << " written";
}

Request ChatRequest(const std::string& id, const std::string& text, int attempt) {
  return {.id = id, .attempt = attempt, .prompt = {{"user", text}}, .sampling = {.max_new_tokens = 50}};
}

Request PlainRequest(const std::string& id, const std::string& text, int attempt) {
  return {.id = id, .attempt = attempt, .prompt = {{"", text}}, .sampling = {.max_new_tokens = 50}};
}

std::vector<Request> ManyRequests(int n) {
  std::vector<Request> requests;
  for (int i = 0; i < n; ++i) {
    const std::string number = std::to_string(i);
    requests.push_back(ChatRequest("id " + number, "question " + number));
  }
  return requests;
}

ApiTeacherConfig QuickConfig(const std::string& base_url) {
  return {.base_url = base_url,
          .model = "fake-1",
          .concurrency = 4,
          .connect_timeout = 2,
          .first_byte_timeout = 5,
          .total_timeout = 10,
          .max_retries = 0,
          .backoff = 0.01,
          .max_backoff = 0.05,
          .max_response_mb = 1};
}

std::vector<Reply> AskAll(Teacher& teacher, const std::vector<Request>& requests) {
  using Key = std::pair<std::string, int>;
  std::map<Key, std::vector<Reply>> replies;
  const std::thread::id here = std::this_thread::get_id();
  teacher.Ask(requests, [&](Reply reply) {
    EXPECT_EQ(std::this_thread::get_id(), here);
    replies[Key(reply.id, reply.attempt)].push_back(std::move(reply));
    return true;
  });
  std::vector<Reply> ordered;
  for (const Request& request : requests) {
    std::vector<Reply>& its = replies[Key(request.id, request.attempt)];
    EXPECT_EQ(its.size(), 1U) << request.id << ", attempt " << request.attempt;
    ordered.push_back(its.empty() ? Reply{.error = "no reply at all"} : std::move(its.front()));
    its.resize(1);
  }
  EXPECT_EQ(replies.size(), requests.size()) << "replies to what was not asked";
  return ordered;
}

std::vector<Reply> AskAll(const ApiTeacherConfig& config, const std::vector<Request>& requests) {
  return AskAll(*MakeApiTeacher(config), requests);
}

Reply AskOne(const ApiTeacherConfig& config, const Request& request) { return AskAll(config, {request}).front(); }

Reply AskOneOf(const Response& response, bool stream) {
  const TestServer server([&](const SeenRequest&) { return response; });
  ApiTeacherConfig config = QuickConfig(server.url());
  config.stream = stream;
  return AskOne(config);
}

void ExpectPresentable(const Reply& reply) {
  EXPECT_TRUE(IsUtf8(Text(reply.completion))) << reply.id;
  EXPECT_TRUE(IsUtf8(reply.reasoning)) << reply.id;
  EXPECT_TRUE(IsUtf8(reply.error)) << reply.error;
  EXPECT_LE(reply.error.size(), 600U);
  for (const char c : reply.error) EXPECT_FALSE(static_cast<unsigned char>(c) < ' ' || c == 0x7f) << reply.error;
  for (const TokenLogprob& token : reply.logprobs) {
    EXPECT_TRUE(std::isfinite(token.logprob) && token.logprob <= 0);
    for (const TokenLogprob::Top& other : token.top) EXPECT_TRUE(std::isfinite(other.logprob) && other.logprob <= 0);
  }
}

double Seconds(const std::function<void()>& run) {
  const double start = MonotonicSeconds();
  run();
  return MonotonicSeconds() - start;
}

bool TestLedger::Open(int64_t sending, const Usage& most) {
  EXPECT_FALSE(index_.contains(sending)) << "sending " << sending << " opened twice";
  EXPECT_GT(most.prompt_tokens, 0);
  EXPECT_GT(most.completion_tokens, 0);
  if (static_cast<int>(entries_.size()) >= allowed) {
    ++refused_;
    return false;
  }
  index_[sending] = entries_.size();
  entries_.push_back({.most = most});
  return true;
}

void TestLedger::Close(int64_t sending, const Usage& charged) {
  const auto found = index_.find(sending);
  ASSERT_NE(found, index_.end()) << "sending " << sending << " closed and never opened";
  Entry& entry = entries_[found->second];
  EXPECT_FALSE(entry.closed) << "sending " << sending << " closed twice";
  EXPECT_GE(charged.prompt_tokens, 0);
  EXPECT_GE(charged.completion_tokens, 0);
  entry.charged = charged;
  entry.closed = true;
}

Usage TestLedger::Charged() const {
  Usage sum;
  for (const Entry& entry : entries_) {
    EXPECT_TRUE(entry.closed) << "a sending was never closed";
    sum += entry.charged;
  }
  return sum;
}

ScopedEnv::ScopedEnv(std::string name, const char* value) : name_(std::move(name)) {
  if (const char* before = std::getenv(name_.c_str())) before_ = before;
  if (value == nullptr) {
    ::unsetenv(name_.c_str());
  } else {
    ::setenv(name_.c_str(), value, 1);
  }
}

ScopedEnv::~ScopedEnv() {
  if (before_) {
    ::setenv(name_.c_str(), before_->c_str(), 1);
  } else {
    ::unsetenv(name_.c_str());
  }
}

int64_t PeakMemoryGrowth(const std::function<void()>& run) {
  std::ofstream("/proc/self/clear_refs") << 5;  // the peak becomes what is used now
  [[maybe_unused]] const int64_t before = ProcessMemory("VmHWM");
  run();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // they keep what was freed
  return 0;
#else
  return ProcessMemory("VmHWM") - before;
#endif
}

}  // namespace retort
