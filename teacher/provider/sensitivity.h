// How far needle's conclusions stand on single assumptions: each entry of the register is moved to both ends of its
// range, alone, and the contrast is computed again; where a conclusion turns, the value at which it does is searched
// for. On a smaller haystack with the same share of reviews (SearchHaystack's `shrink`), so that the whole takes about
// as long as a pass over the large one. One at a time misses what two do together.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "teacher/provider/needle.h"

namespace retort {

struct Probe {
  std::string haystack = "chat";
  Detector detector = Detector::kFused;
  std::string hidden = "capped", loud = "one";  // strategies
  double samples = 0;                           // N; Q = ⌈N a / y⌉, or N itself where that is a volume of requests
  bool as_requests = false;
};

// The conclusions: a hidden distiller obtains at least half of the need, a loud one less.
struct Obtained {
  static constexpr double kHalf = 0.5;  // method: where a conclusion turns
  Interval hidden, loud;
  bool Hides() const { return hidden.estimate >= kHalf; }
  bool IsStopped() const { return loud.estimate < kHalf; }
};

struct Swing {
  std::string_view name;
  double low = 0, high = 0;  // values tried
  Obtained at_low, at_high;
  std::optional<double> hides_until, stopped_until;  // where the conclusion turns, nearest to the register's value
  double Width() const;                              // of the larger of the two ranges, in shares
};

struct Sensitivity {
  double accounts = 0;  // of the smaller haystack
  Obtained as_registered;
  std::vector<Swing> swings;           // widest first
  std::vector<std::string_view> idle;  // entries that do not enter: prices, other haystacks, marks
};

// nullopt where `watch` stopped it.
std::optional<Sensitivity> RunSensitivity(const NeedleConfig& config, const Probe& probe,
                                          const NeedleAssumptions& assumptions, const Watch& watch);

}  // namespace retort
