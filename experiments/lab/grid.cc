// See the header.
#include "experiments/lab/grid.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/numerics.h"
#include "core/data/cell.h"
#include "core/lm/chat.h"
#include "core/lm/checkpoint.h"
#include "core/lm/model_config.h"
#include "core/lm/scorer.h"
#include "core/lm/tokenizer.h"
#include "experiments/lab/warm_start.h"

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
                    .numerics = block.config.numerics,
                    .validation_items = block.config.validation_items};
  config.student.init.model = {config.base};
  return config;
}

std::string TaskToml(const TaskConfig& task) {
  TaskConfig copy = task;
  return NumericsToml(DescribeFn([&](Describer& d) { d.OneOf("task", copy, kTaskKinds, ""); }));
}

std::string TrainerToml(const AnyTrainerConfig& trainer) {
  AnyTrainerConfig copy = trainer;
  return NumericsToml(DescribeFn([&](Describer& d) { d.OneOf("trainer", copy, kTrainerKinds, ""); }));
}

std::string TeacherToml(const TeacherConfig& teacher) {
  TeacherConfig copy = teacher;
  return ToToml(DescribeFn([&](Describer& d) { d.OneOf("teacher", copy, kTeacherKinds, ""); }));
}

// Two blocks may not say different things of one row.
void CheckRows(const std::vector<std::unique_ptr<Block>>& blocks, std::vector<std::string>& problems) {
  std::map<std::tuple<Axes, std::string, std::string, int>, std::string> seen;
  std::map<std::pair<Axes, std::string>, std::string> tasks;
  for (const auto& block : blocks) {
    const std::string task = TaskToml(block->config.task) + NumericsToml(block->config.evaluation);
    if (tasks.try_emplace({block->config.axes, block->task_name}, task).first->second != task) {
      problems.push_back(fmt::format("blocks: two of them have a task '{}' with different settings", block->task_name));
    }
    const std::string student = NumericsToml(block->config.student) + NumericsToml(block->config.collect) +
                                NumericsToml(block->config.warm_start) + NumericsToml(block->config.judging);
    for (const std::string& arm : block->config.arms) {
      for (const int n : block->config.n) {
        if (seen.try_emplace({block->config.axes, block->task_name, arm, n}, student).first->second != student) {
          problems.push_back(
              fmt::format("blocks: two of them have {} {} N={} with different settings of student or collect",
                          block->task_name, arm, n));
        }
      }
    }
  }
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
    bool known = teacher || Begin(block, seed, cell.config);
    if (n > 0) {
      const Arm& arm = **std::ranges::find(block.arms, name, &Arm::name);
      if (arm.adjust) arm.adjust(cell.config);
      cell.samples = [&arm, n, seed, context = block.context.get()] { return arm.rows(*context, n, seed); };
      cell.shows_steps = arm.shows_steps;
      const auto hash = known ? Samples(block, arm, n, seed, cell.samples) : std::nullopt;
      known = hash.has_value();
      if (known) cell.samples_sha256 = *hash;
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
  static bool Begin(const Block& block, uint64_t seed, CellConfig& config) {
    if (block.config.warm_start.n == 0) return true;
    try {
      config.base = block.context->Start(seed).string();
    } catch (const NotAsked&) {
      return false;
    }
    config.student.init.model = {config.base};
    config.student.init.keep_layers.clear();  // it is cut already
    return true;
  }

  // nullopt: the teacher was not asked yet.
  std::optional<std::string> Samples(const Block& block, const Arm& arm, int n, uint64_t seed,
                                     const std::function<SampleSet()>& samples) {
    const ObjectiveConfig& objective = block.config.student.objective;
    std::optional<std::string>& hash = samples_[{block.context.get(), arm.name + " " + objective.name, n, seed}];
    if (hash) return hash;
    try {
      const SampleSet rows = samples();
      try {
        retort::CheckSamples(objective, rows.samples);
      } catch (const Error& error) {
        throw Error(fmt::format("arm {}: {}", arm.name, error.what()));
      }
      hash = HashSamples(rows.samples);
    } catch (const NotAsked&) {
    }
    return hash;
  }

  Grid grid_;
  std::set<std::tuple<std::string, Axes, std::string, int, uint64_t>> known_;
  std::map<std::tuple<const ArmContext*, std::string, int, uint64_t>, std::optional<std::string>> samples_;
};

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

void CheckTrainer(const StudentConfig& student) {
  CheckObjective(student.objective, "student.objective");
  const auto* external = std::get_if<ExternalTrainerConfig>(&student.trainer);
  if (external == nullptr) return;
  CheckExternalTrainer(*external);
  if (student.objective.name != "sft") {
    throw Error(
        fmt::format("student.objective.name={}: the command of student.trainer.kind=external chooses its own "
                    "objective; leave student.objective as it is",
                    student.objective.name));
  }
  if (student.lora.r > 0) {
    throw Error(
        "student.lora: the command of student.trainer.kind=external trains; leave student.lora.r=0 and let it "
        "merge its adapters before it saves");
  }
}

// Whether the teacher gives what the objective learns from; what the rows hold is seen when they are there.
void CheckNeeds(const Block& block, const Arm& arm) {
  CellConfig cell{.student = block.config.student};
  if (arm.adjust) arm.adjust(cell);
  CheckTrainer(cell.student);
  const ObjectiveConfig& objective = cell.student.objective;
  const auto fail = [&](const std::string& problem, std::string_view mend) {
    throw Error({.place = fmt::format("student.objective.name={}, arm {}", objective.name, arm.name)}, problem, mend);
  };
  if (NeedsLiveTeacher(objective) && !AllowScores(block.config.policies)) {
    fail("needs the full logits of a teacher at hand, and policies.use hides them",
         "leave out the policy, or choose an objective that learns from samples: sft, topk, dpo");
  }
  const auto* local = std::get_if<LocalTeacherConfig>(&block.config.teacher);
  if (NeedsLiveTeacher(objective)) {
    if (local == nullptr) {
      const Card card = block.teacher->card();
      fail(fmt::format("needs the full logits of a teacher at hand, and {} (kind {}) reveals {}", card.name, card.kind,
                       card.reveals == "logits" ? "no logits here" : card.reveals + " only"),
           "choose teacher.kind=local, or an objective that learns from samples: sft, topk, dpo");
    }
    const Scorer teacher{.name = local->model, .token_map = LoadTokenizer(TokenizerFolder(local->model))->Hash()};
    for (const fs::path& base : block.bases) RequireSameTokens(teacher, *LoadTokenizer(TokenizerFolder(base)));
  }
  const int shown = block.config.collect.sampling.top_logprobs, wanted = std::max(1, objective.top_k);
  const bool asked = local != nullptr || std::holds_alternative<ApiTeacherConfig>(block.config.teacher);
  if (InfoOf(objective).needs == Needs::kTopK && asked && shown < wanted) {
    fail(fmt::format("needs the {} likeliest tokens beside each token of an answer, and collect.sampling.top_logprobs "
                     "is {}",
                     wanted, shown),
         fmt::format("set collect.sampling.top_logprobs={}", std::max(wanted, 5)));
  }
  if (InfoOf(objective).needs == Needs::kTopK && std::holds_alternative<OracleTeacherConfig>(block.config.teacher)) {
    fail("needs log-probabilities, and reference solutions have none", "choose another teacher, or sft");
  }
}

// Where N is what the teacher may read and write, every row must be one that was paid for, and every one paid for a
// row.
void CheckPlainCollection(const CollectConfig& collect, const std::string& n_unit) {
  if (collect.filter.filters.empty() && collect.attempts == 1 && collect.prompts == "task") return;
  throw Error({.place = "collect"},
              fmt::format("n counts {} here, and filters, attempts and written prompts would hide some", n_unit),
              "leave collect.filter.filters=[] collect.attempts=1 collect.prompts=task");
}

// Blocks that ask the same of the same teacher share what it answered.
void OpenContexts(const std::vector<std::unique_ptr<Block>>& blocks, bool n_counts_rows, const OpenOptions& open) {
  // The main block's: a block that sets another is one of the same run.
  const auto budget = std::make_shared<SharedBudget>(blocks.front()->config.collect.budget);
  std::map<std::string, std::shared_ptr<ArmContext>> contexts;
  for (const auto& block : blocks) {
    const int rows = *std::ranges::max_element(block->config.n);
    const ExperimentConfig& config = block->config;
    std::string key = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", config.collect.task, TeacherToml(config.teacher),
                                  ToToml(config.policies), ToToml(config.collect), config.evaluation.held_out,
                                  ToToml(config.student.init), ToToml(config.judging));
    if (config.warm_start.n > 0) {
      key += fmt::format("\n{}\n{}", config.warm_start.n,
                         NumericsToml(WarmStartTrainer(config.student, config.warm_start)));
    }
    std::shared_ptr<ArmContext>& context = contexts[key];
    if (!context) {
      ArmContext::Options options{.config_dir = open.config_dir,
                                  .collections = open.collections,
                                  .warm_starts = open.warm_starts,
                                  .bases = block->bases,
                                  .ask = open.ask,
                                  .n_counts_rows = n_counts_rows,
                                  .progress = {},
                                  .budget = budget};
      if (open.progress) {
        options.progress = [progress = open.progress, name = block->task_name](uint64_t seed, int done, int total) {
          progress(name, seed, done, total);
        };
      }
      context = std::make_shared<ArmContext>(block->config, *block->task, *block->teacher, std::move(options));
    }
    context->WillWant(rows);
    block->context = context;
  }
}

}  // namespace

