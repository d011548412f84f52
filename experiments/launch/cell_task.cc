// A signal simply kills: what was trained stands in the cell's checkpoint, and a requeued task goes on from there.
#include "experiments/launch/cell_task.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/host.h"
#include "core/base/number.h"
#include "core/lm/threads.h"
#include "experiments/cells/worker.h"
#include "experiments/launch/progress.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
constexpr auto kBusyWait = std::chrono::seconds(2);  // until a cell that another process holds is looked at again

WorkerSpec SpecOf(const fs::path& cells, int index) {
  std::optional<WorkerSpec> spec;
  ForEachLine(cells, [&](std::string_view line, int number) {
    if (number - 1 == index) spec = ParseWorkerSpec(line);
    return !spec;
  });
  if (!spec) throw Error({.file = cells.string()}, fmt::format("has no cell number {}", index));
  return *spec;
}

}  // namespace

int CellTask(const std::vector<std::string>& flags, const CellFunction& compute) {
  std::string cells, number;
  for (const std::string& flag : flags) {
    const auto take = [&](std::string_view name, std::string& value) {
      if (flag.starts_with(name) && flag.substr(name.size(), 1) == "=") value = flag.substr(name.size() + 1);
    };
    take(kCellsFlag, cells);
    take(kIndexFlag, number);
  }
  const std::optional<int> index = ParseNumber<int>(number);
  if (cells.empty() || !index || *index < 0) {
    throw Error({.file = "command line"}, fmt::format("{} and {} do not name a cell", kCellsFlag, kIndexFlag),
                "this is how a task of a cluster calls the program; leave them out");
  }
  return ComputeCellTask(cells, *index, compute);
}

int ComputeCellTask(const fs::path& cells, int index, const CellFunction& compute) {
  const double start = MonotonicSeconds();
  const int task_log = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  const auto tell = [&](const std::string& what) {
    const std::string line = UtcTime() + " " + what + "\n";
    [[maybe_unused]] const ssize_t written = write(task_log, line.data(), line.size());
  };
  try {
    const WorkerSpec spec = SpecOf(cells, index);
    tell(fmt::format("cell {} on {}, process {}", spec.hash, HostName(), getpid()));
    PrintTo(fs::path(spec.folder) / "worker.log");
    SetThreads(spec.threads);
    WorkerReply reply;
    for (bool told = false; (reply = ComputeOne(spec, compute, [](double) {})).status == "busy"; told = true) {
      if (!told) tell("another process is at work on it; waiting");
      std::this_thread::sleep_for(kBusyWait);
    }
    tell(fmt::format("{} after {}", reply.status, Duration(MonotonicSeconds() - start)));
    return reply.status == "done" ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    tell(fmt::format("failed: {}", error.what()));
    return 1;
  }
}

}  // namespace retort::lab
