#include "teacher/provider/server/fair_queue.h"

#include <gtest/gtest.h>

namespace retort {
namespace {

std::string Drain(FairQueue<char>& queue) {
  std::string order;
  while (!queue.empty()) order += queue.Pop().second;
  return order;
}

TEST(FairQueueTest, OwnersTakeTurnsAndEachKeepsItsOrder) {
  FairQueue<char> queue;
  int64_t key = 0;
  for (const char c : std::string("abcde")) queue.Push("many", ++key, c);
  queue.Push("one", ++key, '1');
  for (const char c : std::string("xy")) queue.Push("few", ++key, c);
  EXPECT_EQ(queue.Pop(), (std::pair<int64_t, char>(1, 'a')));
  queue.Push("late", ++key, '!');
  EXPECT_EQ(Drain(queue), "1xb!ycde");
}

TEST(FairQueueTest, SomeOwnersCanBePassedOver) {
  FairQueue<char> queue;
  int64_t key = 0;
  for (const char* name : {"a", "b", "c"}) {
    queue.Push(name, ++key, *name);
    queue.Push(name, ++key, static_cast<char>(*name - 'a' + 'A'));
  }
  const auto not_a = [](const std::string& owner) { return owner != "a"; };
  EXPECT_EQ(queue.PopOf(not_a)->second, 'b');
  EXPECT_EQ(queue.PopOf(not_a)->second, 'c');
  EXPECT_EQ(queue.PopOf(not_a)->second, 'B');
  EXPECT_EQ(queue.Pop().second, 'a');
  EXPECT_EQ(queue.PopOf(not_a)->second, 'C');
  EXPECT_EQ(queue.PopOf(not_a), std::nullopt);
  EXPECT_EQ(Drain(queue), "A");
}

TEST(FairQueueTest, WhatIsRemovedHasNoTurn) {
  FairQueue<char> queue;
  queue.Push("a", 1, 'a');
  queue.Push("b", 2, 'b');
  queue.Push("b", 3, 'B');
  queue.Push("c", 4, 'c');
  EXPECT_EQ(queue.Remove(1), 'a');
  EXPECT_EQ(queue.Remove(1), std::nullopt);
  EXPECT_EQ(queue.Remove(2), 'b');
  queue.Push("a", 5, 'A');
  EXPECT_EQ(Drain(queue), "BcA");
  EXPECT_EQ(queue.Remove(4), std::nullopt);
}

}  // namespace
}  // namespace retort
