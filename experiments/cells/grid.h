// From blocks to work: every row of the table, and every cell that must be computed for it, named by what fixes its
// numbers. Rows that are fixed by the same things share a cell.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/data/sample_set.h"
#include "core/data/task.h"
#include "experiments/cells/row_account.h"
#include "experiments/design/block.h"
#include "experiments/design/config.h"

namespace retort::lab {

struct Row {  // of the table
  std::string task, arm, target;
  int n = 0;
  uint64_t seed = 0;
  Axes axes;         // of a sweep
  std::string cell;  // hash; empty: not known before the teacher is asked
  RowAccount account;
};

struct Cell {
  std::string hash;
  CellConfig config;
  std::string identity;  // CellIdentity; its sha256 is the hash
  std::string label;     // "rules N=16", for progress and messages
  std::string samples_sha256;
  std::function<SampleSet()> samples;  // empty for n = 0
  bool shows_steps = true;             // of the arm
  double cost = 0;                     // CellCost
};

struct Grid {
  std::vector<Row> rows;
  std::map<std::string, Cell> cells;
  std::vector<Cell> unknown;  // of rows without a hash
};

// Asks teachers for what is missing, where the contexts may.
Grid MakeGrid(const std::vector<std::unique_ptr<Block>>& blocks);

// In sequences, roughly: to start long cells first, and to say how long the rest will take.
double CellCost(const CellConfig& config);

// All that can change a number of the cell, as text: first lines "name value", then the options as TOML. The run keeps
// it as identity.txt, and its sha256 is the cell's hash. `base_identity` is HashCheckpoint of the base; of a
// teacher_model cell the teacher's identity.
std::string CellIdentity(const CellConfig& config, const Task& task, const std::string& base_identity,
                         const std::string& samples_sha256);
// The identity of the model that CellIdentity wants, from the files that the config names.
std::string BaseIdentity(const CellConfig& config, const Task& task);

}  // namespace retort::lab
