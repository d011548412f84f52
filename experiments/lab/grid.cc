// See the header.
#include "experiments/lab/grid.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/numerics.h"
#include "core/data/cell.h"
#include "core/lm/chat.h"
#include "core/lm/checkpoint.h"
#include "core/lm/model_config.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

template <class F>
void Gather(std::vector<std::string>& problems, const F& f) {
  try {
    f();
  } catch (const Error& error) {
    if (std::ranges::find(problems, error.what()) == problems.end()) problems.emplace_back(error.what());
  }
}

const Arm* FindArm(const Experiment& experiment, const std::string& name) {
  for (const Arm& arm : experiment.arms) {
    if (arm.name == name) return &arm;
  }
  std::vector<std::string> known;
  for (const Arm& arm : experiment.arms) known.push_back(fmt::format("{} ({})", arm.name, arm.description));
  throw Error(fmt::format("arms: there is no arm '{}'; there are {}", name, fmt::join(known, ", ")));
}

std::vector<int> Sizes(const ExperimentConfig& config) {
  const std::set<int> sizes(config.n.begin(), config.n.end());
  return {sizes.begin(), sizes.end()};
}

CellConfig MakeCellConfig(const Block& block, const std::string& arm, int n, uint64_t seed) {
  CellConfig config{.arm = arm,
                    .n = n,
                    .seed = static_cast<int64_t>(seed),
                    .base = block.bases[seed % block.bases.size()].string(),
                    .task = block.config.task,
                    .teacher = block.config.teacher,
                    .collect = block.config.collect,
                    .student = block.config.student,
                    .evaluation = block.config.evaluation,
                    .numerics = block.config.numerics};
  config.student.init.model = {config.base};
  return config;
}

std::string TaskToml(const TaskConfig& task) {
  TaskConfig copy = task;
  return NumericsToml(DescribeFn([&](Describer& d) { d.OneOf("task", copy, kTaskKinds, ""); }));
}

// Two blocks may not say different things of one row.
void CheckRows(const std::vector<std::unique_ptr<Block>>& blocks, std::vector<std::string>& problems) {
  std::map<std::tuple<std::string, std::string, int>, std::string> seen;
  std::map<std::string, std::string> tasks;
  for (const auto& block : blocks) {
    const std::string task = TaskToml(block->config.task) + NumericsToml(block->config.evaluation);
    if (tasks.emplace(block->task_name, task).first->second != task) {
      problems.push_back(fmt::format("blocks: two of them have a task '{}' with different settings", block->task_name));
    }
    const std::string student = NumericsToml(block->config.student) + NumericsToml(block->config.collect);
    for (const std::string& arm : block->config.arms) {
      for (const int n : block->config.n) {
        if (seen.try_emplace({block->task_name, arm, n}, student).first->second != student) {
          problems.push_back(
              fmt::format("blocks: two of them have {} {} N={} with different settings of student or collect",
                          block->task_name, arm, n));
        }
      }
    }
  }
}

// Steps of training, each of a batch of sequences, and one answer an item. Training costs three passes.
double Cost(const CellConfig& config) {
  const TrainerConfig& trainer = config.student.trainer;
  const double evaluation = config.evaluation.held_out + config.evaluation.retained;
  if (config.arm == kTeacherModelArm) return 4 * evaluation;
  if (config.n == 0) return evaluation;
  const double a_step = trainer.per_device_train_batch_size * trainer.gradient_accumulation_steps;
  const double steps =
      trainer.max_steps > 0 ? trainer.max_steps : std::ceil(trainer.num_train_epochs * config.n / a_step);
  return 3 * steps * a_step + evaluation;
}

std::string Label(const std::string& task, const std::string& arm, int n) {
  if (arm == kBaseArm) return task + " base";
  if (arm == kTeacherModelArm) return task + " teacher";
  return arm == "teacher" ? fmt::format("{} N={}", task, n) : fmt::format("{} {} N={}", task, arm, n);
}

void AddRow(const Block& block, const std::string& arm, int n, uint64_t seed, bool shows_steps,
            std::function<SampleSet()> samples, Grid& grid) {
  Cell cell{.config = MakeCellConfig(block, arm, n, seed), .label = Label(block.task_name, arm, n)};
  if (samples) cell.samples_sha256 = HashSamples(samples().samples);
  cell.samples = std::move(samples);
  cell.hash = CellHash(cell.config, *block.task, BaseIdentity(cell.config, *block.task), cell.samples_sha256);
  cell.cost = Cost(cell.config);
  cell.shows_steps = shows_steps;
  grid.rows.push_back({.task = block.task_name,
                       .arm = arm,
                       .target = block.task->Target(seed),
                       .n = n,
                       .seed = seed,
                       .cell = cell.hash});
  grid.cells.emplace(cell.hash, std::move(cell));
}

// What would else be found by each worker in turn.
void CheckStudent(const InitConfig& init, const fs::path& base) {
  const std::vector<std::string>& templates = ChatTemplateNames();
  if (!init.chat_template.empty() && std::ranges::find(templates, init.chat_template) == templates.end()) {
    throw Error(fmt::format("student.init.chat_template: \"{}\" is not known; {} are", init.chat_template,
                            fmt::join(templates, ", ")));
  }
  if (init.keep_layers.empty() || !fs::exists(base / "config.json")) return;
  const int layers = ReadModelConfig(base / "config.json").num_hidden_layers;
  for (const int layer : init.keep_layers) {
    if (layer < layers) continue;
    throw Error(fmt::format("student.init.keep_layers names layer {}; {} has layers 0 to {}", layer, base.string(),
                            layers - 1));
  }
}

}  // namespace

