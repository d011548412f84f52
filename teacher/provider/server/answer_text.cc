#include "teacher/provider/server/answer_text.h"

#include <algorithm>
#include <utility>

namespace retort {

std::string StopMatcher::Push(std::string_view text) {
  if (stopped_) return "";
  if (stops_.empty()) return std::string(text);
  held_ += text;
  size_t end = std::string::npos, cut = 0;
  for (const std::string& stop : stops_) {
    const size_t found = held_.find(stop);
    if (found == std::string::npos) continue;
    const size_t its_end = found + stop.size();
    if (its_end < end || (its_end == end && found < cut)) {
      end = its_end;
      cut = found;
    }
  }
  if (end != std::string::npos) {
    stopped_ = true;
    held_.resize(cut);
    return std::exchange(held_, "");
  }
  size_t waits = 0;  // bytes at the end that may begin a stop string
  for (const std::string& stop : stops_) {
    for (size_t length = std::min(stop.size() - 1, held_.size()); length > waits; --length) {
      if (std::string_view(held_).substr(held_.size() - length) == std::string_view(stop).substr(0, length)) {
        waits = length;
      }
    }
  }
  std::string shown = held_.substr(0, held_.size() - waits);
  held_.erase(0, shown.size());
  return shown;
}

std::string StopMatcher::Finish() { return std::exchange(held_, ""); }

bool AnswerText::Push(int id) {
  const std::string text = decoder_.Push(id);
  decoded_ += text.size();
  ends_.push_back(decoded_);
  ready_ += matcher_.Push(text);
  return !matcher_.stopped();
}

void AnswerText::Finish() {
  if (matcher_.stopped()) return;
  const std::string text = decoder_.Finish();
  decoded_ += text.size();
  if (!text.empty()) {  // of tokens that were no whole character
    for (size_t& end : ends_) end = end == decoded_ - text.size() ? decoded_ : end;
  }
  ready_ += matcher_.Push(text);
  if (!matcher_.stopped()) ready_ += matcher_.Finish();
}

std::string AnswerText::Take() {
  taken_ += ready_.size();
  while (tokens_taken_ < ends_.size() && ends_[tokens_taken_] <= taken_) ++tokens_taken_;
  return std::exchange(ready_, "");
}

void CutAtStop(const std::vector<std::string>& stops, Reply& reply) {
  if (stops.empty() || reply.completion.empty()) return;
  std::string& text = reply.completion.back().content;
  StopMatcher matcher(stops);
  std::string shown = matcher.Push(text);
  if (!matcher.stopped()) return;
  size_t kept = 0, bytes = 0;
  while (kept < reply.logprobs.size() && bytes + reply.logprobs[kept].bytes.size() <= shown.size()) {
    bytes += reply.logprobs[kept++].bytes.size();
  }
  reply.logprobs.resize(kept);
  text = std::move(shown);
  reply.finish_reason = "stop";
}

}  // namespace retort
