// Cells beyond the largest array that the cluster takes go into further arrays, one after the other: so each cell keeps
// a task, a log, a time limit and a second chance of its own, the throttle holds, and limits on submitted jobs are met.
// The price is that few tasks run at an array's end; the longest cells come first, so that ends are short.
#include "experiments/launch/slurm.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <variant>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/interrupt.h"
#include "core/base/subprocess.h"
#include "core/base/trim.h"
#include "experiments/launch/log_tail.h"
#include "experiments/launch/slurm_jobs.h"
#include "experiments/launch/slurm_queue.h"
#include "experiments/launch/slurm_script.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

constexpr double kPatience = 1800;  // seconds in which Slurm may not answer: its controller starts again, or moves

// Seconds from a task's end until a result that is not there is missed: a shared file system may be behind.
double Grace(const std::optional<QueuedTask>& ended) {
  if (!ended) return 10;                        // Slurm has forgotten how it ended
  return ended->state == "COMPLETED" ? 60 : 5;  // it says itself that there is a result
}

fs::path JobsFolder(const RunStore& store) { return fs::absolute(store.Folder("jobs")).lexically_normal(); }

ArrayJob MakeArrayJob(const SlurmJob& job, size_t tasks, const LaunchOptions& options) {
  ArrayJob array{.name = job.name,
                 .folder = job.folder,
                 .directory = fs::current_path(),
                 .tasks = tasks,
                 .command = options.worker,
                 .threads = options.threads};
  if (array.command.front() == "/proc/self/exe") {
    array.command.front() = fs::read_symlink("/proc/self/exe").string();
    if (array.command.front().ends_with(" (deleted)")) {
      throw Error("the program was built anew while it ran: start it again, so that its tasks are of one program");
    }
  }
  return array;
}

size_t LargestArray(const SlurmLauncherConfig& config) {
  const size_t allowed = AskLargestArray();
  return config.max_array_size > 0 ? std::min(allowed, static_cast<size_t>(config.max_array_size)) : allowed;
}

class SlurmLauncher {
 public:
  SlurmLauncher(std::vector<const Cell*> cells, const RunStore& store, const LaunchOptions& options, Progress& progress)
      : store_(store),
        options_(options),
        config_(std::get<SlurmLauncherConfig>(options.launcher)),
        progress_(progress),
        outcomes_(store, progress),
        jobs_folder_(JobsFolder(store)),
        largest_array_(LargestArray(config_)),
        waiting_(cells.begin(), cells.end()) {
    std::ranges::stable_sort(waiting_, std::ranges::greater{}, [](const Cell* cell) { return cell->cost; });
  }

  std::vector<Failure> Run() {
    while (!Interrupted()) {
      if (tasks_.empty() && waiting_.empty()) {
        waiting_.assign(again_.begin(), again_.end());
        again_.clear();
      }
      if (tasks_.empty()) Submit();
      Look();
      if (tasks_.empty() && waiting_.empty() && again_.empty()) break;
      progress_.Show();
      if (!tasks_.empty()) Sleep();
    }
    if (Interrupted()) TellWhatGoesOn();
    return outcomes_.failures();
  }

 private:
  struct Task {
    const Cell* cell = nullptr;
    std::string job;  // name
    int index = 0;
    double ended = 0;  // when it was first seen to have ended; 0: it has not
  };

  // ---- Submitting

  void Submit() {
    if (waiting_.empty()) return;
    // Two processes that are started together must see each other's jobs.
    std::optional<FileLock> lock;
    while (!(lock = FileLock::Try(jobs_folder_ / "lock"))) {
      progress_.Note("waiting for another process that submits cells");
      progress_.Show();
      Sleep();
      if (Interrupted()) return;
    }
    Adopt();
    if (Interrupted()) return;
    std::vector<const Cell*> cells;
    std::string specs;
    while (!waiting_.empty() && cells.size() < largest_array_) {
      const Cell* cell = waiting_.front();
      waiting_.pop_front();
      if (store_.Done(cell->hash)) {
        outcomes_.Done(*cell);
        continue;
      }
      try {
        WorkerSpec spec = PrepareCell(*cell, store_, options_);
        spec.checkpoint_seconds = 60 * config_.checkpoint_minutes;
        specs += ToJsonLine(spec) + "\n";
        cells.push_back(cell);
      } catch (const Error& error) {
        Fail(*cell, error.what());
      }
    }
    if (cells.empty()) return;
    SlurmJob job = NewJob(jobs_folder_);
    for (const Cell* cell : cells) job.cells.push_back(cell->hash);
    WriteFileAtomic(job.folder / "cells.jsonl", specs);
    WriteFileAtomic(job.folder / "job.sh", SbatchText(MakeArrayJob(job, cells.size(), options_), config_));
    WriteJob(job);
    job.id = SubmitPatiently(job);
    if (job.id.empty()) return;  // interrupted; the next start finds the job by its name, if there is one
    WriteJob(job);
    for (size_t i = 0; i < cells.size(); ++i) {
      tasks_[cells[i]->hash] = {.cell = cells[i], .job = job.name, .index = static_cast<int>(i)};
    }
    Tell(fmt::format("job {}: {} cells; {}", job.id, cells.size(), job.folder.string()));
    jobs_[job.name] = std::move(job);
  }

