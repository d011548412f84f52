// What accounts have used of a day and a month, kept in a journal so that a killed process forgets no charge: each is
// one line in the file before the request goes on. Survives kill -9; with `sync` also a power cut, for some
// milliseconds a charge.
//
//   {"retort_charges":1}                                                                          first line
//   {"charge":{"account":"a","day":20790,"requests":1,"tokens":900},"sum":"0123456789abcdef"}      then one a change
//
// What is held for a request that a crash cut off stays charged: the provider errs for itself. Opening condenses a long
// journal to what still counts; while it is open it grows by two lines a request.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "core/base/files.h"

namespace retort {

struct Used {
  int64_t requests = 0, tokens = 0;
};
// The most of a period; nullopt: no limit.
struct UseLimits {
  std::optional<double> requests_a_day, requests_a_month, tokens_a_day, tokens_a_month;
};

class Charges {
 public:
  using WallClock = std::function<int64_t()>;  // milliseconds since 1970, UTC

  // Throws Error at file:line for what is no journal, or one that another process has open. A last line that a crash
  // cut is removed.
  Charges(const std::filesystem::path& file, WallClock clock, bool sync);

  // What came of asking for `tokens` and one request.
  struct Held {
    bool granted = false;
    int day = 0;                   // that it was charged to; a refund goes there too
    double retry_after = 0;        // seconds until the period that was used up is over
    std::optional<double> tokens;  // what is left of the tighter limit, after this
  };
  // Charges at once, if it fits every limit. Calls from several threads are in some order.
  Held Hold(const std::string& account, int64_t tokens, const UseLimits& limits);
  // Puts right what was held by `more` tokens (below 0: gives back).
  void Settle(const std::string& account, const Held& held, int64_t more);

  Used OfDay(const std::string& account) const;
  Used OfMonth(const std::string& account) const;

 private:
  struct Sums {
    int day = 0, month = 0;  // the latest that were charged
    Used of_day, of_month;
  };
  int64_t Read();  // how many charges
  void Condense();
  void Add(const std::string& account, int day, const Used& used);
  void Write(const std::string& account, int day, const Used& used);
  int Today();

  std::filesystem::path file_;
  WallClock clock_;
  bool sync_;
  FileLock lock_;
  std::optional<LineAppender> lines_;
  mutable std::mutex mutex_;
  int today_ = 0;  // never goes back, whatever the clock does
  std::map<std::string, Sums> sums_;
};

}  // namespace retort
