#include "teacher/make_teacher.h"

namespace retort {

std::unique_ptr<Teacher> MakeTeacher(const TeacherConfig& config, const Task& task,
                                     const std::filesystem::path& config_dir) {
  if (const auto* local = std::get_if<LocalTeacherConfig>(&config)) return MakeLocalTeacher(*local, config_dir);
  if (const auto* api = std::get_if<ApiTeacherConfig>(&config)) return MakeApiTeacher(*api);
  if (const auto* replay = std::get_if<ReplayTeacherConfig>(&config)) return MakeReplayTeacher(*replay);
  return MakeOracleTeacher(task);
}

}  // namespace retort
