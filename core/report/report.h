// From the cells of an experiment to what a reader gets: cells.csv, summary.csv, the tables as Markdown and LaTeX, and
// one self-contained index.html. Only what is complete is shown, each number with its seeds; what was left out stands
// in `warnings`. Nothing here reads a clock or the network: the same input gives the same bytes.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/data/cell.h"
#include "core/report/own_section.h"
#include "core/stats/gap_curve.h"

namespace retort {

// One held-out item as several answered it.
struct Transcript {
  std::string task, prompt, reference;
  std::vector<std::pair<std::string, std::string>> answers;  // ("N = 0", "N = 16", "teacher"; the answer)
};

// The one comparison that an experiment declares before it is run: two arms of one task, or of two groups of rows.
struct DeclaredContrast {
  std::string task, arm, against;
  int n = 0;  // at this N, in score; 0: of their curves, in log2 N50 (mean GC over the grid where one is censored)
  std::string against_task =
      {};  // `against` is taken from this group; then n > 0. Both may be "a + b", a mean of groups
};

// Groups of rows that are looked at against each other, in the primary arm, at each N that all have.
struct GroupComparison {
  std::string name, groups, against;  // each "a + b": the mean of two groups
};

struct ReportInput {
  std::string experiment, title, claim;
  std::string command;               // the line that makes all of this again
  std::string version, created_utc;  // shown as given
  std::string primary_arm = "teacher";
  std::string sample_noun = "worked answers of the teacher";  // what N of the primary arm counts, in the verdict
  std::string n_unit = "samples";                             // what N counts, in tables and on axes
  std::vector<std::string> arms;                              // order of the tables; arms not named here follow
  std::map<std::string, std::string> arm_notes;               // arm -> one line
  std::vector<std::string> setting;  // who taught and learnt, and what was asked: one line each
  std::vector<std::string> caveats;
  std::vector<CellResult> cells;  // with items
  std::vector<Transcript> transcripts;
  std::optional<double> smallest_gap;  // of stats/gap_curve.h
  // (task, arm) -> validation prompts that its settings were chosen with, which its N does not count.
  std::map<std::pair<std::string, std::string>, int> validation_items;
  std::optional<DeclaredContrast> contrast;
  std::vector<GroupComparison> comparisons;
  // Of each group, what a table of groups shows beside what was measured: ("parameters", 114112).
  std::map<std::string, std::vector<std::pair<std::string, double>>> group_facts;
  std::string config_sha256;                       // of the resolved config, the declared contrast in it
  std::map<std::string, int> facts;                // task -> facts that its target consists of: add10 -> 100
  std::map<std::string, std::string> extra_notes;  // name in CellResult::extras -> one line on what it is
  std::string runs_link;    // the folder of runs seen from the page's, "../../runs"; empty: rows name runs, not files
  std::string page_folder;  // as a reader at the command line would write it; for `trace`
};

// Means over the seeds of one (task, arm, N).
struct PointSummary {
  int n = 0, seeds = 0;
  Interval score;
  std::optional<Interval> gap_closed;
  std::string undefined;  // why there is no gap_closed
  double parse_rate = 0;
  std::optional<double> step_accuracy, reference_nats, retained_skill, memoriser;
  double prompts_asked = 0, teacher_tokens = 0, supervised_tokens = 0, training_flops = 0, dollars = 0, steps = 0;
  bool live_teacher = false;             // of some of the cells
  std::map<std::string, double> extras;  // of the cells that have them
};

struct ArmSummary {
  std::string arm;
  int validation_items = 0;          // of ReportInput
  std::vector<PointSummary> points;  // N rising
  std::optional<CrossingInterval> n50, n90;
  std::string undefined;  // why there is no N50 and N90
  int crossing_seeds = 0;
  std::vector<int> crossing_sizes;
};

// The primary arm against another at equal N, on the same seeds and items. Positive: the primary arm is better.
struct ArmContrast {
  std::string other;
  int n = 0, seeds = 0;
  Interval lead;                  // in score
  std::optional<double> p_value;  // two-sided; nullopt under six seeds
  std::optional<double> holm;     // the same, adjusted over all contrasts of the page but the declared one
};

// What became of a GroupComparison at one N. Positive: `groups` are better.
struct GroupDifference {
  GroupComparison comparison;
  int n = 0;  // 0: the students as they start
  int seeds = 0;
  Interval score;
  std::optional<Interval> gain;   // of the score's rise over each group's own N = 0; nullopt at N = 0
  std::optional<double> p_value;  // of `score`
  std::optional<double> holm;     // as ArmContrast's
  bool declared = false;
};

// What became of the declared contrast.
struct DeclaredResult {
  enum class Measure { kScore, kDeltaLog2N50, kMeanGapClosed };
  DeclaredContrast declared;
  Measure measure = Measure::kScore;
  int seeds = 0;
  Interval value;  // of `measure`: arm minus against, scores turned so that positive is better; ends may be infinite
  std::optional<double> p_value;
  std::string undefined;  // why there is no value
  std::string sentence;
};

struct TaskSummary {
  std::string task;                // with the point of the sweep: "rules, learning_rate 0.003"
  std::string n_unit = "samples";  // of ReportInput
  std::string metric;
  Axes axes;  // of the sweep; empty without one
  bool higher_is_better = true;
  int seeds = 0;  // that have base and teacher
  std::optional<PointSummary> base, teacher;
  std::vector<ArmSummary> arms;
  std::vector<ArmContrast> contrasts;
  std::optional<DeclaredResult> declared;  // where ReportInput::contrast is about this task
  std::string verdict;                     // one sentence
};

struct Summary {
  std::vector<TaskSummary> tasks;
  std::vector<GroupDifference> across;
  std::string verdict;  // of the declared contrast and of the tasks, one after the other
  std::vector<std::string> warnings;
};

struct ReportOutput {
  std::string verdict;
  std::string table_text;       // for a terminal
  std::string transcript_text;  // for a terminal
  std::vector<std::string> warnings;
};

// The group of cells that a number of a table is made of, as an id of the page's list of cells. `task` as in
// TaskSummary.
std::string CellsAnchor(std::string_view task, std::string_view arm, int n);
std::string TaskName(const CellResult& cell);  // as in TaskSummary: with the point of the sweep

Summary Summarise(const ReportInput& input);
// Writes the page and its files (page_files.h) into `folder` (made if missing). `own` may be empty.
ReportOutput WriteReport(const ReportInput& input, const std::filesystem::path& folder,
                         const MakeOwnSections& own = {});

}  // namespace retort
