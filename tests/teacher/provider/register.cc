#include "tests/teacher/provider/register.h"

#include "core/base/files.h"
#include "core/config/toml_text.h"

namespace retort {

std::string RegisterFile() { return std::string(RETORT_SOURCE_DIR) + "/configs/assumptions/needle.toml"; }

std::string RegisterText() { return ReadFile(RegisterFile()); }

NeedleAssumptions ReadRegister(const std::string& text) {
  NeedleAssumptions assumptions;
  FromToml(text, "register.toml", [&](Describer& d) { Describe(d, assumptions); });
  return assumptions;
}

NeedleAssumptions Register() { return ReadRegister(RegisterText()); }

}  // namespace retort
