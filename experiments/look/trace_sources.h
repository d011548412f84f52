// The steps of a walk that lie outside the run's folder: checkpoints, the teacher's file, the task's file, the
// collection. Each is hashed anew where this machine can read it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/data/sample_set.h"
#include "experiments/cells/config_lines.h"
#include "experiments/look/trace_step.h"

namespace retort::lab {

// `recorded`: HashCheckpoint as identity.txt has it; "" where nobody wrote it down.
TraceStep TraceBase(const std::string& folder, const std::string& recorded);
// The card of a manifest; `config` says where the teacher's files are.
TraceStep TraceTeacher(const Card& card, const ConfigLines& config, const std::string& task_content);
// What the ceiling of a table was measured with: a teacher of which the run recorded the identity alone.
TraceStep TraceTeacherModel(const std::string& identity, const ConfigLines& config, const std::string& task_content);
// The content hash that the task of `config` has now; "" where it cannot be made, with the reason in `problem`.
std::string TaskContent(const ConfigLines& config, std::string& problem);
TraceStep TraceTask(const ConfigLines& config, const std::string& recorded);
// The files that a trainer of the user's own named as its inputs; nullopt where the builtin one trained.
std::optional<TraceStep> TraceTrainer(const ConfigLines& config, const std::string& recorded);
// Finds the collection that the rows of a run came from, by its manifest.
TraceStep TraceCollection(const std::filesystem::path& collections, const Manifest& manifest,
                          const std::filesystem::path& samples);

}  // namespace retort::lab
