// What stands in a run store, folder by folder. It is read and never changed, and whatever a folder holds is told, so
// that one broken run hides no other: of each run only result.json and times.json are opened, or, where it is not done,
// config.toml.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/cell.h"
#include "experiments/cells/run_store.h"

namespace retort::lab {

enum class RunState { kDone, kRunning, kUnfinished, kBroken };
std::string_view Name(RunState state);

struct RunEntry {
  std::string hash;
  std::filesystem::path folder;
  RunState state = RunState::kUnfinished;
  std::string problem;            // of a broken one
  CellResult result;              // done: result.json; else what config.toml says of arm, n, seed and task
  std::optional<double> seconds;  // that it took
  std::string finished_utc;       // empty if nobody wrote it down
  uintmax_t bytes = 0;            // on disk, all its files; links are not followed
};

// Whether a process computes it now: it holds the kernel's lock, or a process of another machine, where that lock may
// not reach (experiments/cells/cell_lock.h), gave a sign of life within `minutes`.
bool IsComputed(const std::filesystem::path& folder, double minutes);
// Throws Error for what is no regular file: a pipe would never end.
void CheckRegular(const std::filesystem::path& file);
// A file of a run: regular, and not larger than it can be. Throws Error.
std::string ReadRunFile(const std::filesystem::path& file, size_t max_bytes = size_t{1} << 20);
RunEntry ReadRun(const std::filesystem::path& folder);

// Throws Error if there is no such folder. In the order of their hashes.
std::vector<RunEntry> ListRuns(const std::filesystem::path& root);
// The one run whose hash begins so. Throws Error that names the candidates.
std::string FindRun(const std::filesystem::path& root, std::string_view prefix);
// "rules (elk) teacher N=16 seed 3"
std::string RunLabel(const RunEntry& run);

}  // namespace retort::lab
