// The policies there are, and their options. Each takes away: none shows anything that the teacher did not.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/describe.h"
#include "teacher/provider/policy.h"
#include "teacher/provider/watermark.h"

namespace retort {

// Refuses prompts by what they say. It reads text, as a real filter does, and can be talked round as a real one can.
struct FilterPolicyConfig {
  std::vector<std::string> patterns;  // PCRE2, searched in the text of all messages
  std::vector<std::string> skills;    // a withheld capability: operations of digit folds
  std::string answer;                 // given in place of an answer; empty: the request fails as refused
};
// What an API shows of token probabilities.
struct LogprobsPolicyConfig {
  int top_k = -1;            // -1: none; 0: of the chosen token only; k: also of the k most likely
  double round_to = 0;       // step in nats; 0: as they are
  std::string seed_key_env;  // name of an environment variable with the key of secret_seeds.h; "": of this process
};
// Answers without the way to them.
struct HideReasoningPolicyConfig {
  std::string answer_pattern;    // PCRE2: group 1 of its last match is all that is shown; empty: all but the reasoning
  std::string usage = "billed";  // completion_tokens count hidden tokens; "shown": only, by their share of the text
  bool reasoning_first = false;  // what has no </think> is reasoning
};
// Marks sampled answers (watermark.h). Only a teacher in this process can be marked.
struct WatermarkPolicyConfig {
  WatermarkSettings settings;
  std::string key_env = "RETORT_WATERMARK_KEY";  // name of an environment variable
};
// Answers only who presents a key of an account (accounts.h), and only what its tier may ask for.
struct AccountsPolicyConfig {
  std::string file;
  std::vector<std::vector<std::string>> models;  // by tier; empty: all
  std::vector<double> top_logprobs;              // by tier (tiers.h), plus one: 0 none, 1 the chosen token's
};
// What an account may use of a day and a month, by tier (tiers.h). Limits reset at midnight UTC.
struct QuotaPolicyConfig {
  std::vector<double> requests_a_day, requests_a_month, tokens_a_day, tokens_a_month;
  int default_max_tokens = 1024;
  std::string file = "charges.jsonl";
  std::string sync = "never";
};
// How fast an account may ask.
struct RateLimitPolicyConfig {
  std::vector<double> requests_a_minute;  // by tier (tiers.h)
  double burst = 10;
};
// Which addresses may ask, and how fast.
struct AddressBlockPolicyConfig {
  std::string deny_file, allow_file;
  double requests_a_minute = 0, burst = 60;
  int v6_prefix = 64;  // bits of the v6 network that counts as one caller
};
struct TermsPolicyConfig {
  std::string version, text, training_allowed;
  bool must_accept = false;
};
// Writes the request log. An account that a policy found goes before the one named here. What must stay secret is taken
// from the environment, as an API key is: a config is printed, kept beside every run and shared.
struct LogPolicyConfig {
  std::string folder = "request_logs";
  std::string account = "account-1", key = "key-1", tier = "email";
  std::string payment_env, address_env;  // names of environment variables; "": unknown
  std::string address_class, model;
  int retention_days = 30;
  std::string sync = "never";
};

void Describe(Describer& d, FilterPolicyConfig& config);
void Describe(Describer& d, LogprobsPolicyConfig& config);
void Describe(Describer& d, HideReasoningPolicyConfig& config);
void Describe(Describer& d, WatermarkPolicyConfig& config);
void Describe(Describer& d, AccountsPolicyConfig& config);
void Describe(Describer& d, QuotaPolicyConfig& config);
void Describe(Describer& d, RateLimitPolicyConfig& config);
void Describe(Describer& d, AddressBlockPolicyConfig& config);
void Describe(Describer& d, TermsPolicyConfig& config);
void Describe(Describer& d, LogPolicyConfig& config);

// All throw Error for options that make no sense, a file that cannot be read, or an environment variable that is not
// set. The log opens its file when the first exchange is over, a quota its own in OnStart or at the first request.
std::unique_ptr<Policy> MakeFilterPolicy(const FilterPolicyConfig& config);
std::unique_ptr<Policy> MakeLogprobsPolicy(const LogprobsPolicyConfig& config);
std::unique_ptr<Policy> MakeHideReasoningPolicy(const HideReasoningPolicyConfig& config);
std::unique_ptr<Policy> MakeWatermarkPolicy(const WatermarkPolicyConfig& config);
std::unique_ptr<Policy> MakeAccountsPolicy(const AccountsPolicyConfig& config);
std::unique_ptr<Policy> MakeQuotaPolicy(const QuotaPolicyConfig& config);
std::unique_ptr<Policy> MakeRateLimitPolicy(const RateLimitPolicyConfig& config);
std::unique_ptr<Policy> MakeAddressBlockPolicy(const AddressBlockPolicyConfig& config);
std::unique_ptr<Policy> MakeTermsPolicy(const TermsPolicyConfig& config);
std::unique_ptr<Policy> MakeWatermarkPolicy(std::shared_ptr<const Watermark> watermark);
std::unique_ptr<Policy> MakeLogPolicy(const LogPolicyConfig& config);

// The same by a clock of the caller's: milliseconds since 1970, or seconds of one that never goes back.
std::unique_ptr<Policy> MakeQuotaPolicy(const QuotaPolicyConfig& config, std::function<int64_t()> utc_ms);
std::unique_ptr<Policy> MakeRateLimitPolicy(const RateLimitPolicyConfig& config, std::function<double()> seconds);
std::unique_ptr<Policy> MakeAddressBlockPolicy(const AddressBlockPolicyConfig& config, std::function<double()> seconds);

// The mark that the policy sets, for a detector of the provider's own.
std::shared_ptr<const Watermark> MakeWatermark(const WatermarkPolicyConfig& config);

// `card` of a teacher whose answers differ by `settings` (TOML): its identity names them, and logits are out of reach.
Card ChangedBy(Card card, std::string_view policy, const std::string& settings);

}  // namespace retort
