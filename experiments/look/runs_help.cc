#include "experiments/look/runs_help.h"

#include <array>
#include <utility>

namespace retort::lab {
namespace {

constexpr std::string_view kLs =
    R"(runs ls [KEY=VALUE ...] [--sort=KEY] [--csv | --json] [--runs-dir=FOLDER]
  One line a run: hash, task, target, arm, N, seed, score, time that it took, when it was done (UTC), size on disk. At
  its end stands what is not done: running, unfinished, or broken with the reason.
    KEY=VALUE          only runs of that value; several values as n=4,16 or n=[4,16]; all words must hold. Keys are
                       run (a prefix of the hash), state, done (true, false), task, target, arm, n, seed, metric, score,
                       seconds, finished, bytes, and settings by their whole key, such as student.trainer.max_steps=200
                       or base=FOLDER
    --sort=KEY         by one of these columns; --sort=-KEY from large to small; default: task, arm, N, seed
    --csv              every column in full, as CSV
    --json             the same, one JSON object a line
)";
constexpr std::string_view kShow =
    R"(runs show HASH ... [--runs-dir=FOLDER]
  One run: score and cost, settings, samples, teacher with licence and sampling, training curve, three held-out answers,
  and the end of worker.log where it is not done. HASH may be cut to any prefix that one run alone has.
)";
constexpr std::string_view kDiff =
    R"(runs diff HASH HASH [--runs-dir=FOLDER]
  What two runs differ in: inputs by their content, settings key by key, what fixes the numbers (identity.txt), scores
  side by side, and the paired difference over the items that both answered.
)";
constexpr std::string_view kRm =
    R"(runs rm HASH ... | KEY=VALUE ... [--older-than=DAYS] [--yes] [--runs-dir=FOLDER]
  Lists what would go with its size, asks, and removes it. A run that is being computed stays. Collections stay.
    KEY=VALUE          as for ls: state=broken, done=false, arm=unrelated
    --older-than=DAYS  of these (or of all) only runs that were done more than so many days ago
    --yes              do not ask; needed where there is no terminal
)";
constexpr std::string_view kEverywhere =
    R"(    --runs-dir=FOLDER  the experiment's runs_dir; default: runs
)";
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kCommands = {
    {{"ls", kLs}, {"show", kShow}, {"diff", kDiff}, {"rm", kRm}}};

}  // namespace

std::string RunsHelp() {
  std::string help = "runs: look at finished and unfinished runs, compare them, remove them\n";
  for (const auto& [name, text] : kCommands) help += "\n" + std::string(text);
  return help + "\n  Everywhere:\n" + std::string(kEverywhere) +
         "    --help             of one command: runs ls --help\n\n"
         "  Exit codes: 0 done, 1 a run was not removed, 2 the user's mistake.\n";
}

std::optional<std::string> RunsHelpOf(std::string_view command) {
  for (const auto& [name, text] : kCommands) {
    if (name == command) return std::string(text) + std::string(kEverywhere);
  }
  return std::nullopt;
}

}  // namespace retort::lab
