// "12/32 cells  rules N=16 .71±.05  about 1 min 20 s left": one line that changes on a terminal, else a line every ten
// seconds.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace retort::lab {

class Progress {
 public:
  explicit Progress(bool terminal);
  ~Progress();

  void Collecting(const std::string& task, uint64_t seed, int done, int total);
  void Start(int cells, double cost);  // that are to be computed
  void Running(const std::string& cell, double cost_done);
  void Finished(const std::string& cell, double cost, const std::string& label, double score);
  void Failed(const std::string& cell, double cost);
  void Again(const std::string& cell, const std::string& label, const std::string& why);  // it will be tried once more
  void Waiting(bool waiting) { waiting_ = waiting; }  // for cells that another process computes
  // Called with the line whenever it is worth showing, terminal or not.
  void Also(std::function<void(const std::string&)> tell) { tell_ = std::move(tell); }
  // Called from Show, with so many seconds between two calls.
  void NowAndThen(double seconds, std::function<void()> what);
  void Show();                                              // what is new, if it is time
  void Clear();                                             // leaves a clean line for other output
  void Note(std::string note) { note_ = std::move(note); }  // what else the line ends with

 private:
  std::string Line() const;
  void Print(const std::string& line, bool at_once);

  std::function<void(const std::string&)> tell_;
  std::function<void()> now_and_then_;
  double every_ = 0, last_time_ = 0;
  bool terminal_, waiting_ = false;
  bool shown_ = false;  // an unfinished line stands on the terminal
  double start_ = 0, last_shown_ = 0;
  int cells_ = 0, done_ = 0;
  double cost_ = 0, cost_done_ = 0;
  std::map<std::string, double> running_;
  std::map<std::string, std::vector<double>> scores_;  // by label
  std::string latest_, note_;
};

std::string Duration(double seconds);  // "45 s", "1 min 20 s", "2 h 5 min"

}  // namespace retort::lab