std::vector<std::unique_ptr<Block>> OpenBlocks(std::vector<ExperimentConfig> configs, const Experiment& experiment,
                                               const fs::path& config_dir, const fs::path& collections,
                                               const CollectProgress& progress, bool ask) {
  std::vector<std::unique_ptr<Block>> blocks;
  std::vector<std::string> problems;
  for (ExperimentConfig& config : configs) {
    auto block = std::make_unique<Block>();
    block->config = std::move(config);
    block->task_name = TaskName(block->config.task);
    block->config.collect.task =
        ToToml(DescribeFn([&](Describer& d) { d.OneOf("task", block->config.task, kTaskKinds, "what is learnt"); }));
    Gather(problems, [&] { block->task = MakeTask(block->config.task); });
    if (block->task) {
      Gather(problems, [&] { block->teacher = MakeTeacher(block->config.teacher, *block->task, config_dir); });
    }
    for (const std::string& name : block->config.student.init.model) {
      Gather(problems, [&] { block->bases.push_back(fs::absolute(FindModel(name, config_dir)).lexically_normal()); });
    }
    for (const std::string& name : block->config.arms) {
      Gather(problems, [&] { block->arms.push_back(FindArm(experiment, name)); });
    }
    Gather(problems, [&] {
      if (block->config.n.empty()) throw Error("n: is empty; give the sizes of the training sets, such as n=[4,16,64]");
    });
    Gather(problems, [&] {
      if (block->config.arms.empty()) throw Error("arms: is empty; give one or more, such as arms=[teacher]");
    });
    Gather(problems, [&] {
      if (block->config.student.init.model.empty()) {
        throw Error("student.init.model: is empty; give the folder of a checkpoint");
      }
    });
    if (auto* local = std::get_if<LocalTeacherConfig>(&block->config.teacher); local && block->teacher) {
      local->model = fs::absolute(FindModel(local->model, config_dir)).lexically_normal().string();
    }
    for (const fs::path& base : block->bases) {
      Gather(problems, [&] { CheckStudent(block->config.student.init, base); });
    }
    if (!std::holds_alternative<LocalTeacherConfig>(block->config.teacher) &&
        block->config.evaluation.metric == "bits_per_byte") {
      Gather(problems, [] {
        throw Error(
            "evaluation.metric=bits_per_byte needs a teacher that scores given texts, and only teacher.kind=local "
            "does");
      });
    }
    blocks.push_back(std::move(block));
  }
  CheckRows(blocks, problems);
  if (!problems.empty()) throw Error(fmt::format("{}", fmt::join(problems, "\n")));
  // The main block's: a block that sets another is one of the same run.
  const auto budget = std::make_shared<SharedBudget>(blocks.front()->config.collect.budget);
  for (const auto& block : blocks) {
    ArmContext::Options options{.config_dir = config_dir,
                                .collections = collections,
                                .rows_at_once = *std::ranges::max_element(block->config.n),
                                .progress = {},
                                .budget = budget,
                                .ask = ask};
    if (progress) {
      options.progress = [&progress, name = block->task_name](uint64_t seed, int done, int total) {
        progress(name, seed, done, total);
      };
    }
    block->context = std::make_unique<ArmContext>(block->config, *block->task, *block->teacher, std::move(options));
  }
  return blocks;
}

Grid MakeGrid(const std::vector<std::unique_ptr<Block>>& blocks) {
  Grid grid;
  std::set<std::tuple<std::string, std::string, int, uint64_t>> known;
  for (const auto& block : blocks) {
    for (uint64_t seed = 0; seed < static_cast<uint64_t>(block->config.seeds); ++seed) {
      const auto add = [&](const std::string& arm, int n, bool shows_steps, std::function<SampleSet()> samples) {
        if (!known.insert({block->task_name, arm, n, seed}).second) return;
        AddRow(*block, arm, n, seed, shows_steps, std::move(samples), grid);
      };
      add(std::string(kBaseArm), 0, false, nullptr);
      add(std::string(kTeacherModelArm), 0, false, nullptr);
      for (const Arm* arm : block->arms) {
        for (const int n : Sizes(block->config)) {
          add(arm->name, n, arm->shows_steps,
              [arm, n, seed, context = block->context.get()] { return arm->rows(*context, n, seed); });
        }
      }
    }
  }
  std::vector<Cell*> teachers;
  for (auto& [hash, cell] : grid.cells) {
    if (cell.config.arm == kTeacherModelArm) teachers.push_back(&cell);
  }
  for (Cell* cell : teachers) {
    cell->config.collect.budget = blocks.front()->context->budget().Share(static_cast<int>(teachers.size()));
  }
  return grid;
}

std::string BaseIdentity(const CellConfig& config, const Task& task) {
  if (config.arm == kTeacherModelArm) return MakeTeacher(config.teacher, task, "")->card().identity;
  return HashCheckpoint(config.base);
}

std::string CellHash(const CellConfig& config, const Task& task, const std::string& base_identity,
                     const std::string& samples_sha256) {
  const auto seed = static_cast<uint64_t>(config.seed);
  std::string text = fmt::format("cell {}\n{}\n{}\n{}\n{}{}", NumericsVersion(), base_identity, task.ContentHash(),
                                 task.Target(seed), TaskToml(config.task), NumericsToml(config.evaluation));
  if (config.arm == kTeacherModelArm) return Sha256Hex("teacher_model " + text);
  text += NumericsToml(config.student.init);
  if (config.n == 0) return Sha256Hex("base " + text);
  if (config.student.lora.r > 0) text += NumericsToml(config.student.lora);
  if (config.student.reasoning != "drop") text += config.student.reasoning;
  return Sha256Hex(fmt::format("{}{}\n{}\n{}\n", text, NumericsToml(config.student.trainer), samples_sha256, seed));
}

}  // namespace retort::lab
