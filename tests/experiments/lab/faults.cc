// A library to preload (LD_PRELOAD) that makes a program's file system and clock misbehave, as SQLite tests itself. The
// file $FAULTS holds four numbers that all processes of a run share: operations so far, the one to fail (0: none),
// whether all after it fail too (a full disk), and whether one did. Counted are write, fsync and rename on regular
// files, the places where a run can lose data; what goes to stdout and stderr is none.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace {

struct Shared {
  std::atomic<int64_t> count, target, stay, failed;
};

Shared* Faults() {
  static Shared* shared = [] {
    const char* file = getenv("FAULTS");
    const int fd = file == nullptr ? -1 : open(file, O_RDWR | O_CLOEXEC);
    if (fd < 0) return static_cast<Shared*>(nullptr);
    void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return memory == MAP_FAILED ? nullptr : static_cast<Shared*>(memory);
  }();
  return shared;
}

bool FailsNow() {
  Shared* faults = Faults();
  if (faults == nullptr || faults->target == 0) return false;
  const int64_t now = ++faults->count;
  const bool fails = faults->stay != 0 ? now >= faults->target : now == faults->target;
  if (fails) faults->failed = 1;
  return fails;
}

bool IsData(int fd) {
  struct stat status {};
  return fd > STDERR_FILENO && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

template <class F>
F Next(F, const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t size) {
  static const auto next = Next(&write, "write");
  if (IsData(fd) && FailsNow()) {
    errno = ENOSPC;
    return -1;
  }
  return next(fd, data, size);
}

int fsync(int fd) {
  static const auto next = Next(&fsync, "fsync");
  if (FailsNow()) {
    errno = EIO;
    return -1;
  }
  return next(fd);
}

int rename(const char* from, const char* to) {
  static const auto next = Next(&rename, "rename");
  if (FailsNow()) {
    errno = EIO;
    return -1;
  }
  return next(from, to);
}

// With $CLOCK_JUMPS the time of day jumps a day back or forth at each look.
int clock_gettime(clockid_t clock, struct timespec* time) {
  static const auto next = Next(&clock_gettime, "clock_gettime");
  static const bool jumps = getenv("CLOCK_JUMPS") != nullptr;
  static std::atomic<int> looks = 0;
  const int result = next(clock, time);
  if (jumps && clock == CLOCK_REALTIME) time->tv_sec += (looks++ % 2 == 0 ? 86400 : -86400);
  return result;
}
}
