#include "experiments/cells/cell_lock.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/host.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

std::string Content(const fs::path& file) {
  try {
    return ReadFile(file, 4096);
  } catch (const Error&) {
    return "";
  }
}

// The first line of the owner's file; the second is the heartbeat.
std::string OwnerOf(const std::string& content) { return content.substr(0, content.find('\n')); }

std::string Host(const std::string& owner) { return owner.substr(0, owner.find(' ')); }

// For how long, by our own clock, this content has been seen unchanged.
double SecondsUnchanged(const fs::path& file, const std::string& content) {
  static std::mutex mutex;
  static std::map<std::string, std::pair<std::string, double>> seen;
  const std::lock_guard lock(mutex);
  auto& [last, since] = seen[fs::absolute(file).string()];
  if (last != content) {
    last = content;
    since = MonotonicSeconds();
  }
  return MonotonicSeconds() - since;
}

}  // namespace

std::unique_ptr<CellLock> CellLock::Try(const fs::path& folder, const Clock& clock) {
  std::optional<FileLock> kernel = FileLock::Try(folder / "lock");
  if (!kernel) return nullptr;
  const fs::path file = folder / "owner";
  const std::string found = Content(file);
  // An owner on this machine has died: the kernel's lock would tell otherwise.
  const bool elsewhere = !found.empty() && Host(OwnerOf(found)) != HostName();
  if (elsewhere && SecondsUnchanged(file, found) < clock.dead_after) return nullptr;
  std::string owner = fmt::format("{} {} {}", HostName(), getpid(), UtcTime());
  WriteFileAtomic(file, owner + "\n0\n", Sync::kNone);
  if (elsewhere) {
    std::this_thread::sleep_for(std::chrono::duration<double>(clock.settle));
    if (OwnerOf(Content(file)) != owner) return nullptr;
  }
  return std::unique_ptr<CellLock>(new CellLock(*std::move(kernel), file, std::move(owner), clock));
}

CellLock::CellLock(FileLock kernel, fs::path file, std::string owner, const Clock& clock)
    : kernel_(std::move(kernel)), file_(std::move(file)), owner_(std::move(owner)) {
  heart_ = std::jthread([this, clock](const std::stop_token& stop) { Beat(stop, clock); });
}

CellLock::~CellLock() {
  heart_.request_stop();
  heart_.join();
  if (!held_ || OwnerOf(Content(file_)) != owner_) return;
  std::error_code ignored;
  fs::remove(file_, ignored);
}

void CellLock::Beat(const std::stop_token& stop, const Clock& clock) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  const std::chrono::duration<double> pause(clock.beat_every);
  for (int beat = 1; !wake.wait_for(lock, stop, pause, [&] { return stop.stop_requested(); }); ++beat) {
    if (OwnerOf(Content(file_)) != owner_) {
      held_ = false;
      return;
    }
    try {
      WriteFileAtomic(file_, fmt::format("{}\n{}\n", owner_, beat), Sync::kNone);
    } catch (const Error&) {
      continue;  // a full disk: the next beat may pass, and the kernel's lock holds
    }
  }
}

}  // namespace retort::lab
