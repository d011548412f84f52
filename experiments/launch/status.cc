#include "experiments/launch/status.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/host.h"
#include "core/base/json.h"
#include "core/report/escape.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
constexpr double kEvery = 1;  // seconds

fs::path Folder(const fs::path& runs_dir) { return runs_dir / "status"; }

}  // namespace

StatusFile::StatusFile(const fs::path& runs_dir, std::string experiment, std::string command)
    : file_(Folder(runs_dir) / fmt::format("{}-{}.json", HostName(), getpid())),
      experiment_(std::move(experiment)),
      command_(std::move(command)),
      started_utc_(UtcTime()) {}

StatusFile::~StatusFile() {
  std::error_code ignored;
  fs::remove(file_, ignored);
}

void StatusFile::Say(const std::string& line) {
  const double now = MonotonicSeconds();
  if (last_ >= 0 && now - last_ < kEvery) return;
  last_ = now;
  try {
    WriteFileAtomic(file_,
                    DumpJson({{"experiment", experiment_},
                              {"command", command_},
                              {"host", HostName()},
                              {"pid", getpid()},
                              {"started_utc", started_utc_},
                              {"written_utc", UtcTime()},
                              {"line", line}}) +
                        "\n",
                    Sync::kNone);
  } catch (const Error&) {
    return;
  }
}

std::string StatusText(const fs::path& runs_dir) {
  std::vector<std::string> lines;
  std::error_code error;
  for (fs::directory_iterator entry(Folder(runs_dir), error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() != ".json") continue;
    try {
      const auto json = ParseJson(ReadFile(entry->path()), {.file = entry->path().string()});
      const std::string host = json.at("host");
      const pid_t pid = json.at("pid");
      if (host == HostName() && kill(pid, 0) != 0 && errno == ESRCH) {
        std::error_code ignored;
        fs::remove(entry->path(), ignored);
        continue;
      }
      lines.push_back(CleanUtf8(
          fmt::format("{} (process {} on {}, since {}, as of {}): {}\n  {}", json.at("experiment").get<std::string>(),
                      pid, host, json.at("started_utc").get<std::string>(), json.at("written_utc").get<std::string>(),
                      json.at("line").get<std::string>(), json.at("command").get<std::string>())));
    } catch (const std::exception&) {
      continue;  // ended, or being replaced, while it was read
    }
  }
  std::ranges::sort(lines);
  if (lines.empty()) return fmt::format("nothing runs on {}\n", runs_dir.string());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace retort::lab
