// The registers that experiments on identity checks, address blocks and policies share, each under the name by which
// the command line reaches it: `kyc.phone_price.value=1`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/describe.h"
#include "teacher/provider/address_assumptions.h"
#include "teacher/provider/identity_assumptions.h"
#include "teacher/provider/needle_assumptions.h"

namespace retort {

struct ProviderRegisters {
  NeedleAssumptions needle;
  IdentityAssumptions kyc;
  AddressAssumptions address;
};
void Describe(Describer& d, ProviderRegisters& r);

struct RegisterEntry {
  std::string name;  // "kyc.phone_price"
  std::string_view help;
  Assumption* entry;
};
// All entries of one register, as "<prefix>.<name>"; pointers into it.
template <class Register>
std::vector<RegisterEntry> NamedEntries(const std::string& prefix, Register& of) {
  std::vector<RegisterEntry> named;
  for (const NamedAssumption& entry : Entries(of)) {
    named.push_back({prefix + "." + std::string(entry.name), entry.help, &EntryOf(of, entry.name)});
  }
  return named;
}

// Those that enter the reckoning: all of kyc and address, and what they take from needle. Pointers into `r`.
std::vector<RegisterEntry> UsedEntries(ProviderRegisters& r);

}  // namespace retort
