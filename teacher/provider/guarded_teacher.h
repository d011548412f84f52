// A teacher with policies around it, as its clients meet it: the provider's front door, and the one header of this room
// that the lab sees.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/config/describe.h"
#include "teacher/provider/policies.h"
#include "teacher/teacher.h"

namespace retort {

// Who asks a teacher in this process. A key stands in no config: those are printed and kept beside every run.
struct CallerConfig {
  std::string key_env;  // name of an environment variable; "": no key
  std::string address;
};

// The config group `policies`.
struct PoliciesConfig {
  std::vector<std::string> use;  // from the teacher outwards; empty: none
  FilterPolicyConfig filter;
  LogprobsPolicyConfig logprobs;
  HideReasoningPolicyConfig hide_reasoning;
  WatermarkPolicyConfig watermark;
  TermsPolicyConfig terms;
  QuotaPolicyConfig quota;
  RateLimitPolicyConfig rate_limit;
  AccountsPolicyConfig accounts;
  AddressBlockPolicyConfig address_block;
  LogPolicyConfig log;
  CallerConfig caller;
};
void Describe(Describer& d, CallerConfig& config);
void Describe(Describer& d, PoliciesConfig& config);

// The policies of `config`, from the teacher outwards. Throws Error for one that stands twice, that goes by accounts
// and stands outside them, or whose options make no sense.
std::vector<std::unique_ptr<Policy>> MakePolicies(const PoliciesConfig& config);
// Whether texts can still be scored by the teacher (its Teacher::scorer).
bool AllowScores(const PoliciesConfig& config);

// `teacher` behind `policies`, asked by `caller`. A request passes them from the last to the first, its answer from the
// first to the last; what a policy answers itself passes only those further out.
std::unique_ptr<Teacher> Guard(std::unique_ptr<Teacher> teacher, std::vector<std::unique_ptr<Policy>> policies,
                               Caller caller = {});
// The same by config; `teacher` itself where there are none.
std::unique_ptr<Teacher> Guard(std::unique_ptr<Teacher> teacher, const PoliciesConfig& config);

}  // namespace retort
