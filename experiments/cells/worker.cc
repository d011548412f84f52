// A worker trusts nothing that it did not check: it hashes what it reads anew, so that a file which changed under a
// running experiment cannot end up under the old name.
#include "experiments/cells/worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cmath>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/numerics.h"
#include "core/data/sample_set.h"
#include "core/lm/local_model.h"
#include "core/lm/threads.h"
#include "experiments/cells/cell_lock.h"
#include "experiments/cells/evaluation_items.h"
#include "experiments/cells/grid.h"
#include "experiments/cells/row_account.h"
#include "experiments/cells/run_store.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

}  // namespace

std::string ToJsonLine(const WorkerSpec& spec) {
  return DumpJson({{"hash", spec.hash},
                   {"folder", spec.folder},
                   {"config_dir", spec.config_dir},
                   {"samples_sha256", spec.samples_sha256},
                   {"config", spec.config},
                   {"threads", spec.threads},
                   {"keep_checkpoint", spec.keep_checkpoint},
                   {"shows_steps", spec.shows_steps},
                   {"checkpoint_seconds", spec.checkpoint_seconds}});
}

WorkerSpec ParseWorkerSpec(std::string_view line) {
  const Json json = ParseJson(line, {.file = "stdin of a worker"});
  return {.hash = json.at("hash"),
          .folder = json.at("folder"),
          .config_dir = json.at("config_dir"),
          .samples_sha256 = json.at("samples_sha256"),
          .config = json.at("config"),
          .threads = json.at("threads"),
          .keep_checkpoint = json.at("keep_checkpoint"),
          .shows_steps = json.at("shows_steps"),
          .checkpoint_seconds = json.at("checkpoint_seconds")};
}

std::string ToJsonLine(const WorkerReply& reply) {
  return DumpJson({{"status", reply.status}, {"reason", reply.reason}, {"share", reply.share}});
}

WorkerReply ParseWorkerReply(std::string_view line) {
  const Json json = ParseJson(line, {.file = "reply of a worker"});
  if (!json.is_object() || !json.contains("status")) throw Error("reply of a worker: no status");
  return {.status = json.value("status", ""), .reason = json.value("reason", ""), .share = json.value("share", 0.0)};
}

WorkerReply ComputeOne(const WorkerSpec& spec, const CellFunction& compute,
                       const std::function<void(double)>& progress) {
  const fs::path folder = spec.folder;
  fs::create_directories(folder);
  const std::unique_ptr<CellLock> lock = CellLock::Try(folder);
  if (!lock) return {.status = "busy"};
  if (fs::exists(folder / "result.json")) return {.status = "done"};
  const double start = MonotonicSeconds();
  CellConfig config;
  FromToml(spec.config, "config of the cell", [&](Describer& d) { Describe(d, config); });
  SetNumerics(config.numerics);
  const std::unique_ptr<Task> task = MakeTask(config.task);
  std::vector<Sample> samples;
  if (config.n > 0) samples = ReadSamples(folder / "samples.jsonl");
  const std::string samples_sha256 = config.n > 0 ? HashSamples(samples) : "";
  const std::string identity = CellIdentity(config, *task, BaseIdentity(config, *task), samples_sha256);
  if (Sha256Hex(identity) != spec.hash) {
    throw Error("the model, the task's file or the samples changed while the experiment ran; start it again");
  }
  WriteFileAtomic(folder / "config.toml", spec.config, Sync::kFile);
  WriteFileAtomic(folder / "identity.txt", identity, Sync::kFile);
  const std::vector<Item> items = EvaluationItems(config, *task, samples);
  CellResult result = compute({.config = config,
                               .task = *task,
                               .samples = samples,
                               .items = items,
                               .folder = folder,
                               .config_dir = spec.config_dir,
                               .keep_checkpoint = spec.keep_checkpoint,
                               .checkpoint_seconds = spec.checkpoint_seconds,
                               .progress = progress});
  result.arm = config.arm;
  result.n = config.n;
  result.seed = static_cast<uint64_t>(config.seed);
  result.task = TaskName(config.task);
  result.target = task->Target(result.seed);
  result.metric = config.evaluation.metric;
  result.run = spec.hash;
  result.samples_sha256 = samples_sha256;
  if (config.n > 0) {
    const RowAccount account = AccountOf(samples, RunStore::SamplesManifest(folder), config.collect.prices);
    Charge(account, result.teacher_tokens, result);
    if (spec.shows_steps) result.memoriser = task->Memoriser(samples, items);
  }
  if (!lock->Held()) return {.status = "busy"};
  RunStore::WriteResult(folder, result, MonotonicSeconds() - start);
  return {.status = "done"};
}

void PrintTo(const fs::path& log) {
  fs::create_directories(log.parent_path());
  const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return;
  dup2(fd, STDOUT_FILENO);
  dup2(fd, STDERR_FILENO);
  close(fd);
}

int WorkerLoop(const CellFunction& compute) {
  signal(SIGINT, SIG_IGN);  // Ctrl-C reaches all of the terminal's processes; the main one decides
  // Replies keep stdout to themselves: what a library prints goes to the log.
  const int replies = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  const auto reply = [&](const WorkerReply& what) {
    const std::string line = ToJsonLine(what) + "\n";
    if (write(replies, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(1);  // nobody listens
  };
  for (std::string line; std::getline(std::cin, line);) {
    try {
      const WorkerSpec spec = ParseWorkerSpec(line);
      PrintTo(fs::path(spec.folder) / "worker.log");
      SetThreads(spec.threads);
      double told = MonotonicSeconds();
      reply(ComputeOne(spec, compute, [&](double share) {
        if (MonotonicSeconds() - told < 0.5) return;
        told = MonotonicSeconds();
        reply({.status = "progress", .share = share});
      }));
    } catch (const std::exception& error) {
      std::cerr << error.what() << std::endl;
      reply({.status = "failed", .reason = error.what()});
    }
  }
  return 0;
}

}  // namespace retort::lab
