// What simulations of a provider's side draw from their registers, and what they say of the draws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/stats/interval.h"
#include "teacher/provider/provider_registers.h"

namespace retort {

// For each entry its value in each draw (latin_hypercube.h). Attempts and the accepted share stand as registered: they
// only say which Q an N is, and a volume is what is asked about.
std::vector<std::vector<double>> DrawEntries(const std::vector<RegisterEntry>& entries, int draws, uint64_t seed);
// Gives the same entries of another copy of the registers their values in one draw.
void SetEntries(const std::vector<RegisterEntry>& entries, const std::vector<std::vector<double>>& drawn, size_t draw);

// The middle 90 % of draws around what comes out as registered, which alone stands where there are none.
Interval MiddleOf(std::vector<double> draws, double registered);

// What a policy adds to days or dollars, of which those of a campaign that is not completed are infinite: what never
// completes adds without end, and nothing where it does not complete anyway.
double Added(double with, double without);

}  // namespace retort
