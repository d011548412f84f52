#include "teacher/provider/provider_registers.h"

#include <algorithm>
#include <iterator>

namespace retort {
namespace {

constexpr std::string_view kFromNeedle[] = {
    "needle.chat_accounts",     "needle.attempts_per_sample", "needle.accepted_share", "needle.prompt_tokens",
    "needle.completion_tokens", "needle.input_price",         "needle.output_price"};

}  // namespace

void Describe(Describer& d, ProviderRegisters& r) {
  d.Group("needle", r.needle, "the register of needle: accounts, answers, prices, marks");
  d.Group("kyc", r.kyc, "the register of identity checks and of the routes round them");
  d.Group("address", r.address, "the register of addresses");
}

std::vector<RegisterEntry> UsedEntries(ProviderRegisters& r) {
  std::vector<RegisterEntry> used = NamedEntries("needle", r.needle);
  std::erase_if(used, [](const RegisterEntry& entry) {
    return std::ranges::find(kFromNeedle, entry.name) == std::end(kFromNeedle);
  });
  std::ranges::move(NamedEntries("kyc", r.kyc), std::back_inserter(used));
  std::ranges::move(NamedEntries("address", r.address), std::back_inserter(used));
  return used;
}

}  // namespace retort
