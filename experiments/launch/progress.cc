// Writes to stderr, so that stdout holds results only.
#include "experiments/launch/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/base/clock.h"

namespace retort::lab {
namespace {

constexpr double kEveryOnTerminal = 0.2, kEveryElsewhere = 10;

std::string Score(double value) {
  std::string text = fmt::format("{:.2f}", value);
  if (text.starts_with("0.")) text.erase(0, 1);
  return text;
}

std::string MeanAndError(const std::vector<double>& scores) {
  double sum = 0, squares = 0;
  for (const double score : scores) sum += score;
  const auto count = static_cast<double>(scores.size());
  const double mean = sum / count;
  for (const double score : scores) squares += (score - mean) * (score - mean);
  if (scores.size() < 2) return Score(mean);
  return fmt::format("{}±{}", Score(mean), Score(std::sqrt(squares / (count - 1) / count)));
}

}  // namespace

std::string Duration(double seconds) {
  const auto whole = static_cast<int64_t>(std::lround(std::max(0.0, seconds)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

Progress::Progress(bool terminal) : terminal_(terminal), start_(MonotonicSeconds()), last_shown_(start_) {}

Progress::~Progress() { Clear(); }

void Progress::Collecting(const std::string& task, uint64_t seed, int done, int total) {
  if (done >= total) return;
  const std::string line = fmt::format("asking the teacher: {} seed {}, {}/{} answers", task, seed, done, total);
  if (tell_) tell_(line);
  Print(line, false);
}

void Progress::Start(int cells, double cost) {
  cells_ = cells;
  cost_ = cost;
  done_ = 0;
  cost_done_ = 0;
  start_ = MonotonicSeconds();
  if (terminal_ && cells > 0) Print(Line(), true);
}

void Progress::Running(const std::string& cell, double cost_done) { running_[cell] = cost_done; }

void Progress::Finished(const std::string& cell, double cost, const std::string& label, double score) {
  Failed(cell, cost);
  scores_[label].push_back(score);
  latest_ = label;
}

void Progress::Failed(const std::string& cell, double cost) {
  running_.erase(cell);
  cost_done_ += cost;
  ++done_;
}

void Progress::Again(const std::string& cell, const std::string& label, const std::string& why) {
  running_.erase(cell);
  Clear();
  fmt::print(stderr, "to be tried again: {}: {}\n", label, why);
}

std::string Progress::Line() const {
  std::string line = fmt::format("{}/{} cells", done_, cells_);
  if (!latest_.empty()) line += fmt::format("  {} {}", latest_, MeanAndError(scores_.at(latest_)));
  double done = cost_done_;
  for (const auto& [cell, cost] : running_) done += cost;
  const double elapsed = MonotonicSeconds() - start_;
  if (waiting_) {
    line += "  waiting for another process that computes the rest";
  } else if (done > 0 && elapsed > 2 && done < cost_) {
    line += fmt::format("  about {} left", Duration(elapsed / done * (cost_ - done)));
  }
  if (!note_.empty()) line += "  " + note_;
  return line;
}

void Progress::NowAndThen(double seconds, std::function<void()> what) {
  now_and_then_ = std::move(what);
  every_ = seconds;
  last_time_ = MonotonicSeconds();
}

void Progress::Show() {
  if (now_and_then_ && MonotonicSeconds() - last_time_ >= every_) {
    now_and_then_();
    last_time_ = MonotonicSeconds();
  }
  if (cells_ == 0) return;
  const std::string line = Line();
  if (tell_) tell_(line);
  Print(line, false);
}

void Progress::Print(const std::string& line, bool at_once) {
  const double now = MonotonicSeconds();
  if (!at_once && now - last_shown_ < (terminal_ ? kEveryOnTerminal : kEveryElsewhere)) return;
  last_shown_ = now;
  shown_ = terminal_;
  fmt::print(stderr, "{}{}{}", terminal_ ? "\r\033[K" : "", line, terminal_ ? "" : "\n");
  std::fflush(stderr);
}

void Progress::Clear() {
  if (shown_) fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace retort::lab
