#include "core/lm/numerics_option.h"

#include "core/config/describe.h"

namespace retort {

void DescribeNumerics(Describer& d, std::string& name) {
  d.Field("numerics", name,
          {.help = "fused: the paths made for speed; reference: plain LibTorch, slow, to check them by",
           .choices = {"fused", "reference"}});
}

}  // namespace retort
