// The registers and results as they are shipped.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/files.h"
#include "core/config/toml_text.h"
#include "experiments/provider/policy_report.h"

namespace retort::provider {

inline std::filesystem::path ShippedResults() { return std::filesystem::path(RETORT_SOURCE_DIR) / "docs" / "results"; }

template <class T>
void ReadRegister(const std::string& name, T& assumptions) {
  const std::string file = std::string(RETORT_SOURCE_DIR) + "/configs/assumptions/" + name + ".toml";
  FromToml(ReadFile(file), file, [&](Describer& d) { Describe(d, assumptions); });
}

inline ProviderRegisters ShippedProvider() {
  ProviderRegisters r;
  ReadRegister("needle", r.needle);
  ReadRegister("know_your_customer", r.kyc);
  ReadRegister("address_blocking", r.address);
  return r;
}

inline PolicyRegisters Shipped() {
  PolicyRegisters r{.provider = ShippedProvider()};
  ReadRegister("policy_table", r.policy);
  return r;
}

}  // namespace retort::provider
