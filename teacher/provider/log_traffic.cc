#include "teacher/provider/log_traffic.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "teacher/provider/request_log.h"

namespace retort {
namespace {

constexpr int kMostDays = 400;  // size: of a month; more is a wrong clock

bool Counts(const RequestRecord& record) {
  return record.choices > 0 && (record.status == 200 || record.status == 499) && !record.prompt.empty();
}

uint64_t ShapeOf(const std::string& pseudonym) {
  uint64_t shape = 0;
  std::from_chars(pseudonym.data(), pseudonym.data() + std::min<size_t>(16, pseudonym.size()), shape, 16);
  return shape;
}

std::vector<std::filesystem::path> FilesOf(const std::filesystem::path& log) {
  if (!std::filesystem::is_directory(log)) return {log};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(log)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  if (files.empty()) throw Error({.file = log.string()}, "holds no request log");
  return files;
}

// Accounts that share a payment or an address, however long the chain.
std::vector<std::vector<size_t>> Link(std::vector<LoggedAccount>& accounts) {
  std::vector<size_t> root(accounts.size());
  std::iota(root.begin(), root.end(), size_t{0});
  const auto find = [&](size_t i) {
    while (root[i] != i) i = root[i] = root[root[i]];
    return i;
  };
  std::map<std::string, size_t> first;
  for (size_t i = 0; i < accounts.size(); ++i) {
    for (const auto& [kind, link] : {std::pair('p', accounts[i].payment), std::pair('a', accounts[i].address)}) {
      if (link.empty()) continue;
      const auto [at, fresh] = first.emplace(kind + link, i);
      if (!fresh) root[find(i)] = find(at->second);
    }
  }
  std::map<size_t, size_t> place;
  std::vector<std::vector<size_t>> groups;
  for (size_t i = 0; i < accounts.size(); ++i) {
    const auto [at, fresh] = place.emplace(find(i), groups.size());
    if (fresh) groups.emplace_back();
    groups[at->second].push_back(i);
    accounts[i].group = at->second;
  }
  return groups;
}

}  // namespace

Requests LoggedAccount::Sent() const {
  return {.daily = daily, .latest = [this](int day, std::span<Features> read) {
            const auto end = std::accumulate(daily.begin(), daily.begin() + day, int64_t{0});
            for (size_t i = 0; i < read.size(); ++i) {
              read[i] = requests[static_cast<size_t>(end) - read.size() + i].at;
            }
          }};
}

LoggedMonth ReadLoggedMonth(const std::filesystem::path& log) {
  LoggedMonth month;
  std::map<std::string, LoggedAccount> accounts;
  for (const auto& file : FilesOf(log)) {
    const RequestLogHead head = ForEachRequest(file, [&](const RequestRecord& record) {
      if (!Counts(record)) return true;
      LoggedAccount& account = accounts[record.account];
      account.name = record.account;
      account.tier = record.tier;
      if (!record.payment.empty()) account.payment = record.payment;
      if (!record.address.empty()) account.address = record.address;
      LoggedRequest request{.time_ms = record.time_ms, .shape = ShapeOf(record.template_shape)};
      for (size_t j = 0; j < kFeatures; ++j) request.at[j] = static_cast<float>(record.features[j]);
      account.requests.push_back(request);
      return true;
    });
    if (!month.salt.empty() && month.salt != head.salt) {
      throw Error({.file = file.string()}, "has other pseudonyms than the logs beside it", "read logs of one salt");
    }
    month.salt = head.salt;
  }
  if (accounts.empty()) throw Error({.file = log.string()}, "has no request that was answered");
  int64_t first = std::numeric_limits<int64_t>::max(), last = 0;
  for (auto& [name, account] : accounts) {
    std::ranges::stable_sort(account.requests, {}, &LoggedRequest::time_ms);
    first = std::min(first, account.requests.front().time_ms / kMillisecondsADay);
    last = std::max(last, account.requests.back().time_ms / kMillisecondsADay);
  }
  if (last - first >= kMostDays) {
    throw Error({.file = log.string()}, fmt::format("spans {} days", last - first + 1), "give the logs of a month");
  }
  month.days = static_cast<int>(last - first) + 1;
  month.accounts.reserve(accounts.size());
  for (auto& [name, account] : accounts) {
    account.daily.assign(static_cast<size_t>(month.days), 0);
    for (const LoggedRequest& request : account.requests) {
      ++account.daily[static_cast<size_t>(request.time_ms / kMillisecondsADay - first)];
    }
    month.accounts.push_back(std::move(account));
  }
  month.groups = Link(month.accounts);
  return month;
}

TextScale::TextScale(const LoggedMonth& honest) {
  std::array<double, kFeatures> sum{}, squares{};
  double n = 0;
  for (const LoggedAccount& account : honest.accounts) {
    for (const LoggedRequest& request : account.requests) {
      for (size_t j = 0; j < kFeatures; ++j) sum[j] += request.at[j];
      n += 1;
    }
  }
  for (size_t j = 0; j < kFeatures; ++j) mean_[j] = static_cast<float>(sum[j] / n);
  for (const LoggedAccount& account : honest.accounts) {
    for (const LoggedRequest& request : account.requests) {
      for (size_t j = 0; j < kFeatures; ++j) squares[j] += std::pow(request.at[j] - mean_[j], 2);
    }
  }
  // A measure that never varies among the honest counts in its own unit: whoever differs in it is far away all the
  // same.
  for (size_t j = 0; j < kFeatures; ++j) {
    const double deviation = std::sqrt(squares[j] / n);
    deviation_[j] = deviation > 1e-6 ? static_cast<float>(deviation) : 1.0F;
  }
}

void TextScale::Apply(LoggedMonth& month) const {
  for (LoggedAccount& account : month.accounts) {
    for (LoggedRequest& request : account.requests) {
      for (size_t j = 0; j < kFeatures; ++j) request.at[j] = (request.at[j] - mean_[j]) / deviation_[j];
    }
  }
}

}  // namespace retort
