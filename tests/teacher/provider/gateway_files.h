// What a gateway's tests stand on: a folder with one account of each tier and its key, and the config of a whole front
// door that reads them.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/base/files.h"
#include "teacher/provider/accounts.h"
#include "teacher/provider/guarded_teacher.h"
#include "teacher/provider/tiers.h"

namespace retort {

inline constexpr std::string_view kPaymentCanary = "PAYMENT-CANARY-4242";

// Who may ask, and what a request without more trouble gets: one row a kind of caller.
struct CallerCase {
  std::string name;           // "email", "no key", "revoked"
  std::string authorization;  // value of the header; empty: none is sent
  int status = 200;           // of a request that its tier may make
  std::string code;           // of the denial
};

class GatewayFiles {
 public:
  GatewayFiles() {
    for (size_t i = 1; i < kTiers.size(); ++i) keys_[i] = Add(kTiers[i]);
    revoked_ = Add("email");
    RevokeKey(accounts(), std::string_view(revoked_).substr(3, 16));
  }

  const std::filesystem::path& folder() const { return dir_.path(); }
  std::filesystem::path accounts() const { return folder() / "accounts.jsonl"; }
  const std::string& key(std::string_view tier) const { return keys_.at(TierIndex(tier).value_or(0)); }

  // Accounts, quotas, rates, terms and a log; more can be put nearer to the teacher.
  PoliciesConfig Config(std::vector<std::string> inner = {}) const {
    PoliciesConfig config{.use = std::move(inner)};
    for (const char* name : {"terms", "quota", "rate_limit", "accounts", "log"}) config.use.emplace_back(name);
    config.accounts.file = accounts().string();
    config.terms = {.version = "2026-11", .text = "https://provider.example/terms"};
    config.quota.requests_a_day = {0, 1000, 1000, 1000, -1};
    config.quota.file = (folder() / "charges.jsonl").string();
    config.rate_limit = {.requests_a_minute = {0, 6000, 6000, 6000, -1}, .burst = 1000};
    config.log.folder = (folder() / "logs").string();
    return config;
  }

  std::vector<CallerCase> Callers() const {
    std::vector<CallerCase> cases;
    for (size_t i = 1; i < kTiers.size(); ++i) cases.push_back({std::string(kTiers[i]), "Bearer " + keys_[i], 200, ""});
    const std::string &key = keys_[1], other = keys_[2];
    cases.push_back({"scheme in lower case", "bearer " + key, 200, ""});
    cases.push_back({"no key", "", 401, "missing_api_key"});
    cases.push_back({"no scheme", key, 401, "invalid_api_key"});
    cases.push_back({"another scheme", "Basic " + key, 401, "invalid_api_key"});
    cases.push_back({"cut", "Bearer " + key.substr(0, key.size() - 1), 401, "invalid_api_key"});
    cases.push_back(
        {"a name with another's secret", "Bearer " + key.substr(0, 20) + other.substr(20), 401, "invalid_api_key"});
    cases.push_back({"of somebody else's form", "Bearer sk-0123456789abcdef0123456789abcdef", 401, "invalid_api_key"});
    cases.push_back({"revoked", "Bearer " + revoked_, 401, "invalid_api_key"});
    return cases;
  }

 private:
  std::string Add(std::string_view tier) const {
    return AddKey(accounts(),
                  {.name = "acc-" + std::string(tier), .tier = std::string(tier), .terms_version = "2026-11"},
                  kPaymentCanary);
  }

  TempDir dir_;
  std::array<std::string, kTiers.size()> keys_;
  std::string revoked_;
};

}  // namespace retort