std::vector<int> Block::Sizes(const std::string& arm) const {
  std::set<int> sizes(config.n.begin(), config.n.end());
  if (const auto growth = grown.find(arm); growth != grown.end()) sizes.merge(std::set(growth->second.n));
  return {sizes.begin(), sizes.end()};
}

std::vector<uint64_t> Block::Seeds(const std::string& arm) const {
  const auto growth = grown.find(arm);
  const int count = growth == grown.end() ? config.seeds : std::max(config.seeds, growth->second.seeds);
  std::vector<uint64_t> seeds(static_cast<size_t>(count));
  std::iota(seeds.begin(), seeds.end(), config.first_seed);
  return seeds;
}

std::vector<std::unique_ptr<Block>> OpenBlocks(std::vector<ExperimentConfig> configs, const Experiment& experiment,
                                               const OpenOptions& options) {
  const fs::path& config_dir = options.config_dir;
  std::vector<std::unique_ptr<Block>> blocks;
  std::vector<std::string> problems;
  struct Opened {
    std::shared_ptr<Task> task;
    std::shared_ptr<Teacher> teacher;
  };
  std::map<std::string, Opened> opened;
  for (ExperimentConfig& config : configs) {
    auto block = std::make_unique<Block>();
    block->config = std::move(config);
    block->task_name = TaskName(block->config.task);
    block->config.collect.task =
        ToToml(DescribeFn([&](Describer& d) { d.OneOf("task", block->config.task, kTaskKinds, "what is learnt"); }));
    Opened& shared =
        opened[block->config.collect.task + TeacherToml(block->config.teacher) + ToToml(block->config.policies)];
    if (!shared.task) Gather(problems, [&] { shared.task = MakeTask(block->config.task); });
    if (shared.task && !shared.teacher) {
      Gather(problems, [&] {
        shared.teacher = MakeGuardedTeacher(block->config.teacher, block->config.policies, *shared.task, config_dir);
      });
    }
    block->task = shared.task;
    block->teacher = shared.teacher;
    for (const std::string& name : block->config.student.init.model) {
      Gather(problems, [&] { block->bases.push_back(fs::absolute(FindModel(name, config_dir)).lexically_normal()); });
    }
    for (const std::string& name : block->config.arms) {
      Gather(problems, [&] { block->arms.push_back(FindArm(experiment, name)); });
    }
    for (const std::string& name : {block->config.contrast.arm, block->config.contrast.against}) {
      if (block->config.contrast.arm.empty() && block->config.contrast.against.empty()) continue;
      Gather(problems, [&] { FindArm(experiment, name); });
    }
    for (const std::vector<std::string>& entry : block->config.tuned.overrides) {
      Gather(problems, [&] { FindArm(experiment, entry.empty() ? "" : entry.front()); });
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
    Gather(problems, [&] { CheckTrainer(block->config.student); });
    if (block->config.warm_start.n > 0) {
      Gather(problems, [&] { WarmStartTrainer(block->config.student, block->config.warm_start); });
    }
    Gather(problems, [&] { CheckSamples(block->config.evaluation); });
    for (const Arm* arm : block->arms) {
      if (block->teacher) Gather(problems, [&] { CheckNeeds(*block, *arm); });
    }
    if (experiment.n_unit != "samples") {
      Gather(problems, [&] { CheckPlainCollection(block->config.collect, experiment.n_unit); });
    }
    for (const fs::path& base : block->bases) {
      Gather(problems, [&] { CheckStudent(block->config.student.init, base); });
    }
    if (block->config.evaluation.metric == "bits_per_byte") {
      Gather(problems, [&] {
        if (!std::holds_alternative<LocalTeacherConfig>(block->config.teacher)) {
          throw Error(
              "evaluation.metric=bits_per_byte needs a teacher that scores given texts, and only teacher.kind=local "
              "does");
        }
        if (!AllowScores(block->config.policies)) {
          throw Error(
              "evaluation.metric=bits_per_byte needs a teacher that scores given texts; policies.use hides that");
        }
      });
    }
    blocks.push_back(std::move(block));
  }
  CheckRows(blocks, problems);
  if (!problems.empty()) throw Error(fmt::format("{}", fmt::join(problems, "\n")));
  OpenContexts(blocks, experiment.n_unit == "samples", options);
  return blocks;
}

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
  if (in_context) text += fmt::format("samples {}\nreasoning {}\n", samples_sha256, config.student.reasoning);
  const auto* external = std::get_if<ExternalTrainerConfig>(&config.student.trainer);
  if (config.validation_items > 0) {
    text += fmt::format("validation_items {} of {}\n", config.validation_items, config.collect.pool_size);
  }
  if (trained && external != nullptr) text += fmt::format("trainer_inputs {}\n", HashInputs(*external));
  const auto section = [&](std::string_view name, const std::string& toml) {
    text += fmt::format("\n# {}\n{}", name, toml);
  };
  section("task", TaskToml(config.task));
  section("evaluation", NumericsToml(config.evaluation));
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
