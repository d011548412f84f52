#include "experiments/lab/make_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <variant>

#include "core/base/clock.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/version.h"
#include "core/config/toml_text.h"
#include "core/data/folds.h"
#include "core/report/lm_eval.h"
#include "experiments/design/comparisons.h"
#include "experiments/lab/results.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

constexpr char kMemoriserCaveat[] =
    "A student that has seen every step of a task need not have understood it: read each curve beside the memoriser's, "
    "a reader who knows exactly the steps in the samples and nothing else.";

// Who taught, who learnt, and what was asked, for a reader who has the table alone.
std::vector<std::string> Setting(const std::vector<std::unique_ptr<Block>>& blocks, std::vector<std::string>& caveats) {
  std::vector<std::string> lines;
  for (const auto& block : blocks) {
    const Card& teacher = block->teacher->card();
    std::vector<std::string> bases;
    for (const fs::path& base : block->bases) bases.push_back(base.filename().string());
    const int asked = block->config.evaluation.held_out;
    const size_t items = block->task->Items(Split::kHeldOut, asked, 0).size();
    std::string line = fmt::format(
        "{}: teacher {} ({}, licence {}, training on its answers: {}, identity {}); student bases {}; "
        "{} held-out items a cell.",
        block->task_name, teacher.name, teacher.kind, teacher.licence, teacher.training_allowed,
        teacher.identity.substr(0, 16), fmt::join(bases, ", "), items);
    const WarmStartConfig& warm = block->config.warm_start;
    if (const int n = warm.n; n > 0 && !block->StartsWarm(nullptr)) {
      line += fmt::format(" The students of {} are taught by students that learnt {} answers of this teacher.",
                          fmt::join(block->config.arms, ", "), n);
    } else if (n > 0 && !warm.targets.empty()) {
      line += fmt::format(
          " Every student first learnt from this teacher{} (its warm start): {} questions of {} were asked{}; that is "
          "what N = 0 shows, and no row counts them.",
          block->config.policies.use.empty() ? "" : ", behind its provider's policies", n,
          fmt::join(warm.targets, ", "),
          warm.drop.empty() ? "" : fmt::format(", and answers \"{}\" left out", fmt::join(warm.drop, "\", \"")));
    } else if (n > 0) {
      line += fmt::format(
          " Every student first learnt {} answers of the teacher (its warm start): that is what N = 0 "
          "shows, and no row counts these answers.",
          n);
    }
    if (std::ranges::find(lines, line) != lines.end()) continue;  // a block that adds an arm
    lines.push_back(std::move(line));
    if (static_cast<int>(items) < asked) {
      caveats.push_back(fmt::format("{} has {} held-out items, fewer than the {} that were asked for.",
                                    block->task_name, items, asked));
    }
  }
  return lines;
}

// What N counts, where the first arm takes the teacher's answers as they come.
std::string SampleNoun(const Experiment& experiment, const ExperimentConfig& main) {
  if (main.arms.front() != experiment.arms.front().name || experiment.sample_noun.empty()) {
    return fmt::format("samples of the arm {}", main.arms.front());
  }
  if (std::holds_alternative<OracleTeacherConfig>(main.teacher)) return "reference solutions (teacher.kind=oracle)";
  if (main.collect.answer_only) return "bare answers of the teacher";
  return experiment.sample_noun;
}

// The contrast that the config declares, where its rows are there.
void AddContrast(const ExperimentConfig& main, const std::string& first_task, ReportInput& input) {
  if (main.contrast.arm.empty()) return;
  input.contrast = {.task = main.contrast.task.empty() ? first_task : main.contrast.task,
                    .arm = main.contrast.arm,
                    .against = main.contrast.against,
                    .n = main.contrast.n,
                    .against_task = main.contrast.against_task};
}

// How many facts a target of new facts consists of.
void AddFacts(const std::vector<std::unique_ptr<Block>>& blocks, ReportInput& input) {
  for (const auto& block : blocks) {
    const auto* folds = std::get_if<FoldsConfig>(&block->config.task);
    if (folds == nullptr || std::ranges::find(NewFactTargets(), folds->target) == NewFactTargets().end()) continue;
    const int modulo = FindFoldOp(folds->target).modulo;
    input.facts[block->task_name] = modulo * modulo;
  }
}

// "teacher: learning_rate=0.003"
std::vector<std::string> Chosen(const TunedConfig& tuned) {
  std::vector<std::string> chosen;
  for (const std::vector<std::string>& entry : tuned.overrides) {
    std::string words;
    for (size_t i = 1; i < entry.size(); ++i)
      words += " " + entry[i].substr(entry[i].find_last_of('.', entry[i].find('=')) + 1);
    if (!entry.empty()) chosen.push_back(entry.front() + ":" + words);
  }
  return chosen;
}

