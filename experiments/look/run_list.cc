#include "experiments/look/run_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/host.h"
#include "core/base/json.h"
#include "core/base/number.h"
#include "experiments/cells/config_lines.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

constexpr double kSignOfLife = 5;  // minutes; clocks of machines that share a store may differ
constexpr size_t kCandidates = 8;  // that a message names

uintmax_t BytesBelow(const fs::path& folder) {
  uintmax_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;  // a run that is being computed removes files
    if (it->symlink_status(gone).type() != fs::file_type::regular) continue;
    const uintmax_t size = it->file_size(gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

void ReadTimes(const fs::path& file, RunEntry& run) {
  if (!fs::exists(file)) return;
  const Where where{.file = file.string()};
  const nlohmann::json json = ParseJson(ReadRunFile(file), where);
  const auto member = [&](const char* key) {
    const auto found = json.is_object() ? json.find(key) : json.end();
    return found == json.end() ? nlohmann::json() : *found;
  };
  if (const nlohmann::json seconds = member("seconds"); seconds.is_number()) run.seconds = seconds.get<double>();
  if (const nlohmann::json date = member("finished_utc"); date.is_string()) run.finished_utc = date.get<std::string>();
}

// What is known of a run that has no result.
void ReadConfig(const fs::path& file, CellResult& result) {
  if (!fs::exists(file)) return;
  const ConfigLines config = ReadConfigLines(ReadRunFile(file));
  result.arm = PlainValue(config, "arm");
  result.n = ParseNumber<int>(PlainValue(config, "n")).value_or(0);
  result.seed = ParseNumber<uint64_t>(PlainValue(config, "seed")).value_or(0);
  result.metric = PlainValue(config, "evaluation.metric");
  result.task = PlainValue(config, "task.target");
  if (result.task.empty()) result.task = fs::path(PlainValue(config, "task.path")).stem().string();
}

std::vector<std::string> HashesIn(const fs::path& root) {
  std::error_code error;
  if (!fs::is_directory(root, error)) {
    throw Error({.file = root.string()}, "there is no such folder of runs",
                "give the runs_dir of the experiment by --runs-dir=FOLDER");
  }
  return RunStore(root).List();
}

}  // namespace

std::string_view Name(RunState state) {
  switch (state) {
    case RunState::kDone:
      return "done";
    case RunState::kRunning:
      return "running";
    case RunState::kUnfinished:
      return "unfinished";
    default:
      return "broken";
  }
}

bool IsComputed(const fs::path& folder, double minutes) {
  const fs::path lock = folder / "lock", owner = folder / "owner";
  std::error_code error;
  // Only a lock that is there: looking makes no files, and follows no link.
  if (fs::symlink_status(lock, error).type() == fs::file_type::regular) {
    try {
      if (!FileLock::Try(lock)) return true;
    } catch (const Error&) {
      error.clear();  // not ours to open: its owner may tell
    }
  }
  if (fs::symlink_status(owner, error).type() != fs::file_type::regular) return false;
  try {
    const std::string text = ReadRunFile(owner, 4096);
    if (text.substr(0, text.find(' ')) == HostName()) return false;  // the kernel would know
  } catch (const Error&) {
    return false;  // it ended just now
  }
  const std::chrono::duration<double, std::ratio<60>> age =
      fs::file_time_type::clock::now() - fs::last_write_time(owner, error);
  return !error && age.count() < minutes;
}

void CheckRegular(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::exists(status)) throw Error({.file = file.string()}, "is missing");
  if (!fs::is_regular_file(status)) throw Error({.file = file.string()}, "is no regular file");
}

std::string ReadRunFile(const fs::path& file, size_t max_bytes) {
  CheckRegular(file);
  return ReadFile(file, max_bytes);
}

RunEntry ReadRun(const fs::path& folder) {
  RunEntry run{.hash = folder.filename().string(), .folder = folder};
  std::error_code error;
  try {
    if (fs::symlink_status(folder, error).type() != fs::file_type::directory) {
      throw Error({.file = folder.string()}, "is no folder of its own");
    }
    run.bytes = BytesBelow(folder);
    if (fs::exists(fs::symlink_status(folder / "result.json", error))) {
      run.result = ParseCellResult(ReadRunFile(folder / "result.json"), (folder / "result.json").string());
      if (run.result.run != run.hash) {
        throw Error({.file = (folder / "result.json").string()},
                    fmt::format("is the result of another run, {}", Excerpt(run.result.run)));
      }
      ReadTimes(folder / "times.json", run);
      run.state = RunState::kDone;
    } else {
      ReadConfig(folder / "config.toml", run.result);
      run.state = IsComputed(folder, kSignOfLife) ? RunState::kRunning : RunState::kUnfinished;
    }
  } catch (const std::exception& problem) {  // Error, and what the file system throws
    run.state = RunState::kBroken;
    run.problem = problem.what();
  }
  return run;
}

std::vector<RunEntry> ListRuns(const fs::path& root) {
  std::vector<RunEntry> runs;
  for (const std::string& hash : HashesIn(root)) runs.push_back(ReadRun(root / hash));
  return runs;
}

std::string FindRun(const fs::path& root, std::string_view prefix) {
  const std::vector<std::string> hashes = HashesIn(root);
  const auto beginning_with = [&](std::string_view start) {
    std::vector<std::string> found;
    std::ranges::copy_if(hashes, std::back_inserter(found), [&](const auto& hash) { return hash.starts_with(start); });
    return found;
  };
  std::vector<std::string> found = prefix.empty() ? std::vector<std::string>{} : beginning_with(prefix);
  if (found.size() == 1) return found.front();
  const bool ambiguous = !found.empty();
  for (size_t length = prefix.size(); found.empty() && length > 1;) found = beginning_with(prefix.substr(0, --length));
  std::vector<std::string> candidates;
  for (const std::string& hash : found) {
    if (candidates.size() == kCandidates) {
      candidates.emplace_back("...");
      break;
    }
    candidates.push_back(fmt::format("{} ({})", hash.substr(0, std::max<size_t>(12, prefix.size() + 2)),
                                     RunLabel(ReadRun(root / hash))));
  }
  const std::string list = fmt::format("{}", fmt::join(candidates, ", "));
  const Where where{.file = root.string()};
  if (ambiguous) {
    throw Error(where, fmt::format("{} runs begin with {}", found.size(), Excerpt(prefix)), "more digits: " + list);
  }
  throw Error(where, fmt::format("there is no run {} among {}", Excerpt(prefix), hashes.size()),
              list.empty() ? "`runs ls` lists them" : "the nearest: " + list);
}

std::string RunLabel(const RunEntry& run) {
  const CellResult& result = run.result;
  if (run.state == RunState::kBroken) return "broken";
  if (result.arm.empty()) return "unfinished";
  const std::string target =
      result.target.empty() || result.target == result.task ? "" : fmt::format(" ({})", result.target);
  return fmt::format("{}{} {} N={} seed {}", result.task, target, result.arm, result.n, result.seed);
}

}  // namespace retort::lab