  std::string SubmitPatiently(const SlurmJob& job) {
    for (const double start = MonotonicSeconds();;) {
      const CommandResult result = RunCommand({"sbatch", "--parsable", (job.folder / "job.sh").string()});
      const std::string id = ParseJobId(result.output);
      if (result.exit_code == 0 && !id.empty()) return id;
      // The answer may have been lost on its way.
      std::string problem;
      const auto known = AskSqueue("", job.name, problem);
      if (known && !known->empty()) return known->begin()->second.job;
      if (Interrupted()) return "";
      const std::string said = Excerpt(TrimText(result.output), 1000);
      if (!IsPassing(result.output) || MonotonicSeconds() - start > kPatience) {
        fs::remove_all(job.folder);
        throw Error({}, fmt::format("sbatch did not take the job (exit code {}): {}", result.exit_code, said),
                    "--dry-run shows what it gets; cells that are done are kept");
      }
      progress_.Note("Slurm takes no job for now: " + said);
      progress_.Show();
      Sleep();
    }
  }

  // Cells that stand in the queue already, by an earlier start or another process, are waited for.
  void Adopt() {
    for (SlurmJob& job : ReadJobs(jobs_folder_)) {
      std::map<std::string_view, int> indices;
      for (size_t i = 0; i < job.cells.size(); ++i) indices[job.cells[i]] = static_cast<int>(i);
      if (std::ranges::none_of(waiting_, [&](const Cell* cell) { return indices.contains(cell->hash); })) continue;
      std::optional<std::map<int, QueuedTask>> queued;
      while (!(queued = Ask(job.id, job.name))) {
        progress_.Show();
        Sleep();
        if (Interrupted()) return;
      }
      std::deque<const Cell*> left;
      for (const Cell* cell : waiting_) {
        const auto index = indices.find(cell->hash);
        const auto task = index == indices.end() ? queued->end() : queued->find(index->second);
        if (task == queued->end() || HasEnded(task->second)) {
          left.push_back(cell);
          continue;
        }
        tasks_[cell->hash] = {.cell = cell, .job = job.name, .index = index->second};
        job.id = task->second.job;
      }
      if (left.size() == waiting_.size()) continue;
      Tell(fmt::format("job {} is in the queue already: waiting for {} cells of it", job.id,
                       waiting_.size() - left.size()));
      waiting_ = std::move(left);
      jobs_[job.name] = std::move(job);
    }
  }

  // ---- Waiting

  // Unset: Slurm does not answer, for now.
  std::optional<std::map<int, QueuedTask>> Ask(const std::string& id, const std::string& name) {
    std::string problem;
    auto queued = AskSqueue(id, name, problem);
    if (queued) {
      silent_since_.reset();
      return queued;
    }
    const double now = MonotonicSeconds();
    if (!silent_since_) silent_since_ = now;
    const std::string said = Excerpt(problem, 1000);
    if (now - *silent_since_ > kPatience && !Interrupted()) {
      throw Error({}, fmt::format("squeue has not answered for {}: {}", Duration(now - *silent_since_), said),
                  "jobs that were submitted go on; the same command takes up their results");
    }
    progress_.Note("squeue does not answer: " + said);
    return std::nullopt;
  }

