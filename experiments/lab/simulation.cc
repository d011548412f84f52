#include "experiments/lab/simulation.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "core/base/clock.h"
#include "core/base/files.h"
#include "core/base/interrupt.h"
#include "core/base/version.h"
#include "experiments/lab/hints.h"
#include "experiments/launch/progress.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

constexpr double kEveryOnTerminal = 0.2, kEveryElsewhere = 10;  // seconds
constexpr int kBar = 20;                                        // characters
constexpr int kInterruptedCode = 130;

}  // namespace

SimulationRun::SimulationRun(const Program& program, CommandLine command_line, std::string command,
                             const std::string& output_dir)
    : name_(program.name),
      command_(std::move(command)),
      command_line_(std::move(command_line)),
      folder_(output_dir.empty() ? fs::path("outputs") / name_ / LocalDate() / LocalTime() : fs::path(output_dir)),
      terminal_(isatty(STDERR_FILENO) != 0) {}

SimulationRun::~SimulationRun() { Clear(); }

void SimulationRun::Clear() {
  if (shown_) fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  shown_ = false;
}

bool SimulationRun::Tell(const std::string& what, double share) {
  const double now = MonotonicSeconds();
  if (what != what_) {
    what_ = what;
    start_ = now;
    last_shown_ = 0;
  }
  if (now - last_shown_ >= (terminal_ ? kEveryOnTerminal : kEveryElsewhere)) {
    last_shown_ = now;
    const int full = static_cast<int>(std::clamp(share, 0.0, 1.0) * kBar);
    std::string line = fmt::format("{} [{}{}] {:.0f} %", what, std::string(static_cast<size_t>(full), '#'),
                                   std::string(static_cast<size_t>(kBar - full), '.'), 100 * share);
    if (share > 0 && now - start_ > 2)
      line += fmt::format("  about {} left", Duration((now - start_) / share * (1 - share)));
    fmt::print(stderr, "{}{}{}", terminal_ ? "\r\033[K" : "", line, terminal_ ? "" : "\n");
    std::fflush(stderr);
    shown_ = terminal_;
  }
  return !Interrupted();
}

int SimulationRun::Stopped() {
  Clear();
  fmt::print(stderr, "{}: interrupted; nothing was written\n", name_);
  return kInterruptedCode;
}

int SimulationRun::Finish(PageContent content, const std::vector<DataTable>& data, const std::string& config_toml,
                          const std::string& summary) {
  Clear();
  content.experiment = name_;
  content.command = command_;
  content.version = kVersion;
  content.created_utc = UtcTime();
  WriteFileAtomic(folder_ / "config.toml", config_toml);
  for (const std::string& verdict : content.verdicts) fmt::print("\n{}\n", verdict);
  const std::vector<std::string> warnings = WritePage(std::move(content), data, folder_);
  fmt::print("\n{}\n", summary);
  for (const std::string& warning : warnings) fmt::print("note: {}\n", warning);
  fmt::print("page with the plots: {}\n", fs::absolute(folder_ / "index.html").lexically_normal().string());
  return 0;
}

int SimulationMain(const Program& program, int argc, const char* const* argv, const DescribeFn& describe,
                   const std::string& output_dir, const std::function<int(SimulationRun&)>& body) {
  return RunMain(program.name, [&] {
    const CommandLine command_line = ParseCommandLine(program, argc, argv);
    ExitIfAnswered(program, command_line, describe);
    LoadConfig(command_line, describe);
    CatchInterrupts();
    const std::vector<std::string> words(argv, argv + argc);
    SimulationRun run(program, command_line, CommandWithout({}, words), output_dir);
    return body(run);
  });
}

}  // namespace retort::lab
