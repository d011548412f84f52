#include "tests/teacher/provider/rounds_world.h"

#include <string>

#include "core/base/files.h"
#include "core/config/toml_text.h"
#include "tests/teacher/provider/register.h"

namespace retort {
namespace {

template <class T>
T Read(const std::string& name) {
  T assumptions;
  const std::string file = std::string(RETORT_SOURCE_DIR) + "/configs/assumptions/" + name + ".toml";
  FromToml(ReadFile(file), file, [&](Describer& d) { Describe(d, assumptions); });
  return assumptions;
}

}  // namespace

IdentityAssumptions IdentityRegister() { return Read<IdentityAssumptions>("know_your_customer"); }
AddressAssumptions AddressRegister() { return Read<AddressAssumptions>("address_blocking"); }
RoundsWorld ShippedWorld() { return MakeWorld(Register(), IdentityRegister(), AddressRegister()); }

}  // namespace retort
