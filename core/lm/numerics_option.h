// The option `numerics` of every program that computes (core/base/numerics.h).
#pragma once

#include <string>

namespace retort {

class Describer;

void DescribeNumerics(Describer& d, std::string& name);

}  // namespace retort
