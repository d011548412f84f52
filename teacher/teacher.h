// Who can teach. A student never sees this room: it sees samples.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <variant>

#include "core/config/describe.h"
#include "core/data/answerer.h"
#include "core/data/sample_set.h"
#include "core/data/task.h"

namespace retort {

class Teacher : public Answerer {
 public:
  virtual Card card() const = 0;
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
using TeacherConfig = std::variant<LocalTeacherConfig, OracleTeacherConfig>;
inline constexpr std::array<std::string_view, 2> kTeacherKinds = {"local", "oracle"};

void Describe(Describer& d, LocalTeacherConfig& config);
void Describe(Describer& d, OracleTeacherConfig& config);

// `task` must outlive the oracle. Throws Error (no such model). A local teacher loads its weights at the first Ask.
std::unique_ptr<Teacher> MakeTeacher(const TeacherConfig& config, const Task& task,
                                     const std::filesystem::path& config_dir);

}  // namespace retort
