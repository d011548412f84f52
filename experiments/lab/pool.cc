// One thread, one poll() over the workers' replies.
#include "experiments/lab/pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/interrupt.h"
#include "core/base/subprocess.h"
#include "experiments/lab/worker.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
constexpr double kBusyWait = 1;  // seconds until a cell that another process holds is looked at again

std::string LogTail(const fs::path& file) {
  std::deque<std::string> tail;
  try {
    ForEachLine(file, [&](std::string_view line, int) {
      tail.emplace_back(line);
      if (tail.size() > 10) tail.pop_front();
      return true;
    });
  } catch (const Error&) {
    return "";  // no log: the worker died before it wrote one
  }
  std::string text;
  for (const std::string& line : tail) text += "    " + line + "\n";
  return text;
}

struct Worker {
  std::unique_ptr<Subprocess> process;
  const Cell* cell = nullptr;  // null: idle
  std::string buffer;          // of a reply line not yet whole
};

class Pool {
 public:
  Pool(std::vector<const Cell*> cells, const RunStore& store, const PoolOptions& options, Progress& progress)
      : store_(store), options_(options), progress_(progress), waiting_(cells.begin(), cells.end()) {
    std::ranges::stable_sort(waiting_, std::ranges::greater{}, [](const Cell* cell) { return cell->cost; });
    workers_.resize(std::min(static_cast<size_t>(options.workers), cells.size()));
  }

  std::vector<Failure> Run() {
    while (!Interrupted() && (!waiting_.empty() || !busy_.empty() || AnyRunning())) {
      TakeBackBusy();
      for (Worker& worker : workers_) {
        if (worker.cell == nullptr) Dispatch(worker);
      }
      progress_.Waiting(!busy_.empty() && !AnyRunning());
      progress_.Show();
      WaitForReplies();
    }
    // Subprocess' destructor kills what still runs; an idle worker ends by itself when its input closes.
    for (Worker& worker : workers_) {
      if (worker.process && Interrupted()) worker.process->Kill(SIGKILL);
    }
    return std::move(failures_);
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
        Finish(*cell);
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
    const Cell& cell = *worker.cell;
    const fs::path folder = fs::absolute(store_.Folder(cell.hash));
    const WorkerSpec spec{.hash = cell.hash,
                          .folder = folder.string(),
                          .config_dir = options_.config_dir,
                          .samples_sha256 = cell.samples_sha256,
                          .config = ToToml(cell.config),
                          .threads = options_.threads,
                          .keep_checkpoint = options_.keep_checkpoints,
                          .shows_steps = cell.shows_steps};
    // Another process may be at work in the folder: then these files are there already, with the same bytes.
    const fs::path samples = folder / "samples.jsonl";
    if (cell.samples && !(fs::exists(samples) && Sha256File(samples) == cell.samples_sha256)) {
      store_.WriteSamples(cell.hash, cell.samples());
    }
    fs::create_directories(folder);
    if (!worker.process) {
      Subprocess::Options process{.pipe_stdin = true, .pipe_stdout = true, .stderr_file = folder / "worker.log"};
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
      Finish(cell);
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

  void Finish(const Cell& cell) {
    try {
      progress_.Finished(cell.hash, cell.cost, cell.label, store_.Read(cell.hash).means.score);
    } catch (const Error& error) {
      Fail(cell, error.what());
    }
  }

  void Fail(const Cell& cell, const std::string& reason) {
    progress_.Failed(cell.hash, cell.cost);
    failures_.push_back({.cell = cell.hash,
                         .label = fmt::format("{} seed {}", cell.label, cell.config.seed),
                         .reason = reason,
                         .log = LogTail(store_.Folder(cell.hash) / "worker.log")});
  }

  const RunStore& store_;
  const PoolOptions& options_;
  Progress& progress_;
  std::deque<const Cell*> waiting_;
  std::deque<std::pair<double, const Cell*>> busy_;  // with the time to look again
  std::vector<Worker> workers_;
  std::vector<Failure> failures_;
};

}  // namespace

std::vector<Failure> ComputeCells(std::vector<const Cell*> cells, const RunStore& store, const PoolOptions& options,
                                  Progress& progress) {
  return Pool(std::move(cells), store, options, progress).Run();
}

}  // namespace retort::lab
