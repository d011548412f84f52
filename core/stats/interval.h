// A number with its interval, and the quantiles that intervals are made of (Boost.Math).
#pragma once

#include <cstdint>

namespace retort {

struct Interval {
  double estimate = 0, low = 0, high = 0;
};

double NormalQuantile(double p);
double StudentQuantile(double p, double degrees_of_freedom);  // infinite for no degrees of freedom

double ChiSquareMedianShare(double degrees_of_freedom);  // median of χ²_f / f, below 1

double StudentTail(double t, double degrees_of_freedom);  // P(|T| >= |t|); 0 for an infinite t

// Wilson's score interval of a rate (Wilson 1927; Brown, Cai & DasGupta 2001): keeps its coverage near 0 and 1.
// `successes` may be fractional (partial credit).
Interval Wilson(double successes, double trials, double level = 0.95);

// Moves `end`, a limit `end - share` away from an estimated share, as Wilson's method moves Wald's: the spread belongs
// to the true share p, not to the estimate, and shrinks towards 0 and 1, so that the limit solves
//     (share - p)² = (share - end)² · (p (1 - p) / (s (1 - s)))^exponent,   s = share, held `half_width` from 0 and 1
// (Korn & Graubard 1998 and Franco et al. 2019: Wilson's interval with an effective sample size, exponent 1). Never
// moves an end inwards, nor one that is farther out than 0 or 1.
double StretchEnd(double share, double end, double half_width, double exponent);

}  // namespace retort
