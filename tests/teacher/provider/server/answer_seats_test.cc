#include "teacher/provider/server/answer_seats.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace retort {
namespace {

using Taken = AnswerSeats::Taken;

TEST(AnswerSeatsTest, NobodyTakesMoreThanAShare) {
  AnswerSeats seats(10, 6);
  EXPECT_EQ(seats.Take("a", 7), Taken::kCallersFull);
  EXPECT_EQ(seats.Take("a", 4), Taken::kYes);
  EXPECT_EQ(seats.Take("a", 3), Taken::kCallersFull);
  EXPECT_EQ(seats.Take("a", 2), Taken::kYes);
  EXPECT_EQ(seats.Take("b", 4), Taken::kYes);
  EXPECT_EQ(seats.Take("b", 1), Taken::kAllFull);
  EXPECT_FALSE(seats.HasRoom(1));
  seats.Leave("a", 1);
  EXPECT_TRUE(seats.HasRoom(1));
  EXPECT_FALSE(seats.HasRoom(2));
  EXPECT_EQ(seats.Take("b", 1), Taken::kYes);
}

TEST(AnswerSeatsTest, WaitsForTheLast) {
  AnswerSeats seats(10, 6);
  EXPECT_TRUE(seats.WaitUntilEmpty(0));
  EXPECT_EQ(seats.Take("a", 2), Taken::kYes);
  EXPECT_FALSE(seats.WaitUntilEmpty(0.01));
  std::thread leaves([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    seats.Leave("a", 1);
    seats.Leave("a", 1);
  });
  EXPECT_TRUE(seats.WaitUntilEmpty(10));
  leaves.join();
}

}  // namespace
}  // namespace retort
