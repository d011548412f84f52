// What a design can detect, before it is run.
#pragma once

namespace retort {

// The smallest mean difference that a paired t test of `seeds` differences, each with standard deviation `deviation`,
// finds with probability `power` at level `alpha`: (t_{1-alpha/2, K-1} + t_{power, K-1}) · deviation / √K, the usual
// approximation of the noncentral t (Lehr 1992 for the normal). In the unit of `deviation`: of scores, or of doublings
// of N where it is that of log2 N50(a) - log2 N50(b) over seeds. Infinite for one seed.
double SmallestEffect(int seeds, double deviation, double alpha = 0.05, double power = 0.8);

}  // namespace retort
