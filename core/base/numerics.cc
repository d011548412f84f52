#include "core/base/numerics.h"

#include <cassert>

namespace retort {
namespace {

constexpr const char* kNumericsVersion = "4";
bool reference = false;

}  // namespace

void SetNumerics(const std::string& name) {
  assert(name == "fused" || name == "reference");
  reference = name == "reference";
}

bool UsesReference() { return reference; }

std::string NumericsVersion() { return reference ? std::string(kNumericsVersion) + " reference" : kNumericsVersion; }

}  // namespace retort
