// Every kind of teacher by its config.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string_view>
#include <variant>

#include "teacher/api_teacher.h"
#include "teacher/replay_teacher.h"
#include "teacher/teacher.h"

namespace retort {

using TeacherConfig = std::variant<LocalTeacherConfig, ApiTeacherConfig, ReplayTeacherConfig, OracleTeacherConfig>;
inline constexpr std::array<std::string_view, 4> kTeacherKinds = {"local", "api", "replay", "oracle"};

// `task` must outlive an oracle. Throws Error (no such model, file or key). A local teacher loads its weights, and an
// API is called, at the first Ask.
std::unique_ptr<Teacher> MakeTeacher(const TeacherConfig& config, const Task& task,
                                     const std::filesystem::path& config_dir);

}  // namespace retort