// What choosing the settings of some arms took is charged to them.
void AddTuning(const std::vector<std::unique_ptr<Block>>& blocks, const std::string& n_unit, ReportInput& input) {
  const TunedConfig& tuned = blocks.front()->config.tuned;
  std::vector<std::string> arms;
  for (const auto& block : blocks) {
    if (!block->config.is_tuned) continue;
    for (const std::string& arm : block->config.arms) {
      input.validation_items[{block->task_name, arm}] = tuned.validation_items;
      const std::string name = fmt::format("{} {}", block->task_name, arm);
      if (std::ranges::find(arms, name) == arms.end()) arms.push_back(name);
    }
  }
  if (arms.empty()) return;
  if (tuned.cells == 0) {
    input.caveats.push_back(fmt::format(
        "{} had settings of their own (tuned.overrides); nothing says how they were chosen.", fmt::join(arms, ", ")));
    return;
  }
  input.caveats.push_back(fmt::format(
      "The settings of {} were chosen with {} validation prompts an arm, beside {} {} for the students that were "
      "tried, {} cells ({:.2g} FLOPs of training) and {} tokens of the teacher, on seeds that no row shows. No row "
      "counts these{}. Chosen: {}.",
      fmt::join(arms, ", "), tuned.validation_items, tuned.samples, n_unit, tuned.cells, tuned.training_flops,
      tuned.teacher_tokens, n_unit == "samples" ? ": add the validation prompts to each N" : "",
      fmt::join(Chosen(tuned), "; ")));
}

}  // namespace

ReportOutput WriteTables(const Experiment& experiment, const std::string& command,
                         const std::vector<std::unique_ptr<Block>>& blocks, const Grid& grid, const RunStore& store,
                         const std::string& account, const fs::path& folder) {
  const ExperimentConfig& main = blocks.front()->config;
  ReportInput input{.experiment = experiment.program.name,
                    .title = experiment.title,
                    .claim = experiment.claim,
                    .command = command,
                    .version = kVersion,
                    .created_utc = UtcTime(),
                    .primary_arm = main.arms.front(),
                    .caveats = experiment.caveats,
                    .cells = ReadResults(grid, store),
                    .smallest_gap = main.evaluation.smallest_gap};
  input.sample_noun = SampleNoun(experiment, main);
  input.n_unit = experiment.n_unit;
  input.extra_notes = experiment.extra_notes;
  input.config_sha256 =
      Sha256Hex(fmt::format("{}{}{}", NumericsToml(main), ToToml(main.contrast), fmt::join(main.blocks, "\n")));
  AddContrast(main, blocks.front()->task_name, input);
  AddFacts(blocks, input);
  AddComparisons(blocks, input);
  const size_t missing = grid.rows.size() - input.cells.size();
  if (missing > 0) {
    input.caveats.push_back(fmt::format("Not finished: {} of {} rows are missing.", missing, grid.rows.size()));
  }
  if (!account.empty()) input.caveats.push_back(account);
  AddTuning(blocks, experiment.n_unit, input);
  input.setting = Setting(blocks, input.caveats);
  for (const Arm& arm : experiment.arms) {
    input.arms.push_back(arm.name);
    if (std::ranges::find(input.cells, arm.name, &CellResult::arm) != input.cells.end()) {
      input.arm_notes[arm.name] = arm.description;
    }
  }
  const bool has_memoriser =
      std::ranges::any_of(input.cells, [](const CellResult& c) { return c.memoriser.has_value(); });
  if (has_memoriser) input.caveats.emplace_back(kMemoriserCaveat);
  input.transcripts = MakeTranscripts(input.cells, blocks);
  const fs::path from_here = fs::proximate(folder);
  input.page_folder =
      (*from_here.begin() == ".." ? fs::absolute(folder).lexically_normal() : from_here).generic_string();
  if (main.link_runs) input.runs_link = fs::proximate(main.runs_dir, folder).generic_string();
  MakeOwnSections own;
  if (experiment.sections) {
    own = [&](const Summary& summary) { return experiment.sections({blocks, input.cells, summary}); };
  }
  ReportOutput output = WriteReport(input, folder, own);
  WriteFileAtomic(folder / "lm_eval.json",
                  LmEvalResults(input.cells, {.model = experiment.program.name,
                                              .sampling = Bounded(main.evaluation.sampling, *blocks.front()->task),
                                              .task_config = main.collect.task}));
  return output;
}

}  // namespace retort::lab
