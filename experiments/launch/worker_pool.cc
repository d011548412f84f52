// One thread, one poll() over the workers' replies.
#include "experiments/launch/worker_pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <fstream>
#include <memory>
#include <utility>
#include <variant>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/interrupt.h"
#include "core/base/subprocess.h"
#include "experiments/cells/worker.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
constexpr double kBusyWait = 1;           // seconds until a cell that another process holds is looked at again
constexpr double kMemoryEvery = 0.5;      // seconds between two looks at memory
constexpr double kLeastAvailable = 0.03;  // of the machine's memory; below it, the kernel would choose whom to kill

// In MB; 0 where the kernel does not say.
double ResidentMb(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/statm", pid));
  double total = 0, resident = 0;
  file >> total >> resident;
  return file ? resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6 : 0;
}

// The share of the machine's memory that is still to be had; 1 where the kernel does not say.
double AvailableShare() {
  std::ifstream file("/proc/meminfo");
  double total = 0, available = -1;
  for (std::string name, rest; file >> name;) {
    if (name == "MemTotal:") file >> total;
    if (name == "MemAvailable:") file >> available;
    if (total > 0 && available >= 0) return available / total;
    std::getline(file, rest);
  }
  return 1;
}

struct Worker {
  std::unique_ptr<Subprocess> process;
  const Cell* cell = nullptr;  // null: idle
  std::string buffer;          // of a reply line not yet whole
  std::vector<int> cores;      // that it stays on; empty: any
  double started = 0;          // its cell
};

// Where the workers together take every core that this process may use, each gets its own: the scheduler would move
// them about. Where cores are left over, others may be at work on any of them.
std::vector<std::vector<int>> OwnCores(const LaunchOptions& options, size_t workers) {
  std::vector<std::vector<int>> of(workers);
  cpu_set_t set;
  if (!std::get<LocalLauncherConfig>(options.launcher).pin || sched_getaffinity(0, sizeof set, &set) != 0) return of;
  if (static_cast<size_t>(CPU_COUNT(&set)) != workers * static_cast<size_t>(options.threads)) return of;
  size_t next = 0;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) of[next++ / static_cast<size_t>(options.threads)].push_back(core);
  }
  return of;
}

class Pool {
 public:
  Pool(std::vector<const Cell*> cells, const RunStore& store, const LaunchOptions& options, Progress& progress)
      : store_(store),
        options_(options),
        local_(std::get<LocalLauncherConfig>(options.launcher)),
        progress_(progress),
        outcomes_(store, progress),
        waiting_(cells.begin(), cells.end()) {
    std::ranges::stable_sort(waiting_, std::ranges::greater{}, [](const Cell* cell) { return cell->cost; });
    workers_.resize(std::min(static_cast<size_t>(options.workers), cells.size()));
    const auto cores = OwnCores(options, workers_.size());
    for (size_t i = 0; i < workers_.size(); ++i) workers_[i].cores = cores[i];
  }

  std::vector<Failure> Run() {
    while (!Interrupted() && (!waiting_.empty() || !busy_.empty() || AnyRunning())) {
      TakeBackBusy();
      for (Worker& worker : workers_) {
        if (worker.cell == nullptr) Dispatch(worker);
      }
      WatchMemory();
      progress_.Waiting(!busy_.empty() && !AnyRunning());
      progress_.Show();
      WaitForReplies();
    }
    // Subprocess' destructor kills what still runs; an idle worker ends by itself when its input closes.
    for (Worker& worker : workers_) {
      if (worker.process && Interrupted()) worker.process->Kill(SIGKILL);
    }
    return outcomes_.failures();
  }

 private:
  bool AnyRunning() const {
    return std::ranges::any_of(workers_, [](const Worker& worker) { return worker.cell != nullptr; });
  }

  void TakeBackBusy() {
    while (!busy_.empty() && MonotonicSeconds() >= busy_.front().first) {
      waiting_.push_back(busy_.front().second);
      busy_.pop_front();
    }
  }

  void Dispatch(Worker& worker) {
    while (!waiting_.empty()) {
      const Cell* cell = waiting_.front();
      waiting_.pop_front();
      if (store_.Done(cell->hash)) {  // another process was faster
        outcomes_.Done(*cell);
        continue;
      }
      worker.cell = cell;
      try {
        Send(worker);
        return;
      } catch (const Error& error) {
        worker.cell = nullptr;
        worker.process.reset();
        Fail(*cell, error.what());
      }
    }
  }

