#include "core/base/numerics.h"

#include <cassert>

#include "core/config/describe.h"

namespace retort {
namespace {

constexpr const char* kNumericsVersion = "4";
bool reference = false;

}  // namespace

void SetNumerics(const std::string& name) {
  assert(name == "fused" || name == "reference");
  reference = name == "reference";
}

void DescribeNumerics(Describer& d, std::string& name) {
  d.Field("numerics", name,
          {.help = "fused: the paths made for speed; reference: plain LibTorch, slow, to check them by",
           .choices = {"fused", "reference"}});
}

bool UsesReference() { return reference; }

std::string NumericsVersion() { return reference ? std::string(kNumericsVersion) + " reference" : kNumericsVersion; }

}  // namespace retort
