// What the tests of the API teacher share: questions, a config with waits of fractions of a second, books that check
// themselves, and an Ask that holds the teacher to its contract.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "core/data/answerer.h"
#include "teacher/api_teacher.h"
#include "teacher/ledger.h"
#include "tests/teacher/openai_replies.h"
#include "tests/teacher/test_server.h"

namespace retort {

// For googletest's messages.
void PrintTo(const Message& message, std::ostream* out);
void PrintTo(const Usage& usage, std::ostream* out);

Request ChatRequest(const std::string& id, const std::string& text, int attempt = 0);
Request PlainRequest(const std::string& id, const std::string& text, int attempt = 0);
// "id 0" asks "question 0", and so on.
std::vector<Request> ManyRequests(int n);

// Deterministic, quick to give up: max_retries is 0.
ApiTeacherConfig QuickConfig(const std::string& base_url);

// Asks, and checks that every request is answered exactly once, on this thread. In the order of the requests.
std::vector<Reply> AskAll(Teacher& teacher, const std::vector<Request>& requests);
// Of a new teacher.
std::vector<Reply> AskAll(const ApiTeacherConfig& config, const std::vector<Request>& requests);
Reply AskOne(const ApiTeacherConfig& config, const Request& request = ChatRequest("id", "question"));
// The same with a server that gives every request this response.
Reply AskOneOf(const Response& response, bool stream = false);

// Nothing in it may break a line of JSON or of a terminal.
void ExpectPresentable(const Reply& reply);

double Seconds(const std::function<void()>& run);

// Fails the test where an entry is opened or closed twice, or closed without being open.
class TestLedger : public Ledger {
 public:
  struct Entry {
    Usage most, charged;
    bool closed = false;
  };
  bool Open(int64_t sending, const Usage& most) override;
  void Close(int64_t sending, const Usage& charged) override;

  // In the order of their opening.
  const std::vector<Entry>& entries() const { return entries_; }
  // Fails the test where one is still open.
  Usage Charged() const;
  int refused() const { return refused_; }

  int allowed = 1'000'000;  // sendings

 private:
  std::map<int64_t, size_t> index_;
  std::vector<Entry> entries_;
  int refused_ = 0;
};

// Sets a variable of the environment and puts it back.
class ScopedEnv {
 public:
  ScopedEnv(std::string name, const char* value);  // nullptr: unset
  ~ScopedEnv();
  ScopedEnv(const ScopedEnv&) = delete;
  ScopedEnv& operator=(const ScopedEnv&) = delete;

 private:
  std::string name_;
  std::optional<std::string> before_;
};

// Bytes that the process's peak memory grew by while `run` ran; 0 under a sanitizer.
int64_t PeakMemoryGrowth(const std::function<void()>& run);

}  // namespace retort
