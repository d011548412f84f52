// Request logs as detectors read them: accounts with their requests by day, positions in place of texts, and who is
// linked with whom. A position is the eight measures of text_features.h, each in standard deviations of honest
// requests; the directions of trigrams stay out, as they do in text_source.h. All of it lies in memory: 64 bytes a
// request.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "teacher/provider/text_source.h"

namespace retort {

struct LoggedRequest {
  int64_t time_ms = 0;
  Features at{};
  uint64_t shape = 0;  // of its template: the beginning of the pseudonym
};

struct LoggedAccount {
  std::string name, tier;
  std::string payment, address;         // the latest that are known; pseudonyms
  std::vector<LoggedRequest> requests;  // in order of time
  std::vector<int64_t> daily;           // requests of each day of the month
  size_t group = 0;                     // place in LoggedMonth::groups

  // `this` must outlive them.
  Requests Sent() const;
};

struct LoggedMonth {
  std::string salt;                         // id of the pseudonyms' salt
  int days = 0;                             // from the first request's to the last one's, UTC
  std::vector<LoggedAccount> accounts;      // by name
  std::vector<std::vector<size_t>> groups;  // accounts linked by a payment or an address, directly or through others
};

// The logs of a folder, or one file. Counts requests that were answered, or left while they were: no denials, no lists
// of models. Measures are as they stand in the log, until a TextScale is applied. Throws Error for what is no log, logs
// of different salts, or nothing to count.
LoggedMonth ReadLoggedMonth(const std::filesystem::path& log);

// Mean and standard deviation of each measure among honest requests.
class TextScale {
 public:
  explicit TextScale(const LoggedMonth& honest);
  void Apply(LoggedMonth& month) const;

 private:
  Features mean_{}, deviation_{};
};

}  // namespace retort
