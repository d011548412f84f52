// See the header.
#include "experiments/cells/grid.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <variant>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/numerics.h"
#include "core/config/toml_text.h"
#include "core/data/cell.h"
#include "core/lm/checkpoint.h"
#include "experiments/design/arm_context.h"
#include "experiments/design/experiment.h"

namespace retort::lab {
namespace {

CellConfig MakeCellConfig(const Block& block, const std::string& arm, int n, uint64_t seed) {
  CellConfig config{.arm = arm,
                    .n = n,
                    .seed = static_cast<int64_t>(seed),
                    .base = block.bases[seed % block.bases.size()].string(),  // or its warm start
                    .task = block.config.task,
                    .teacher = block.config.teacher,
                    .policies = block.config.policies,
                    .collect = block.config.collect,
                    .student = block.config.student,
                    .evaluation = block.config.evaluation,
                    .provenance = block.config.provenance,
                    .numerics = block.config.numerics,
                    .validation_items = block.config.validation_items};
  config.student.init.model = {config.base};
  return config;
}

std::string TrainerToml(const AnyTrainerConfig& trainer) {
  AnyTrainerConfig copy = trainer;
  return NumericsToml(DescribeFn([&](Describer& d) { d.OneOf("trainer", copy, kTrainerKinds, ""); }));
}

std::string Label(const std::string& task, const std::string& arm, int n) {
  if (arm == kBaseArm) return task + " base";
  if (arm == kTeacherModelArm) return task + " teacher";
  return arm == "teacher" ? fmt::format("{} N={}", task, n) : fmt::format("{} {} N={}", task, arm, n);
}

// Adds the rows of a grid; rows of samples are hashed once, however many points of a sweep learn from them.
class GridBuilder {
 public:
  void Add(const Block& block, const std::string& arm, int n, uint64_t seed) {
    if (known_.insert({block.task_name, block.config.axes, arm, n, seed}).second) AddRow(block, arm, n, seed);
  }
  Grid Take() { return std::move(grid_); }

 private:
  void AddRow(const Block& block, const std::string& name, int n, uint64_t seed) {
    Cell cell{.config = MakeCellConfig(block, name, n, seed), .label = Label(block.task_name, name, n)};
    Row row{.task = block.task_name,
            .arm = name,
            .target = block.task->Target(seed),
            .n = n,
            .seed = seed,
            .axes = block.config.axes};
    const bool teacher = name == kTeacherModelArm;
    const Arm* of_rows = n > 0 ? *std::ranges::find(block.arms, name, &Arm::name) : nullptr;
    bool known = teacher || Begin(block, of_rows, seed, cell.config);
    if (of_rows != nullptr) {
      const Arm& arm = *of_rows;
      if (arm.adjust) arm.adjust(cell.config);
      cell.samples = [&arm, n, seed, context = block.context.get()] { return arm.rows(*context, n, seed); };
      cell.shows_steps = arm.shows_steps;
      const std::optional<Taught> taught = known ? Samples(block, arm, cell.config, cell.samples) : std::nullopt;
      known = taught.has_value();
      if (known) {
        cell.samples_sha256 = taught->sha256;
        row.account = taught->account;
      }
    }
    if (!known) {
      cell.cost = CellCost(cell.config);
      grid_.unknown.push_back(std::move(cell));
      grid_.rows.push_back(std::move(row));
      return;
    }
    const std::string model = teacher ? block.teacher->card().identity : HashCheckpoint(cell.config.base);
    cell.identity = CellIdentity(cell.config, *block.task, model, cell.samples_sha256);
    row.cell = cell.hash = Sha256Hex(cell.identity);
    cell.cost = CellCost(cell.config);
    grid_.rows.push_back(std::move(row));
    grid_.cells.emplace(cell.hash, std::move(cell));
  }

  // What the student starts from; false: its warm start is not made yet.
  static bool Begin(const Block& block, const Arm* arm, uint64_t seed, CellConfig& config) {
    if (!block.StartsWarm(arm)) return true;
    try {
      config.base = block.context->Start(seed).string();
    } catch (const NotAsked&) {
      return false;
    }
    config.student.init.model = {config.base};
    config.student.init.keep_layers.clear();  // it is cut already
    return true;
  }

  struct Taught {
    std::string sha256;  // of the samples
    RowAccount account;
  };

  // nullopt: the teacher was not asked yet.
  std::optional<Taught> Samples(const Block& block, const Arm& arm, const CellConfig& config,
                                const std::function<SampleSet()>& samples) {
    const ObjectiveConfig& objective = config.student.objective;
    std::optional<Taught>& taught =
        samples_[{block.context.get(), arm.name + " " + objective.name, config.n, config.seed}];
    if (taught) return taught;
    try {
      const SampleSet rows = samples();
      try {
        retort::CheckSamples(objective, rows.samples);
      } catch (const Error& error) {
        throw Error(fmt::format("arm {}: {}", arm.name, error.what()));
      }
      taught = {.sha256 = HashSamples(rows.samples),
                .account = AccountOf(rows.samples, rows.manifest, config.collect.prices)};
    } catch (const NotAsked&) {
    }
    return taught;
  }