  void Send(Worker& worker) {
    const WorkerSpec spec = PrepareCell(*worker.cell, store_, options_);
    worker.started = MonotonicSeconds();
    if (!worker.process) {
      Subprocess::Options process{
          .pipe_stdin = true, .pipe_stdout = true, .stderr_file = fs::path(spec.folder) / "worker.log"};
      process.cores = worker.cores;
      process.env = {fmt::format("OMP_NUM_THREADS={}", options_.threads),
                     fmt::format("MKL_NUM_THREADS={}", options_.threads)};
      worker.process = std::make_unique<Subprocess>(options_.worker, process);
      worker.buffer.clear();
    }
    worker.process->WriteLine(ToJsonLine(spec));  // a closed pipe shows as an end of the replies
  }

  void WaitForReplies() {
    std::vector<pollfd> fds;
    std::vector<Worker*> of;
    for (Worker& worker : workers_) {
      if (!worker.process) continue;
      fds.push_back({worker.process->stdout_fd(), POLLIN, 0});
      of.push_back(&worker);
    }
    if (poll(fds.data(), fds.size(), 200) <= 0) return;
    for (size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].revents != 0) Read(*of[i]);
    }
  }

  void Read(Worker& worker) {
    std::array<char, 4096> buffer{};
    const ssize_t n = read(worker.process->stdout_fd(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) return;
    if (n <= 0) {
      Died(worker);
      return;
    }
    worker.buffer.append(buffer.data(), static_cast<size_t>(n));
    for (size_t end; (end = worker.buffer.find('\n')) != std::string::npos;) {
      const std::string line = worker.buffer.substr(0, end);
      worker.buffer.erase(0, end + 1);
      if (worker.cell != nullptr) Handle(worker, ParseWorkerReply(line));
    }
  }

  void Handle(Worker& worker, const WorkerReply& reply) {
    const Cell& cell = *worker.cell;
    if (reply.status == "progress") {
      progress_.Running(cell.hash, reply.share * cell.cost);
      return;
    }
    worker.cell = nullptr;
    if (reply.status == "done") {
      outcomes_.Done(cell);
    } else if (reply.status == "busy") {
      busy_.emplace_back(MonotonicSeconds() + kBusyWait, &cell);
    } else {
      Fail(cell, reply.reason);
    }
  }

  void Died(Worker& worker) {
    const int code = worker.process->Wait();
    worker.process.reset();
    const Cell* cell = std::exchange(worker.cell, nullptr);
    if (cell == nullptr || Interrupted()) return;
    Fail(*cell, code > 128 ? fmt::format("its worker was killed by signal {} ({}){}", code - 128, strsignal(code - 128),
                                         code - 128 == SIGKILL ? "; was there enough memory?" : "")
                           : fmt::format("its worker ended with exit code {}", code));
  }

  void Fail(const Cell& cell, const std::string& reason) {
    if (outcomes_.TryAgain(cell, reason)) waiting_.push_back(&cell);
  }

  void WatchMemory() {
    if (MonotonicSeconds() - looked_ < kMemoryEvery) return;
    looked_ = MonotonicSeconds();
    Worker* youngest = nullptr;
    for (Worker& worker : workers_) {
      if (worker.cell == nullptr) continue;
      const double mb = local_.mem_mb > 0 ? ResidentMb(worker.process->pid()) : 0;
      if (mb > local_.mem_mb) {
        const Cell& cell = *std::exchange(worker.cell, nullptr);
        worker.process.reset();
        Fail(cell, fmt::format("its worker took {:.0f} MB, more than launcher.mem_mb={}", mb, local_.mem_mb));
      } else if (youngest == nullptr || worker.started > youngest->started) {
        youngest = &worker;
      }
    }
    if (workers_.size() > 1 && youngest != nullptr && AvailableShare() < kLeastAvailable) {
      waiting_.push_front(youngest->cell);
      progress_.Again(youngest->cell->hash, youngest->cell->label, "memory runs short: one worker less goes on");
      workers_.erase(workers_.begin() + (youngest - workers_.data()));
    }
  }

  const RunStore& store_;
  const LaunchOptions& options_;
  const LocalLauncherConfig& local_;
  Progress& progress_;
  Outcomes outcomes_;
  std::deque<const Cell*> waiting_;
  std::deque<std::pair<double, const Cell*>> busy_;  // with the time to look again
  std::vector<Worker> workers_;
  double looked_ = 0;  // at memory
};

}  // namespace

std::vector<Failure> ComputeLocally(std::vector<const Cell*> cells, const RunStore& store, const LaunchOptions& options,
                                    Progress& progress) {
  return Pool(std::move(cells), store, options, progress).Run();
}

}  // namespace retort::lab
