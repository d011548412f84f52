// What answers cost. A price is one dated row of configs/prices/: a number that a table shows names its source.
#pragma once

#include <string>

#include "core/config/describe.h"
#include "core/data/sample.h"

namespace retort {

struct PriceConfig {
  double input = 0, output = 0;  // dollars a million tokens, read and written
  double gpu_hour = 0;           // dollars an hour of the machine that a local teacher runs on
  std::string source, date;      // where the price was published, and when it held (2025-01-20)
};
void Describe(Describer& d, PriceConfig& config);

double Dollars(const PriceConfig& price, const Usage& usage, double local_seconds = 0);

}  // namespace retort
