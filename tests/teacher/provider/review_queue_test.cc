// The queue of alarms: nothing is looked at twice, nothing before it is raised, and nothing is lost.
#include "teacher/provider/review_queue.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace retort {
namespace {

TEST(ReviewQueue, AnEmptyOneTakesAlarmsUpAtOnce) {
  const ReviewQueue queue({5, 0, 10}, 10);
  EXPECT_EQ(queue.Seen(0, 0), 1);
  EXPECT_EQ(queue.Seen(1, 1), 1) << "an alarm beside none";
  EXPECT_EQ(queue.Seen(2, 1), 0) << "not before it is raised";
  EXPECT_EQ(queue.Seen(2, 2), 1);
}

TEST(ReviewQueue, FirstComeFirstServed) {
  const ReviewQueue queue({30, 30, 0, 0, 0, 0, 0}, 10);
  for (size_t day = 0; day < 7; ++day) {
    EXPECT_DOUBLE_EQ(queue.Seen(0, day), std::min(1.0, (static_cast<double>(day) + 1) / 3)) << day;
    EXPECT_DOUBLE_EQ(queue.Seen(1, day), std::clamp((static_cast<double>(day) - 2) / 3, 0.0, 1.0)) << day;
  }
}

TEST(ReviewQueue, IdleDaysAreNotSavedUp) {
  const ReviewQueue queue({0, 0, 0, 100}, 10);
  EXPECT_DOUBLE_EQ(queue.Seen(3, 3), 0.1);
}

TEST(ReviewQueue, NobodyLooks) { EXPECT_EQ(ReviewQueue({5, 5}, 0).Seen(0, 1), 0); }

}  // namespace
}  // namespace retort
