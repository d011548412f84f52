// Where alarms wait for a reviewer: true and false ones in one queue, first come, first served, so many a day. Alarms
// of one day stand in no order among themselves. Counts are expected ones and may be fractions (a fluid queue): with a
// thousand reviews a day the difference to whole alarms does not show.
//
// First come rather than highest score first: a score that may wait to grow would need every account's score on every
// day; the order of arrival is what it costs the provider not to sort. The queue is empty on the first day.
#pragma once

#include <cstddef>
#include <vector>

namespace retort {

class ReviewQueue {
 public:
  // `arrivals[d]`: alarms raised on day d.
  ReviewQueue(const std::vector<double>& arrivals, double capacity);

  // Share of the alarms of day `raised` that have been looked at by the end of day `until`; 0 before that day.
  double Seen(size_t raised, size_t until) const;

 private:
  std::vector<double> raised_, seen_;  // to the end of each day, in all
};

}  // namespace retort
