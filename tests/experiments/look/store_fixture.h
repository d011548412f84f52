// A run store with its tables, made by the code that makes them, around checkpoints that no cell ever loads. Every run
// has what a run of this version has; tests take away and break.
#pragma once

#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/data/cell.h"
#include "core/data/sample_set.h"
#include "experiments/cells/run_store.h"
#include "experiments/design/config.h"

namespace retort::lab {

class StoreFixture {
 public:
  // Task `big`; base, teacher_model, and arm `teacher` at N = 4 and 16, seeds 0 and 1; the tables in out/.
  StoreFixture();

  std::filesystem::path path(const std::string& name) const { return dir_.path() / name; }
  std::filesystem::path runs() const { return path("runs"); }
  std::filesystem::path run(const std::string& arm, int n, uint64_t seed) const;  // its folder
  const std::vector<CellResult>& results() const { return results_; }
  // Writes cells.csv and summary.csv again.
  void WriteTables() const;
  // One more run with these scores of its items; returns its folder.
  std::filesystem::path AddRun(const std::string& arm, int n, uint64_t seed, const std::vector<double>& scores,
                               double learning_rate = 1e-3);

 private:
  CellConfig Config(const std::string& arm, int n, uint64_t seed) const;
  SampleSet Samples(uint64_t seed, int n) const;

  TempDir dir_;
  std::vector<CellResult> results_;
};

// Changes the byte at `at` to another.
void FlipByte(const std::filesystem::path& file, size_t at);

}  // namespace retort::lab
