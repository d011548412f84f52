// What a collection asked, was charged and was answered: JSON lines that are only ever appended to, written before
// money is spent and after. All else in a collection's folder can be made anew from it.
//
// A line is written whole by one call, so a killed process loses none; it is synced to the disk once a second, so a
// machine that loses its power may lose the last second's. Of an answer only its place is kept in memory (16 bytes at a
// load of a half to three quarters: at most 43 bytes an answer).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/data/answerer.h"
#include "core/data/sample_set.h"

namespace retort {

// Names a request by all that fixes its answer: the same question, asked in the same way, is never paid for twice.
uint64_t RequestKey(const Request& request);

class Journal {
 public:
  // Reads what is there. Throws Error at file:line for a line that is none of ours, or was changed.
  explicit Journal(const std::filesystem::path& file);
  ~Journal();

  struct Totals {
    int64_t answers = 0, refused = 0;
    int64_t sendings = 0;    // requests that left this machine, retries included
    int64_t unanswered = 0;  // of them, those that a killed run never heard of again
    Usage charged;           // for sendings; those in flight and unanswered ones at their maximum
    Usage unpaid;            // of answers that came without a sending: a local teacher's
    double seconds = 0;      // that a local teacher was at work
  };
  const Totals& totals() const { return totals_; }

  // Returns its number. `most`: what it can cost at worst.
  int64_t Sent(const Usage& most);
  void Closed(int64_t sending, const Usage& most, const Usage& charged);
  void Answered(uint64_t key, const Sample& sample, bool paid);
  void Refused(uint64_t key, const std::string& problem);
  void Seconds(double seconds);

  bool HasAnswer(uint64_t key) const { return Offset(key) != kNowhere; }
  bool WasRefused(uint64_t key) const;
  // The stored sample as its JSON line; throws Error if it was changed meanwhile. Only for a key that has an answer.
  std::string AnswerJson(uint64_t key) const;
  void Sync();

 private:
  struct Slot {
    uint64_t key = 0, offset = 0;  // offset + 1; 0: empty
  };
  static constexpr uint64_t kNowhere = ~uint64_t{0};

  void Append(const std::string& line);
  void ReadLine(std::string_view line, uint64_t offset, int number);
  uint64_t Offset(uint64_t key) const;
  void Insert(uint64_t key, uint64_t offset);

  std::filesystem::path file_;
  std::optional<LineAppender> lines_;
  uint64_t size_ = 0;
  int fd_ = -1;
  double synced_ = 0;
  std::vector<Slot> slots_;
  size_t used_ = 0;
  std::vector<uint64_t> refused_;  // sorted
  int64_t closed_ = 0;
  Totals totals_;
};

}  // namespace retort
