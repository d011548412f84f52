// Draws over the ranges of a register: a Latin hypercube (McKay, Beckman & Conover 1979), so that each entry is seen in
// every one of n equal slices of its own distribution. That distribution is triangular between `low` and `high` with
// its peak at `value`: what the register reckons with is the likeliest, what it holds plausible at all is covered.
// Where the ends lie far apart and are positive, it is triangular in the logarithm. Entries are drawn independently of
// each other, by name: a further entry changes no other's draws.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "teacher/provider/assumption.h"

namespace retort {

double TriangularQuantile(double low, double mode, double high, double p);
double RangeQuantile(double low, double mode, double high, double p);  // in the logarithm where the range is wide
// Of an entry at p in [0, 1]; by the logarithm where that is how it is drawn.
double EntryQuantile(const Assumption& entry, double p);
// `draws` values of the entry, in the order in which draws are numbered.
std::vector<double> LatinDraws(const Assumption& entry, const std::string& name, int draws, uint64_t seed);

}  // namespace retort
