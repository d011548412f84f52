#include "experiments/look/run_remove.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

constexpr double kSignOfLife = 60;  // minutes for which an owner on another machine is taken to be alive
constexpr double kSecondsADay = 86400;

// What was unlinked stays so after a power cut.
void Sync(const fs::path& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

void Remove(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);  // a link itself, not what it points to
  if (error) throw Error({.file = path.string()}, "cannot remove: " + error.message());
}

std::optional<std::time_t> ParseUtc(const std::string& text) {
  std::tm time{};
  const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &time);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return timegm(&time);
}

double SecondsSince(std::chrono::system_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::system_clock::now() - then).count();
}

}  // namespace

void RemoveRun(const RunEntry& run) {
  const fs::path& folder = run.folder;
  const Where where{.file = folder.string()};
  std::error_code error;
  if (!IsRunHash(folder.filename().string()) || fs::symlink_status(folder, error).type() != fs::file_type::directory) {
    throw Error(where, "is no folder of a run", "only folders named by 64 hexadecimal digits are removed");
  }
  if (IsComputed(folder, kSignOfLife)) throw Error(where, "is being computed", "stop the experiment first");
  const fs::path lock_file = folder / "lock";
  const fs::file_type type = fs::symlink_status(lock_file, error).type();
  if (type != fs::file_type::regular && type != fs::file_type::not_found) Remove(lock_file);  // a link is no lock
  const std::optional<FileLock> lock = FileLock::Try(lock_file);
  if (!lock) throw Error(where, "is being computed", "stop the experiment first");
  Remove(folder / "result.json");
  Sync(folder);
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder, error)) entries.push_back(entry.path());
  if (error) throw Error(where, "cannot read: " + error.message());
  std::erase(entries, lock_file);
  for (const fs::path& entry : entries) Remove(entry);
  Remove(lock_file);
  // Not remove_all: a worker that has come meanwhile keeps what it wrote.
  fs::remove(folder, error);
  if (error && error != std::errc::directory_not_empty) {
    throw Error(where, "cannot remove: " + error.message());
  }
  Sync(folder.parent_path());
}

double AgeInDays(const RunEntry& run) {
  if (const auto finished = ParseUtc(run.finished_utc)) {
    return SecondsSince(std::chrono::system_clock::from_time_t(*finished)) / kSecondsADay;
  }
  std::error_code error;
  fs::file_time_type newest = fs::last_write_time(run.folder, error);
  if (error) return 0;
  for (const auto& entry : fs::directory_iterator(run.folder, error)) {
    std::error_code gone;
    if (entry.symlink_status(gone).type() != fs::file_type::regular) continue;
    if (const fs::file_time_type time = entry.last_write_time(gone); !gone) newest = std::max(newest, time);
  }
  return SecondsSince(std::chrono::file_clock::to_sys(newest)) / kSecondsADay;
}

}  // namespace retort::lab
