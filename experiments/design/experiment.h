// What an experiment binary says: its claim, its arms, and what to try next. Everything else is the lab's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/data/cell.h"
#include "core/report/own_section.h"
#include "experiments/design/arm_context.h"
#include "experiments/design/config.h"

namespace retort::lab {

// A kind of training rows. The rows of n must begin those of any larger n of the same seed.
struct Arm {
  std::string name, description;
  std::function<SampleSet(ArmContext&, int n, uint64_t seed)> rows;
  bool shows_steps = true;                  // the memoriser, who knows the steps in the rows, has something to know
  std::function<void(CellConfig&)> adjust;  // what this arm's cells set in their config (an objective); may be empty
  bool gives_pairs = false;                 // each row is a better and a worse answer
  // How many rows of the pool it asks the teacher for, about; empty: n. Throws Error where it can be seen before
  // anything is asked that its rows cannot be had.
  std::function<int(ArmContext&, int n, uint64_t seed)> wants = {};
  // How its rows are asked for, where that is the arm's own: a temperature, attempts, a policy. Throws Error where the
  // config says otherwise.
  std::function<void(ExperimentConfig&)> asks = {};
  bool from_base = false;  // its students start from the base: the warm start, if there is one, teaches them
  // Throws Error where the config lacks what the rows need; called before anything runs. May be empty.
  std::function<void(const ExperimentConfig&)> check = {};
};

// What the computation of one cell gets, in a worker process. n = 0: nothing is trained.
struct CellRun {
  const CellConfig& config;
  const Task& task;
  const std::vector<Sample>& samples;
  const std::vector<Item>& items;  // to answer
  std::filesystem::path folder, config_dir;
  bool keep_checkpoint = false;
  double checkpoint_seconds = 0;         // to resume from, so often; 0: as student.trainer.save_steps says
  std::function<void(double)> progress;  // share done
};
// Fills means, items, retained_skill, and what training cost; the lab fills the rest.
using CellFunction = std::function<CellResult(const CellRun&)>;

// Something to try after a run: overrides to add to its command, and a word on why. Told only where they apply.
struct Hint {
  std::vector<std::string> overrides;
  std::string why;
};

struct Block;

// What an experiment's own sections may be made of. Cells may be missing: the tables are also written while they are
// computed.
struct SectionsInput {
  const std::vector<std::unique_ptr<Block>>& blocks;
  const std::vector<CellResult>& cells;  // those that are done, with items
  const Summary& summary;                // what the page says of them
};
using SectionsFunction = std::function<std::vector<OwnSection>(const SectionsInput&)>;

struct Experiment {
  Program program;
  std::string title, claim;  // the claim is of the debate, one sentence
  std::string sample_noun;   // what N of the primary arm counts: "worked answers of the teacher"
  std::vector<std::string> caveats;
  std::vector<Arm> arms;
  std::vector<Hint> next;
  std::string n_unit = "samples";                  // or "teacher tokens": what `n` of the config limits
  std::map<std::string, std::string> extra_notes;  // CellResult::extras that its cells have -> one line each
  CellFunction compute;                            // empty: ComputeCell (experiments/cells/compute_cell.h)
  SectionsFunction sections;                       // after the main tables; may be empty
  // Throws Error for what the config (the main one) gets wrong about these sections: before anything runs. May be
  // empty.
  std::function<void(const ExperimentConfig&, const std::filesystem::path& config_dir)> check;
};

}  // namespace retort::lab
