#include "experiments/launch/slurm_queue.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/base/error.h"
#include "core/base/number.h"
#include "core/base/subprocess.h"
#include "core/base/trim.h"

namespace retort::lab {
namespace {

constexpr size_t kDefaultLargestArray = 1001;  // Slurm's own default of MaxArraySize

template <class F>
void ForEachLineOf(std::string_view text, const F& f) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    f(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

bool HasEnded(const QueuedTask& task) {
  // PREEMPTED is the end of a task that could not be requeued; REQUEUED and COMPLETING may go on.
  static constexpr std::array<std::string_view, 10> kEnds = {"COMPLETED", "FAILED",    "CANCELLED", "TIMEOUT",
                                                             "NODE_FAIL", "PREEMPTED", "BOOT_FAIL", "OUT_OF_MEMORY",
                                                             "DEADLINE",  "REVOKED"};
  return std::ranges::find(kEnds, task.state) != kEnds.end();
}

std::map<int, QueuedTask> ParseSqueue(std::string_view output, std::string_view job_name) {
  std::map<int, QueuedTask> tasks;
  ForEachLineOf(output, [&](std::string_view line) {
    std::array<std::string_view, 4> fields;  // then the reason, which may hold anything
    for (std::string_view& field : fields) {
      const size_t end = line.find('|');
      if (end == std::string_view::npos) return;
      field = line.substr(0, end);
      line.remove_prefix(end + 1);
    }
    const auto job = ParseNumber<int64_t>(fields[0]), index = ParseNumber<int64_t>(fields[1]);
    if (!job || !index || *index < 0 || *index > INT32_MAX || fields[3] != job_name) return;
    tasks[static_cast<int>(*index)] = {
        .job = std::string(fields[0]), .state = std::string(fields[2]), .reason = std::string(line)};
  });
  return tasks;
}

std::optional<std::map<int, QueuedTask>> AskSqueue(const std::string& id, const std::string& job_name,
                                                   std::string& problem) {
  const CommandResult result =
      RunCommand({"squeue", "--noheader", "--array", "--states=all", id.empty() ? "--name=" + job_name : "--jobs=" + id,
                  "--format=%F|%K|%T|%j|%r"});
  // So long gone that Slurm has forgotten it.
  if (result.output.find("Invalid job id specified") != std::string::npos) return std::map<int, QueuedTask>{};
  if (result.exit_code != 0) {
    problem = std::string(TrimText(result.output));
    return std::nullopt;
  }
  return ParseSqueue(result.output, job_name);
}

std::string ParseJobId(std::string_view output) {
  std::string id;
  ForEachLineOf(output, [&](std::string_view line) {               // a site's plugin may print lines of its own
    const std::string_view word = line.substr(0, line.find(';'));  // "id;cluster"
    if (ParseNumber<int64_t>(word)) id = word;
  });
  return id;
}

bool IsPassing(std::string_view output) {
  static constexpr std::array<std::string_view, 8> kPassing = {
      "Unable to contact",    "Socket timed out",   "Zero Bytes were transmitted", "Connection refused",
      "Connection timed out", "temporarily unable", "Unexpected message received", "Transport endpoint"};
  return std::ranges::any_of(kPassing,
                             [&](std::string_view text) { return output.find(text) != std::string_view::npos; });
}

size_t ParseLargestArray(std::string_view output) {
  size_t largest = kDefaultLargestArray;
  ForEachLineOf(output, [&](std::string_view line) {
    const auto after = [&](std::string_view key) -> std::optional<int64_t> {
      const size_t at = line.find(key);
      if (at == std::string_view::npos) return std::nullopt;
      std::string_view value = line.substr(at + key.size());
      value = value.substr(std::min(value.find_first_not_of(" ="), value.size()));
      return ParseNumber<int64_t>(value.substr(0, value.find_first_not_of("0123456789")));
    };
    // MaxArraySize is one more than the largest index; max_array_tasks stands among the SchedulerParameters.
    if (const auto size = line.starts_with("MaxArraySize") ? after("MaxArraySize") : std::nullopt) {
      largest = static_cast<size_t>(std::max<int64_t>(1, *size));
    }
    if (const auto tasks = after("max_array_tasks=")) {
      largest = std::min(largest, static_cast<size_t>(std::max<int64_t>(1, *tasks)));
    }
  });
  return largest;
}

size_t AskLargestArray() {
  const CommandResult result = RunCommand({"scontrol", "show", "config"});
  return result.exit_code == 0 ? ParseLargestArray(result.output) : kDefaultLargestArray;
}

}  // namespace retort::lab
