// Who can teach. A student never sees this room: it sees samples.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/config/describe.h"
#include "core/data/answerer.h"
#include "core/data/sample_set.h"
#include "core/data/task.h"

namespace retort {

class Ledger;

class Teacher : public Answerer {
 public:
  virtual Card card() const = 0;
  // Keeps the books of a teacher that costs money from now on; `ledger` outlives its use. false: this one costs nothing
  // a request, and keeps none.
  virtual bool UseLedger(Ledger* /*ledger*/) { return false; }
  // What scores a given text under this teacher; nullptr if it shows no probabilities.
  virtual LikelihoodScorer* scorer() { return nullptr; }
};

// A checkpoint in this process.
struct LocalTeacherConfig {
  std::string model;          // folder; relative to the current folder or to the config folder
  std::string chat_template;  // empty: as the checkpoint says
  int batch_size = 0;         // sequences decoded together; 0: by the model's size
};
// The task's reference solutions: a control, not a teacher.
struct OracleTeacherConfig {};

void Describe(Describer& d, LocalTeacherConfig& config);
void Describe(Describer& d, OracleTeacherConfig& config);

std::unique_ptr<Teacher> MakeLocalTeacher(const LocalTeacherConfig& config, const std::filesystem::path& config_dir);
std::unique_ptr<Teacher> MakeOracleTeacher(const Task& task);  // `task` must outlive it

}  // namespace retort
