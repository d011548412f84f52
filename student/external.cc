#include "student/external.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/subprocess.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

constexpr char kCommand[] = "student.trainer.command";
constexpr std::chrono::milliseconds kPoll(50);

using Values = std::map<std::string, std::string, std::less<>>;

Values ValuesOf(const ExternalRun& run) {
  return {{"samples", fs::absolute(run.samples).string()},
          {"base", fs::absolute(run.base).string()},
          {"output", fs::absolute(run.output).string()},
          {"seed", std::to_string(run.seed)},
          {"n", std::to_string(run.n)}};
}

// {name} by its value; other braces stay, such as those of JSON.
std::string Fill(const std::string& word, const Values& values) {
  std::string out;
  for (size_t at = 0; at < word.size();) {
    const size_t open = word.find('{', at);
    const size_t close = word.find('}', open);
    out += word.substr(at, open - at);
    if (open == std::string::npos) break;
    const std::string name = close == std::string::npos ? "" : word.substr(open + 1, close - open - 1);
    const bool is_name =
        !name.empty() && std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
    if (!is_name) {
      out += '{';
      at = open + 1;
      continue;
    }
    const auto value = values.find(name);
    if (value == values.end()) {
      throw Error({.place = kCommand}, fmt::format("{{{}}} stands for nothing", name),
                  "there are {samples}, {base}, {output}, {seed} and {n}");
    }
    out += value->second;
    at = close + 1;
  }
  return out;
}

std::vector<std::string> Filled(const ExternalTrainerConfig& config, const ExternalRun& run) {
  std::vector<std::string> words;
  const Values values = ValuesOf(run);
  for (const std::string& word : config.command) words.push_back(Fill(word, values));
  return words;
}

ExternalResult ReadTrainerState(const fs::path& file) {
  ExternalResult result;
  if (!fs::exists(file)) return result;
  try {
    const auto json = ParseJson(ReadFile(file), {.file = file.string()});
    result.steps = json.value("global_step", 0);
    result.epochs = json.value("epoch", 0.0);
    result.flops = json.value("total_flos", 0.0);
  } catch (const nlohmann::json::exception& error) {
    throw Error({.file = file.string()}, error.what());
  }
  return result;
}

}  // namespace

void Describe(Describer& d, ExternalTrainerConfig& config) {
  d.Field("command", config.command,
          {.help = "words of the command that trains; {samples}, {base}, {output}, {seed} and {n} are filled in",
           .required = true});
  d.Field("inputs", config.inputs,
          {.help = "files whose content changes what the command does: its script, its config"});
  d.Field("timeout_min", config.timeout_min,
          {.help = "a command that takes longer is stopped; 0: none", .unit = "minutes", .min = 0, .numerics = false});
}

void CheckExternalTrainer(const ExternalTrainerConfig& config) {
  if (config.command.empty() || config.command.front().empty()) {
    throw Error({.place = kCommand}, "is empty", "give the command that trains, a word an element");
  }
  Filled(config, {.samples = "samples", .base = "base", .output = "output"});
  HashInputs(config);
}

std::string HashInputs(const ExternalTrainerConfig& config) {
  Sha256 sha;
  for (const std::string& file : config.inputs) sha.Update(Sha256File(file) + "\n");
  return sha.Hex();
}

ExternalResult TrainExternally(const ExternalTrainerConfig& config, const ExternalRun& run) {
  fs::create_directories(run.output);
  const std::vector<std::string> words = Filled(config, run);
  Subprocess::Options options;
  options.pipe_stdin = true;
  options.stdout_to_stderr = true;
  options.stderr_file = run.log;
  Subprocess child(words, options);
  child.CloseStdin();
  const double start = MonotonicSeconds();
  std::optional<int> code;
  while (!(code = child.Poll())) {
    if (config.timeout_min > 0 && MonotonicSeconds() - start > 60.0 * config.timeout_min) {
      child.Kill(SIGTERM);
      throw Error({.place = kCommand}, fmt::format("took more than {} minutes", config.timeout_min),
                  "raise student.trainer.timeout_min");
    }
    std::this_thread::sleep_for(kPoll);
  }
  if (*code != 0) {
    throw Error({.place = kCommand}, fmt::format("{} ended with exit code {}", fmt::join(words, " "), *code),
                fmt::format("what it printed is in {}", run.log.string()));
  }
  if (!fs::exists(run.output / "config.json")) {
    throw Error({.file = run.output.string()}, "the command left no checkpoint here: there is no config.json",
                "it must save the model and its tokenizer into {output}");
  }
  return ReadTrainerState(run.output / "trainer_state.json");
}

}  // namespace retort
