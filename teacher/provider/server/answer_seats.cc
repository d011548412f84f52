#include "teacher/provider/server/answer_seats.h"

#include <chrono>

namespace retort {

bool AnswerSeats::HasRoom(int answers) const {
  const std::lock_guard lock(mutex_);
  return answers <= all_ - taken_;
}

AnswerSeats::Taken AnswerSeats::Take(const std::string& caller, int answers) {
  const std::lock_guard lock(mutex_);
  if (answers > all_ - taken_) return Taken::kAllFull;
  const auto found = by_caller_.find(caller);
  if (answers > per_caller_ - (found == by_caller_.end() ? 0 : found->second)) return Taken::kCallersFull;
  taken_ += answers;
  if (answers > 0) by_caller_[caller] += answers;
  return Taken::kYes;
}

void AnswerSeats::Leave(const std::string& caller, int answers) {
  {
    const std::lock_guard lock(mutex_);
    taken_ -= answers;
    const auto found = by_caller_.find(caller);
    if (found != by_caller_.end() && (found->second -= answers) <= 0) by_caller_.erase(found);
  }
  left_.notify_all();
}

bool AnswerSeats::WaitUntilEmpty(double seconds) const {
  std::unique_lock lock(mutex_);
  return left_.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return taken_ == 0; });
}

}  // namespace retort
