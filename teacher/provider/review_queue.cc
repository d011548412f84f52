#include "teacher/provider/review_queue.h"

#include <algorithm>

namespace retort {

ReviewQueue::ReviewQueue(const std::vector<double>& arrivals, double capacity) {
  double raised = 0, seen = 0;
  for (const double today : arrivals) {
    raised += today;
    seen = std::min(raised, seen + capacity);
    raised_.push_back(raised);
    seen_.push_back(seen);
  }
}

double ReviewQueue::Seen(size_t raised, size_t until) const {
  if (until < raised) return 0;
  const double before = raised > 0 ? raised_[raised - 1] : 0, today = raised_[raised] - before;
  if (!(today > 0)) return seen_[until] >= before ? 1 : 0;
  return std::clamp((seen_[until] - before) / today, 0.0, 1.0);
}

}  // namespace retort
