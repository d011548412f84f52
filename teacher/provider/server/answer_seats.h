// How many answers are being made or wait, of all callers and of each: one caller cannot fill the server. A caller is
// an account where a policy has found one, else an address; so who has many of either has as many shares.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

namespace retort {

class AnswerSeats {
 public:
  AnswerSeats(int all, int per_caller) : all_(all), per_caller_(per_caller) {}

  enum class Taken { kYes, kAllFull, kCallersFull };
  bool HasRoom(int answers) const;  // for anybody; may have changed when Take is called
  Taken Take(const std::string& caller, int answers);
  void Leave(const std::string& caller, int answers);
  // Waits for the last one to leave. false: some are still there after `seconds`.
  bool WaitUntilEmpty(double seconds) const;

 private:
  const int all_, per_caller_;
  mutable std::mutex mutex_;
  mutable std::condition_variable left_;
  int taken_ = 0;
  std::map<std::string, int> by_caller_;
};

}  // namespace retort
