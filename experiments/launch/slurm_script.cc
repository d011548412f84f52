// See the header. Options stand in the text and not on sbatch's command line, so that job.sh says all, and can be
// submitted again by hand.
#include "experiments/launch/slurm_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/error.h"
#include "core/base/subprocess.h"

namespace retort::lab {
namespace {

constexpr char kSafe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

void CheckLine(std::string_view what, std::string_view value) {
  if (!std::ranges::any_of(value, IsControl)) return;
  throw Error({.place = std::string(what)},
              fmt::format("{} has a line break or another control character", Excerpt(value)));
}

// As sbatch reads its lines: in double quotes, a backslash before a quote or a backslash.
std::string ForSbatch(std::string_view value) {
  if (!value.empty() && value.find_first_not_of(kSafe) == std::string_view::npos) return std::string(value);
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

// sbatch replaces %a, %A and more in the names of files.
std::string WithoutPatterns(const std::string& path) {
  std::string doubled;
  for (const char c : path) doubled += c == '%' ? std::string("%%") : std::string(1, c);
  return doubled;
}

std::string_view NameOf(std::string_view parameter) { return parameter.substr(0, parameter.find('=')); }

// What to say to someone who gives one of these as an additional parameter.
const std::map<std::string_view, std::string_view>& Taken() {
  static const std::map<std::string_view, std::string_view> taken = {
      {"partition", "set launcher.partition"},
      {"account", "set launcher.account"},
      {"qos", "set launcher.qos"},
      {"constraint", "set launcher.constraint"},
      {"time", "set launcher.timeout_min"},
      {"mem", "set launcher.mem_gb"},
      {"gpus-per-node", "set launcher.gpus_per_node"},
      {"cpus-per-task", "set threads"},
      {"array", "set launcher.array_parallelism"},
      {"nodes", "a cell runs on one node"},
      {"ntasks", "a cell is one process"},
      {"job-name", "the launcher finds its jobs by their names"},
      {"output", "the launcher reads the tasks' logs"},
      {"error", "the launcher reads the tasks' logs"},
      {"open-mode", "the launcher reads the tasks' logs"},
      {"requeue", "it is set already"},
      {"no-requeue", "cells go on from their checkpoints"},
      {"chdir", "paths of the config start where the program was started"},
      {"export", "tasks need the environment; set variables in launcher.setup"},
      {"clusters", "start the program on the cluster itself"},
      {"wrap", "the launcher gives the script"},
      {"input", "a task reads nothing"},
      {"parsable", "it is set already"},
      {"test-only", "use --dry-run"},
      {"wait", "the launcher waits"},
      {"help", "see man sbatch"},
      {"usage", "see man sbatch"},
      {"version", "see man sbatch"},
  };
  return taken;
}

void CheckAdditional(std::string_view parameter) {
  const std::string place = "launcher.additional_parameters";
  CheckLine(place, parameter);
  const std::string_view name = NameOf(parameter);
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (name.empty() || name.front() == '-' || !std::ranges::all_of(name, fits)) {
    throw Error({.place = place}, fmt::format("{} is no name=value", Excerpt(parameter)),
                R"(write it as in "nice=100" or "exclusive", without dashes before the name)");
  }
  if (const auto taken = Taken().find(name); taken != Taken().end()) {
    throw Error({.place = place}, fmt::format("{} is not yours to give", name), taken->second);
  }
}

}  // namespace

void CheckSlurmConfig(const SlurmLauncherConfig& config) {
  CheckLine("launcher.partition", config.partition);
  CheckLine("launcher.account", config.account);
  CheckLine("launcher.qos", config.qos);
  CheckLine("launcher.constraint", config.constraint);
  for (const std::string& line : config.setup) CheckLine("launcher.setup", line);
  for (const std::string& parameter : config.additional_parameters) CheckAdditional(parameter);
}

std::string SbatchText(const ArrayJob& job, const SlurmLauncherConfig& config) {
  CheckSlurmConfig(config);
  const std::string folder = job.folder.string();
  CheckLine("runs_dir", folder);
  CheckLine("the current folder", job.directory.string());
  // To Slurm a backslash in a file's name says that no %a is to be replaced in it.
  if (folder.find('\\') != std::string::npos) {
    throw Error({.file = folder}, "Slurm cannot write a log into a folder with a backslash in its name",
                "give another runs_dir");
  }
  std::string text = "#!/bin/bash\n";
  const auto option = [&](std::string_view name, std::string_view value = {}) {
    text += fmt::format("#SBATCH --{}{}{}\n", name, value.empty() ? "" : "=", value.empty() ? "" : ForSbatch(value));
  };
  const auto optional = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) option(name, value);
  };
  option("job-name", job.name);
  option("array", fmt::format("0-{}%{}", job.tasks - 1, config.array_parallelism));
  option("nodes", "1");
  option("ntasks", "1");
  option("cpus-per-task", std::to_string(job.threads));
  const bool other_memory = std::ranges::any_of(config.additional_parameters,
                                                [](const std::string& p) { return NameOf(p).starts_with("mem-per-"); });
  if (!other_memory) option("mem", fmt::format("{:.0f}M", std::ceil(config.mem_gb * 1024)));
  option("time", std::to_string(config.timeout_min));
  if (config.gpus_per_node > 0) option("gpus-per-node", std::to_string(config.gpus_per_node));
  optional("partition", config.partition);
  optional("account", config.account);
  optional("qos", config.qos);
  optional("constraint", config.constraint);
  option("requeue");
  option("open-mode", "append");
  option("output", WithoutPatterns(folder) + "/task-%a.log");
  for (const std::string& parameter : config.additional_parameters) {
    const std::string_view name = NameOf(parameter);
    option(name, std::string_view(parameter).substr(std::min(parameter.size(), name.size() + 1)));
  }
  text += fmt::format("cd {} || exit 1\n", ShellWord(job.directory.string()));
  for (const std::string& line : config.setup) text += line + "\n";
  text += fmt::format("export OMP_NUM_THREADS={0} MKL_NUM_THREADS={0}\nexec", job.threads);
  for (const std::string& word : job.command) text += " " + ShellWord(word);
  text += fmt::format(" --cells={} --index=\"$SLURM_ARRAY_TASK_ID\"\n", ShellWord(folder + "/cells.jsonl"));
  return text;
}

}  // namespace retort::lab
