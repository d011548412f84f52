// Who computes a cell. Two guards, since a run store may lie on a file system that several machines share: the kernel's
// lock, exact and released by a process's death wherever the file system passes it on; and in the locked file an owner
// with a heartbeat, for those that do not. A cell whose owner is on another machine is taken over when its heartbeat
// has not moved for kDeadAfter seconds of our own clock: no machine's time of day is compared with another's.
//
// Where the kernel's lock does not reach, two machines that take over a dead owner's cell at the same moment are told
// apart by who wrote last, after a wait. Should both still compute, nothing breaks: they write the same bytes, each
// file whole.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include "core/base/files.h"

namespace retort::lab {

class CellLock {
 public:
  struct Clock {
    double beat_every = 5, dead_after = 60, settle = 1;  // seconds
  };
  // nullptr: another process holds it, or may still.
  static std::unique_ptr<CellLock> Try(const std::filesystem::path& folder, const Clock& clock);
  static std::unique_ptr<CellLock> Try(const std::filesystem::path& folder) { return Try(folder, Clock{}); }
  ~CellLock();
  CellLock(const CellLock&) = delete;
  CellLock& operator=(const CellLock&) = delete;
  // False: another machine took the cell over while this one slept.
  bool Held() const { return held_; }

 private:
  CellLock(FileLock kernel, std::filesystem::path file, std::string owner, const Clock& clock);
  void Beat(const std::stop_token& stop, const Clock& clock);

  FileLock kernel_;
  std::filesystem::path file_;
  std::string owner_;  // "host pid start"
  std::atomic<bool> held_ = true;
  std::jthread heart_;
};

}  // namespace retort::lab
