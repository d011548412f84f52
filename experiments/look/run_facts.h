// What the files of a run say, as "name, value" pairs for a reader: `runs show` and `trace` tell them in the same
// words.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/data/cell.h"
#include "core/data/sample_set.h"
#include "core/data/task.h"
#include "experiments/cells/config_lines.h"

namespace retort::lab {

using FactList = std::vector<std::pair<std::string, std::string>>;

FactList ResultFacts(const CellResult& result);
FactList ConfigFacts(const ConfigLines& config);     // what decides most: base, trainer, evaluation
FactList TeacherFacts(const Card& teacher);          // who, under which terms
FactList CollectionFacts(const Manifest& manifest);  // sampling, counts before and after filters, tokens, dollars
// The task of a run, from its settings. Throws Error where this version of the program cannot make it.
std::unique_ptr<Task> TaskOf(const ConfigLines& config);
// "200 steps, loss 2.947 at the first, 0.012 at the last". Throws Error for what is no train.jsonl.
std::string TrainingCurve(const std::filesystem::path& file);

}  // namespace retort::lab
