#include "teacher/provider/assumption.h"

namespace retort {

void Describe(Describer& d, Assumption& a) {
  d.Field("low", a.low, {.help = "smallest plausible value", .required = true, .numerics = false});
  d.Field("high", a.high, {.help = "largest plausible value", .required = true, .numerics = false});
  d.Field("value", a.value, {.help = "what is reckoned with", .min = a.low, .max = a.high, .required = true});
  d.Field("unit", a.unit, {.help = "of the three numbers", .required = true, .numerics = false});
  d.Field("source", a.source, {.help = "where it was read, or why it was chosen", .required = true, .numerics = false});
  d.Field("date", a.date, {.help = "when it held", .required = true, .numerics = false});
  d.Field("grade", a.grade,
          {.help = "how good it is",
           .choices = {"measured here", "published", "alleged", "assumed"},
           .required = true,
           .numerics = false});
}

}  // namespace retort