  void Look() {
    std::map<std::string, std::vector<std::string>> hashes;  // by job
    for (const auto& [hash, task] : tasks_) hashes[task.job].push_back(hash);
    std::string ids, reason;
    int running = 0, pending = 0;
    for (const auto& [name, of_job] : hashes) {
      ids += (ids.empty() ? "" : ", ") + jobs_.at(name).id;
      // Asked before the run store is looked at: what is written before the end of a task is then seen.
      const auto queued = Ask(jobs_.at(name).id, name);
      for (const std::string& hash : of_job) {
        if (store_.Done(hash)) {
          outcomes_.Done(*tasks_.extract(hash).mapped().cell);
          continue;
        }
        if (!queued) continue;
        const auto found = queued->find(tasks_.at(hash).index);
        if (found == queued->end() || HasEnded(found->second)) {
          Ended(hash, found == queued->end() ? std::nullopt : std::optional(found->second));
          continue;
        }
        tasks_.at(hash).ended = 0;
        if (found->second.state != "PENDING") {
          ++running;
        } else {
          ++pending;
          reason = found->second.reason;
        }
      }
    }
    if (silent_since_) return;  // the note says so
    progress_.Note(fmt::format("job {}: {} running", ids, running) +
                   (pending > 0 ? fmt::format(", {} waiting ({})", pending, reason) : ""));
  }

  void Ended(const std::string& hash, const std::optional<QueuedTask>& how) {
    Task& task = tasks_.at(hash);
    const double now = MonotonicSeconds();
    if (task.ended == 0) task.ended = now;
    std::error_code ignored;  // to list a folder makes NFS look at it anew
    for (fs::directory_iterator entry(store_.Folder(hash), ignored), end; entry != end; entry.increment(ignored)) {
    }
    if (store_.Done(hash)) {
      outcomes_.Done(*tasks_.extract(hash).mapped().cell);
      return;
    }
    if (now - task.ended < Grace(how)) return;
    const SlurmJob& job = jobs_.at(task.job);
    std::string why = fmt::format("task {}_{} {}", job.id, task.index,
                                  how ? "ended as " + how->state : std::string("left the queue without a result"));
    if (how && how->state == "COMPLETED") why += ", yet its result is not here: is runs_dir shared by all nodes?";
    const std::vector<std::string> last = LastLines(job.folder / fmt::format("task-{}.log", task.index), 1);
    if (!last.empty()) why += fmt::format("; the end of its log: {}", TrimText(last.back()));
    const Cell& cell = *task.cell;
    tasks_.erase(hash);
    // Who cancels a task does not want it to come back.
    if (how && how->state == "CANCELLED") return outcomes_.Failed(cell, why);
    Fail(cell, why);
  }

  void Fail(const Cell& cell, const std::string& reason) {
    if (outcomes_.TryAgain(cell, reason)) again_.push_back(&cell);
  }

  void Sleep() const {
    const double end = MonotonicSeconds() + config_.poll_seconds;
    while (!Interrupted() && MonotonicSeconds() < end) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }

  void Tell(const std::string& line) {
    progress_.Clear();
    fmt::print(stderr, "{}\n", line);
  }

  void TellWhatGoesOn() {
    std::set<std::string> names;
    for (const auto& [hash, task] : tasks_) names.insert(task.job);
    for (const std::string& name : names) {
      Tell(fmt::format("job {0} goes on; the same command takes up its results, scancel {0} stops it",
                       jobs_.at(name).id));
    }
  }

  const RunStore& store_;
  const LaunchOptions& options_;
  const SlurmLauncherConfig& config_;
  Progress& progress_;
  Outcomes outcomes_;
  const fs::path jobs_folder_;
  const size_t largest_array_;
  std::deque<const Cell*> waiting_;       // to be submitted
  std::vector<const Cell*> again_;        // failed once
  std::map<std::string, Task> tasks_;     // of cells that are in the queue, by hash
  std::map<std::string, SlurmJob> jobs_;  // by name
  std::optional<double> silent_since_;
};

}  // namespace

std::vector<Failure> ComputeOnSlurm(std::vector<const Cell*> cells, const RunStore& store, const LaunchOptions& options,
                                    Progress& progress) {
  return SlurmLauncher(std::move(cells), store, options, progress).Run();
}

std::string SbatchText(size_t cells, const RunStore& store, const LaunchOptions& options) {
  const auto& config = std::get<SlurmLauncherConfig>(options.launcher);
  const std::string name = JobNameNow();
  const SlurmJob job{.name = name, .folder = JobsFolder(store) / name};
  return SbatchText(MakeArrayJob(job, std::min(cells, LargestArray(config)), options), config);
}

}  // namespace retort::lab