  Grid grid_;
  std::set<std::tuple<std::string, Axes, std::string, int, uint64_t>> known_;
  std::map<std::tuple<const ArmContext*, std::string, int, int64_t>, std::optional<Taught>> samples_;
};

}  // namespace

Grid MakeGrid(const std::vector<std::unique_ptr<Block>>& blocks) {
  GridBuilder builder;
  const auto add_ends = [&](const Block& block, uint64_t seed) {
    if (block.config.validation_items > 0) return;  // arms are compared, and no gap
    builder.Add(block, std::string(kBaseArm), 0, seed);
    builder.Add(block, std::string(kTeacherModelArm), 0, seed);
  };
  for (const auto& block : blocks) {
    for (const Arm* arm : block->arms) {
      for (const uint64_t seed : block->Seeds(arm->name)) {
        add_ends(*block, seed);
        for (const int n : block->Sizes(arm->name)) builder.Add(*block, arm->name, n, seed);
      }
    }
  }
  Grid grid = builder.Take();
  std::vector<Cell*> teachers;
  for (auto& [hash, cell] : grid.cells) {
    if (cell.config.arm == kTeacherModelArm) teachers.push_back(&cell);
  }
  for (Cell* cell : teachers) {
    cell->config.collect.budget = blocks.front()->context->budget().Share(static_cast<int>(teachers.size()));
  }
  return grid;
}

// Steps of training, each of a batch of sequences, and one answer an item. Training costs three passes.
double CellCost(const CellConfig& config) {
  const auto* builtin = std::get_if<TrainerConfig>(&config.student.trainer);
  const TrainerConfig trainer = builtin != nullptr ? *builtin : TrainerConfig{};  // of another program: who knows
  const double evaluation =
      static_cast<double>(config.evaluation.held_out) * config.evaluation.samples + config.evaluation.retained;
  if (config.arm == kTeacherModelArm) return 4 * evaluation;
  if (config.n == 0 || config.in_context) return evaluation;
  const double a_step = trainer.per_device_train_batch_size * trainer.gradient_accumulation_steps;
  const double steps =
      trainer.max_steps > 0 ? trainer.max_steps : std::ceil(trainer.num_train_epochs * config.n / a_step);
  return 3 * steps * a_step + evaluation;
}

std::string BaseIdentity(const CellConfig& config, const Task& task) {
  if (config.arm == kTeacherModelArm) {
    return MakeGuardedTeacher(config.teacher, config.policies, task, "")->card().identity;
  }
  return HashCheckpoint(config.base);
}

std::string CellIdentity(const CellConfig& config, const Task& task, const std::string& base_identity,
                         const std::string& samples_sha256) {
  const auto seed = static_cast<uint64_t>(config.seed);
  const bool teacher = config.arm == kTeacherModelArm, in_context = !teacher && config.in_context;
  const bool trained = !teacher && !in_context && config.n > 0;
  std::string text = fmt::format("kind {}\nnumerics {}\nmodel {}\ntask_content {}\ntarget {}\n",
                                 teacher      ? "teacher"
                                 : in_context ? "in_context"
                                 : trained    ? "trained"
                                              : "base",
                                 NumericsVersion(), base_identity, task.ContentHash(), task.Target(seed));
  if (trained)
    text += fmt::format("samples {}\nseed {}\nreasoning {}\n", samples_sha256, seed, config.student.reasoning);
  if (!teacher && config.student.init.from_scratch) text += fmt::format("weights {}\n", seed);
  if (in_context) text += fmt::format("samples {}\nreasoning {}\n", samples_sha256, config.student.reasoning);
  const auto* external = std::get_if<ExternalTrainerConfig>(&config.student.trainer);
  // A student's distance from a teacher is of both, whatever it learnt from.
  if (!teacher && config.evaluation.teacher_kl > 0) {
    text += fmt::format("kl_teacher {}\n", MakeTeacher(config.teacher, task, "")->card().identity);
  }
  if (trained && config.provenance.Tries()) {
    text += fmt::format("tried_as {}\ntried_for {}\n", config.arm,
                        MakeGuardedTeacher(config.teacher, config.policies, task, "")->card().identity);
    for (const std::string& rival : config.provenance.rivals) {
      text += fmt::format("rival {}\n", HashCheckpoint(rival));
    }
  }
  if (config.validation_items > 0) {
    text += fmt::format("validation_items {} of {}\n", config.validation_items, config.collect.pool_size);
  }
  if (trained && external != nullptr) text += fmt::format("trainer_inputs {}\n", HashInputs(*external));
  const auto section = [&](std::string_view name, const std::string& toml) {
    text += fmt::format("\n# {}\n{}", name, toml);
  };
  section("task", TaskToml(config.task));
  section("evaluation", NumericsToml(config.evaluation));
  if (!config.evaluation.also.empty()) text += fmt::format("also {}\n", fmt::join(config.evaluation.also, " "));
  if (trained && config.provenance.Tries()) {
    section("provenance", NumericsToml(config.provenance.OfCell()));
    text += fmt::format("pool_size {}\n{}{}", config.collect.pool_size, NumericsToml(config.collect.sampling),
                        config.provenance.draws > 0 ? NumericsToml(config.policies.watermark) : "");
  }
  if (!teacher) section("student.init", NumericsToml(config.student.init));
  if (trained && config.student.lora.r > 0) section("student.lora", NumericsToml(config.student.lora));
  if (trained) section("student.trainer", TrainerToml(config.student.trainer));
  // sft has none of its settings: its cells keep the names that they had when there was nothing else.
  const ObjectiveConfig& objective = config.student.objective;
  if (trained && objective.name != "sft") {
    if (NeedsLiveTeacher(objective))
      text += fmt::format("live_teacher {}\n", MakeTeacher(config.teacher, task, "")->card().identity);
    section("student.objective", NumericsToml(objective));
  }
  return text;
}

}  // namespace retort::lab
