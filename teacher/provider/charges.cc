#include "teacher/provider/charges.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/data/json_fields.h"
#include "teacher/provider/summed_line.h"

namespace retort {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr size_t kLongestLine = 4096;
constexpr int64_t kLongJournal = 1000;  // charges, before it is condensed
constexpr std::string_view kCharge = "charge";

std::chrono::year_month_day DateOf(int day) { return std::chrono::sys_days(std::chrono::days(day)); }

// Months since the year 0.
int MonthOf(int day) {
  const auto date = DateOf(day);
  return static_cast<int>(date.year()) * 12 + static_cast<int>(static_cast<unsigned>(date.month())) - 1;
}

int FirstDayOfNextMonth(int day) {
  const auto date = DateOf(day);
  const std::chrono::year_month_day first = (date.year() / date.month() / 1) + std::chrono::months(1);
  return static_cast<int>(std::chrono::sys_days(first).time_since_epoch().count());
}

std::string HeadLine() { return DumpJson(Json{{"retort_charges", kVersion}}); }

std::string ChargeLine(const std::string& account, int day, const Used& used) {
  const std::string text =
      DumpJson(Json{{"account", account}, {"day", day}, {"requests", used.requests}, {"tokens", used.tokens}});
  return SummedLine(kCharge, kVersion, text);
}

FileLock LockOf(const std::filesystem::path& file) {
  if (auto lock = FileLock::Try(file.string() + ".lock")) return std::move(*lock);
  throw Error({.file = file.string()}, "is open in another process", "end that one first, or name another file");
}

}  // namespace

Charges::Charges(const std::filesystem::path& file, WallClock clock, bool sync)
    : file_(file), clock_(std::move(clock)), sync_(sync), lock_(LockOf(file)) {
  lines_.emplace(file);  // cuts a torn last line off
  if (Read() > kLongJournal + 4 * static_cast<int64_t>(sums_.size())) {
    lines_.reset();
    Condense();
    lines_.emplace(file);
  }
}

int64_t Charges::Read() {
  bool head = false;
  int64_t charges = 0;
  ForEachLine(
      file_,
      [&](std::string_view line, int number) {
        const Where where{.file = file_.string(), .line = number};
        if (!head) {
          head = true;
          const Json json = ParseJson(line, where, {.max_bytes = kLongestLine, .max_depth = 2});
          int version = 0;
          const JsonFields fields(json, where);
          fields.Get("retort_charges");
          fields.Read("retort_charges", version);
          if (version != kVersion) throw Error(where, fmt::format("is a journal of charges of version {}", version));
          return true;
        }
        const auto text = TextOfSummedLine(kCharge, kVersion, line);
        if (!text) throw Error(where, "is no charge, or was cut or changed", "put the file back as it was");
        const Json json = ParseJson(*text, where, {.max_bytes = kLongestLine, .max_depth = 2});
        const JsonFields fields(json, where);
        std::string account;
        int day = 0;
        Used used;
        constexpr int64_t kMost = int64_t{1} << 53;
        fields.Read("account", account);
        fields.Read("day", day);
        fields.Read("requests", used.requests, -kMost);
        fields.Read("tokens", used.tokens, -kMost);
        Add(account, day, used);
        today_ = std::max(today_, day);
        ++charges;
        return true;
      },
      kLongestLine);
  if (head) return charges;
  lines_->Append(HeadLine());
  lines_->Sync();
  return charges;
}

// Of each account its latest day, and the rest of that day's month, as if it had all been charged on the day before.
void Charges::Condense() {
  WriteFileAtomic(file_, [&](const WritePart& write) {
    write(HeadLine() + "\n");
    for (const auto& [account, sums] : sums_) {
      const Used before = {.requests = sums.of_month.requests - sums.of_day.requests,
                           .tokens = sums.of_month.tokens - sums.of_day.tokens};
      if (before.requests != 0 || before.tokens != 0) write(ChargeLine(account, sums.day - 1, before) + "\n");
      write(ChargeLine(account, sums.day, sums.of_day) + "\n");
    }
  });
}

Charges::Held Charges::Hold(const std::string& account, int64_t tokens, const UseLimits& limits) {
  const std::scoped_lock lock(mutex_);
  const int day = Today();
  const auto found = sums_.find(account);
  const Sums sums = found == sums_.end() ? Sums{} : found->second;
  const Used of_day = sums.day == day ? sums.of_day : Used{};
  const Used of_month = sums.month == MonthOf(day) ? sums.of_month : Used{};
  Held held{.granted = true, .day = day};
  const auto until = [&](int next_day) {
    const int64_t left =
        static_cast<int64_t>(next_day) * kMillisecondsADay - std::max(clock_(), int64_t{day} * kMillisecondsADay);
    return std::max(1.0, static_cast<double>(left) / 1000);
  };
  const auto check = [&](std::optional<double> most, int64_t used, int64_t more, int next_day) {
    if (!most || static_cast<double>(used) + static_cast<double>(more) <= *most) return;
    held.granted = false;
    held.retry_after = std::max(held.retry_after, until(next_day));
  };
  check(limits.requests_a_day, of_day.requests, 1, day + 1);
  check(limits.tokens_a_day, of_day.tokens, tokens, day + 1);
  check(limits.requests_a_month, of_month.requests, 1, FirstDayOfNextMonth(day));
  check(limits.tokens_a_month, of_month.tokens, tokens, FirstDayOfNextMonth(day));
  const int64_t taken = held.granted ? tokens : 0;
  for (const auto& [most, used] :
       {std::pair(limits.tokens_a_day, of_day), std::pair(limits.tokens_a_month, of_month)}) {
    if (!most) continue;
    const double left = std::max(0.0, *most - static_cast<double>(used.tokens + taken));
    held.tokens = std::min(held.tokens.value_or(left), left);
  }
  if (held.granted) Write(account, day, {.requests = 1, .tokens = tokens});
  return held;
}

void Charges::Settle(const std::string& account, const Held& held, int64_t more) {
  const std::scoped_lock lock(mutex_);
  if (more != 0) Write(account, held.day, {.requests = 0, .tokens = more});
}

// In the file first: what is counted is never less than what is written.
void Charges::Write(const std::string& account, int day, const Used& used) {
  lines_->Append(ChargeLine(account, day, used));
  if (sync_) lines_->Sync();
  Add(account, day, used);
}

void Charges::Add(const std::string& account, int day, const Used& used) {
  Sums& sums = sums_[account];
  const int month = MonthOf(day);
  if (day > sums.day) {
    sums.day = day;
    sums.of_day = {};
  }
  if (month > sums.month) {
    sums.month = month;
    sums.of_month = {};
  }
  if (day == sums.day) {
    sums.of_day.requests += used.requests;
    sums.of_day.tokens += used.tokens;
  }
  if (month == sums.month) {
    sums.of_month.requests += used.requests;
    sums.of_month.tokens += used.tokens;
  }
}

int Charges::Today() {
  today_ = std::max(today_, static_cast<int>(clock_() / kMillisecondsADay));
  return today_;
}

Used Charges::OfDay(const std::string& account) const {
  const std::scoped_lock lock(mutex_);
  const auto found = sums_.find(account);
  return found == sums_.end() ? Used{} : found->second.of_day;
}

Used Charges::OfMonth(const std::string& account) const {
  const std::scoped_lock lock(mutex_);
  const auto found = sums_.find(account);
  return found == sums_.end() ? Used{} : found->second.of_month;
}

}  // namespace retort
