// Money from token counts and hours. A price never changes an answer, so none of its keys is in a run's hash: other
// prices give other dollars for the same cells.
#include "teacher/price.h"

namespace retort {

void Describe(Describer& d, PriceConfig& config) {
  d.Field("input", config.input,
          {.help = "price of a million tokens read", .unit = "dollars", .min = 0, .max = 1e6, .numerics = false});
  d.Field("output", config.output,
          {.help = "price of a million tokens written", .unit = "dollars", .min = 0, .max = 1e6, .numerics = false});
  d.Field("gpu_hour", config.gpu_hour,
          {.help = "price of an hour of the machine that a local teacher runs on",
           .unit = "dollars",
           .min = 0,
           .max = 1e6,
           .numerics = false});
  d.Field("source", config.source, {.help = "where the price was published", .numerics = false});
  d.Field("date", config.date, {.help = "when it held: 2025-01-20, or 2025-01", .numerics = false});
}

double Dollars(const PriceConfig& price, const Usage& usage, double local_seconds) {
  return (price.input * static_cast<double>(usage.prompt_tokens) +
          price.output * static_cast<double>(usage.completion_tokens)) /
             1e6 +
         price.gpu_hour * local_seconds / 3600;
}

}  // namespace retort
