// Slurm's commands and what they print. No accounting is needed: squeue tells what it remembers of ended tasks (some
// minutes, MinJobAge), and the run store tells the rest.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace retort::lab {

struct QueuedTask {
  std::string job;     // id of the array
  std::string state;   // "PENDING", "RUNNING", ..., also of a task that ended: "FAILED", "TIMEOUT"
  std::string reason;  // why it waits
};
bool HasEnded(const QueuedTask& task);

// By index. Lines of other jobs, and what is no line of squeue, are left out.
std::map<int, QueuedTask> ParseSqueue(std::string_view output, std::string_view job_name);
// What squeue knows of the tasks of a job, by its id, or by its name where the id is not known. Unset: Slurm does not
// answer, for now; `problem` gets what it said.
std::optional<std::map<int, QueuedTask>> AskSqueue(const std::string& id, const std::string& job_name,
                                                   std::string& problem);

// The id in what `sbatch --parsable` printed; empty if there is none.
std::string ParseJobId(std::string_view output);
// Whether the same command may succeed a moment later: the controller starts again, or is busy.
bool IsPassing(std::string_view output);

// The largest array that the cluster takes, from `scontrol show config`.
size_t ParseLargestArray(std::string_view output);
size_t AskLargestArray();

}  // namespace retort::lab
