#include "experiments/cells/cell_lock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "core/base/files.h"
#include "core/base/host.h"

namespace retort::lab {
namespace {

constexpr CellLock::Clock kFast{.beat_every = 0.02, .dead_after = 0.3, .settle = 0.02};

void Pause(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

TEST(CellLock, OneHolderAtATime) {
  const TempDir folder;
  auto lock = CellLock::Try(folder.path(), kFast);
  ASSERT_NE(lock, nullptr);
  EXPECT_TRUE(ReadFile(folder.path() / "owner").starts_with(HostName() + " "));
  EXPECT_EQ(CellLock::Try(folder.path(), kFast), nullptr);
  lock.reset();
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "owner"));
  EXPECT_NE(CellLock::Try(folder.path(), kFast), nullptr);
}

TEST(CellLock, AnOwnerOfThisMachineThatDiedIsReplacedAtOnce) {
  const TempDir folder;
  WriteFileAtomic(folder.path() / "owner", HostName() + " 1 2026-01-01T00:00:00Z\n7\n");
  EXPECT_NE(CellLock::Try(folder.path(), kFast), nullptr);
}

// On a file system that does not pass the kernel's locks on.
TEST(CellLock, AnOwnerElsewhereIsReplacedWhenItsHeartStops) {
  const TempDir folder;
  const auto owner = folder.path() / "owner";
  for (int beat = 0; beat < 20; ++beat) {  // alive: never taken over, however long it takes
    WriteFileAtomic(owner, "elsewhere 1 2026-01-01T00:00:00Z\n" + std::to_string(beat) + "\n");
    EXPECT_EQ(CellLock::Try(folder.path(), kFast), nullptr);
    Pause(30);
  }
  Pause(350);
  EXPECT_NE(CellLock::Try(folder.path(), kFast), nullptr);
}

TEST(CellLock, KnowsWhenItWasTakenOver) {
  const TempDir folder;
  const auto lock = CellLock::Try(folder.path(), kFast);
  ASSERT_NE(lock, nullptr);
  EXPECT_TRUE(lock->Held());
  // Again where a heartbeat that was under way has written over it: whoever takes over looks whether it has.
  for (int i = 0; i < 1500 && lock->Held(); ++i) {
    WriteFileAtomic(folder.path() / "owner", "elsewhere 1 2026-01-01T00:00:00Z\n0\n");
    Pause(20);
  }
  EXPECT_FALSE(lock->Held());
}

}  // namespace
}  // namespace retort::lab
