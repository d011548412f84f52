#include "teacher/provider/provider_registers.h"

#include <algorithm>

namespace retort {
namespace {

constexpr std::string_view kFromNeedle[] = {"chat_accounts", "attempts_per_sample", "accepted_share",
                                            "prompt_tokens", "completion_tokens",   "input_price",
                                            "output_price"};

}  // namespace

void Describe(Describer& d, ProviderRegisters& r) {
  d.Group("needle", r.needle, "the register of needle: accounts, answers, prices, marks");
  d.Group("kyc", r.kyc, "the register of identity checks and of the routes round them");
  d.Group("address", r.address, "the register of addresses");
}

std::vector<RegisterEntry> UsedEntries(ProviderRegisters& r) {
  std::vector<RegisterEntry> used;
  for (const NamedAssumption& named : Entries(r.needle)) {
    if (std::ranges::find(kFromNeedle, named.name) == std::end(kFromNeedle)) continue;
    used.push_back({"needle." + std::string(named.name), named.help, &EntryOf(r.needle, named.name)});
  }
  for (const NamedAssumption& named : Entries(r.kyc)) {
    used.push_back({"kyc." + std::string(named.name), named.help, &EntryOf(r.kyc, named.name)});
  }
  for (const NamedAssumption& named : Entries(r.address)) {
    used.push_back({"address." + std::string(named.name), named.help, &EntryOf(r.address, named.name)});
  }
  return used;
}

}  // namespace retort
