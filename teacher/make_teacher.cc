#include "teacher/make_teacher.h"

namespace retort {
namespace {

// One line for each kind: a kind without one does not compile.
struct Maker {
  const Task& task;
  const std::filesystem::path& config_dir;

  std::unique_ptr<Teacher> operator()(const LocalTeacherConfig& config) const {
    return MakeLocalTeacher(config, config_dir);
  }
  std::unique_ptr<Teacher> operator()(const ApiTeacherConfig& config) const { return MakeApiTeacher(config); }
  std::unique_ptr<Teacher> operator()(const ReplayTeacherConfig& config) const { return MakeReplayTeacher(config); }
  std::unique_ptr<Teacher> operator()(const OracleTeacherConfig& /*config*/) const { return MakeOracleTeacher(task); }
};

}  // namespace

std::unique_ptr<Teacher> MakeTeacher(const TeacherConfig& config, const Task& task,
                                     const std::filesystem::path& config_dir) {
  return std::visit(Maker{.task = task, .config_dir = config_dir}, config);
}

}  // namespace retort
