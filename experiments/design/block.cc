// See the header.
#include "experiments/design/block.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "core/base/error.h"
#include "core/config/toml_text.h"
#include "core/data/task_text.h"
#include "core/lm/chat.h"
#include "core/lm/checkpoint.h"
#include "core/lm/model_config.h"
#include "core/lm/scorer.h"
#include "core/lm/tokenizer.h"
#include "experiments/design/comparisons.h"
#include "experiments/design/warm_start.h"
#include "experiments/design/warm_targets.h"

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

std::string TeacherToml(const TeacherConfig& teacher) {
  TeacherConfig copy = teacher;
  return ToToml(DescribeFn([&](Describer& d) { d.OneOf("teacher", copy, kTeacherKinds, ""); }));
}

// Two blocks may not say different things of one row.
void CheckRows(const std::vector<std::unique_ptr<Block>>& blocks, std::vector<std::string>& problems) {
  std::map<std::tuple<Axes, std::string, std::string, int>, std::string> seen;
  std::map<std::pair<Axes, std::string>, std::string> tasks;
  for (const auto& block : blocks) {
    const ExperimentConfig& config = block->config;
    // Arms may have another teacher; the ceiling is that of the first block.
    std::string task = TaskToml(config.task) + NumericsToml(config.evaluation) + NumericsToml(config.student.init);
    for (const fs::path& base : block->bases) task += base.string() + "\n";
    if (tasks.try_emplace({config.axes, block->task_name}, task).first->second != task) {
      problems.push_back(
          fmt::format("blocks: two of them have a task '{}' with different settings of task, evaluation or "
                      "student.init; give each a `group` of its own",
                      block->task_name));
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

// Of the likeliest tokens, how many the teacher shows behind its policies.
int ShownLogprobs(const ExperimentConfig& config) {
  const bool cut = std::ranges::find(config.policies.use, "logprobs") != config.policies.use.end();
  const int asked = config.collect.sampling.top_logprobs;
  return cut ? std::min(asked, config.policies.logprobs.top_k) : asked;
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
  if (InfoOf(objective).needs == Needs::kPairs && !arm.gives_pairs) {
    fail("learns from pairs of a better and a worse answer, and this arm has single ones",
         "choose an arm that makes pairs (dpo of graded_answers), or train on a file of them: build/train "
         "objective.name=" +
             objective.name);
  }
  const int shown = block.config.collect.sampling.top_logprobs, revealed = ShownLogprobs(block.config);
  const int wanted = std::max(1, objective.top_k);
  const bool asked = local != nullptr || std::holds_alternative<ApiTeacherConfig>(block.config.teacher);
  if (InfoOf(objective).needs == Needs::kTopK && asked && shown < wanted) {
    fail(fmt::format("needs the {} likeliest tokens beside each token of an answer, and collect.sampling.top_logprobs "
                     "is {}",
                     wanted, shown),
         fmt::format("set collect.sampling.top_logprobs={}", std::max(wanted, 5)));
  }
  if (InfoOf(objective).needs == Needs::kTopK && revealed < std::min(shown, wanted)) {
    fail(fmt::format("needs the {} likeliest tokens beside each token of an answer, and policies.logprobs shows {}",
                     wanted, std::max(revealed, 0)),
         revealed > 0 ? fmt::format("leave out the policy, or set student.objective.top_k={}", revealed)
                      : "leave out the policy, or choose an objective that learns from text: sft");
  }
  const bool replays = std::holds_alternative<ReplayTeacherConfig>(block.config.teacher);  // told by the file's rows
  if (InfoOf(objective).needs == Needs::kTopK && !asked && !replays) {
    const Card card = block.teacher->card();
    if (card.reveals == "text") {
      fail(fmt::format("needs log-probabilities, and {} (kind {}) shows text only", card.name, card.kind),
           "choose another teacher, or sft");
    }
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

// Arms, and models by the folders that they lie in.
void FindNames(const Experiment& experiment, const fs::path& config_dir, Block& block,
               std::vector<std::string>& problems) {
  ExperimentConfig& config = block.config;
  for (const std::string& name : config.student.init.model) {
    Gather(problems, [&] { block.bases.push_back(fs::absolute(FindModel(name, config_dir)).lexically_normal()); });
  }
  for (const std::string& name : config.arms) {
    Gather(problems, [&] { block.arms.push_back(FindArm(experiment, name)); });
  }
  for (const std::string& name : {config.contrast.arm, config.contrast.against}) {
    if (config.contrast.arm.empty() && config.contrast.against.empty()) continue;
    Gather(problems, [&] { FindArm(experiment, name); });
  }
  for (const std::vector<std::string>& entry : config.tuned.overrides) {
    Gather(problems, [&] { FindArm(experiment, entry.empty() ? "" : entry.front()); });
  }
  for (std::vector<std::string>* models : {&config.provenance.rivals, &config.provenance.others}) {
    for (std::string& model : *models) {
      Gather(problems, [&] { model = fs::absolute(FindModel(model, config_dir)).lexically_normal().string(); });
    }
  }
  if (auto* local = std::get_if<LocalTeacherConfig>(&config.teacher); local && block.teacher) {
    local->model = fs::absolute(FindModel(local->model, config_dir)).lexically_normal().string();
  }
}

void CheckNotEmpty(const ExperimentConfig& config, std::vector<std::string>& problems) {
  const auto refuse = [&](bool empty, const char* problem) {
    Gather(problems, [&] {
      if (empty) throw Error(problem);
    });
  };
  refuse(config.n.empty(), "n: is empty; give the sizes of the training sets, such as n=[4,16,64]");
  refuse(config.arms.empty(), "arms: is empty; give one or more, such as arms=[teacher]");
  refuse(config.student.init.model.empty(), "student.init.model: is empty; give the folder of a checkpoint");
}

void CheckLikelihoods(const ExperimentConfig& config) {
  if (config.evaluation.metric != "bits_per_byte") return;
  if (!std::holds_alternative<LocalTeacherConfig>(config.teacher)) {
    throw Error(
        "evaluation.metric=bits_per_byte needs a teacher that scores given texts, and only teacher.kind=local "
        "does");
  }
  if (!AllowScores(config.policies)) {
    throw Error("evaluation.metric=bits_per_byte needs a teacher that scores given texts; policies.use hides that");
  }
}

// What it is measured by is the teacher itself, whatever its provider's policies show of it.
void CheckTeacherKl(const Block& block) {
  const Where where{.place = fmt::format("evaluation.teacher_kl={}", block.config.evaluation.teacher_kl)};
  const auto* local = std::get_if<LocalTeacherConfig>(&block.config.teacher);
  if (local == nullptr) {
    throw Error(where, "needs the probabilities of all tokens, which only a teacher in this process has",
                "choose teacher.kind=local, or leave it out");
  }
  if (!block.teacher || block.bases.empty() || !block.task) return;  // told already
  const Scorer teacher{.name = local->model, .token_map = LoadTokenizer(TokenizerFolder(local->model))->Hash()};
  for (const fs::path& base : block.bases) RequireSameTokens(teacher, *LoadTokenizer(TokenizerFolder(base)));
  for (const Item& item : block.task->Items(Split::kHeldOut, block.config.evaluation.teacher_kl, 0)) {
    if (!block.task->Reference(item)) {
      throw Error(where, fmt::format("the held-out item {} has no reference solution to compare on", Excerpt(item.id)),
                  "leave it out, or give a task with reference solutions");
    }
  }
}

// A block whose names are found, as far as they are.
void CheckBlock(const Block& block, const std::string& n_unit, std::vector<std::string>& problems) {
  const ExperimentConfig& config = block.config;
  CheckNotEmpty(config, problems);
  Gather(problems, [&] { CheckTrainer(config.student); });
  if (config.warm_start.n > 0 && config.student.init.from_scratch) {
    problems.emplace_back(
        "student.init.from_scratch: warm_start trains a checkpoint; leave warm_start.n=0, or draw no weights anew");
  }
  if (config.warm_start.n > 0) Gather(problems, [&] { WarmStartTrainer(config.student, config.warm_start); });
  Gather(problems, [&] { CheckWarmTargets(config); });
  Gather(problems, [&] { CheckSamples(config.evaluation); });
  Gather(problems, [&] {
    for (const std::string& target : config.evaluation.also) MakeTask(WithTarget(config.task, target));
  });
  for (const Arm* arm : block.arms) {
    if (block.teacher) Gather(problems, [&] { CheckNeeds(block, *arm); });
    if (arm->check) Gather(problems, [&] { arm->check(config); });
  }
  if (n_unit != "samples") Gather(problems, [&] { CheckPlainCollection(config.collect, n_unit); });
  for (const fs::path& base : block.bases) Gather(problems, [&] { CheckStudent(config.student.init, base); });
  Gather(problems, [&] { CheckLikelihoods(config); });
  if (config.evaluation.teacher_kl > 0) Gather(problems, [&] { CheckTeacherKl(block); });
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
                                  ToToml(config.student.init), ToToml(config.judging) + ToToml(config.provenance));
    if (config.warm_start.n > 0) {
      key += fmt::format("\n{}\n{}\n{}\n{}", config.warm_start.n, config.warm_start.targets, config.warm_start.drop,
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
    if (std::ranges::any_of(block->arms, [](const Arm* arm) { return !arm->wants; })) context->WillWant(rows);
    block->context = context;
  }
}

// Of an arm that asks for more rows than it has, or cannot be made.
void AskWhatArmsWant(const Block& block, std::vector<std::string>& problems) {
  const int n = *std::ranges::max_element(block.config.n);
  for (const Arm* arm : block.arms) {
    if (!arm->wants) continue;
    for (const uint64_t seed : block.Seeds(arm->name)) {
      Gather(problems, [&] { block.context->WillWant(arm->wants(*block.context, n, seed)); });
    }
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

namespace {

// Arms that are asked for in a way of their own part from those beside them.
std::vector<ExperimentConfig> PartByAsking(const std::vector<ExperimentConfig>& configs, const Experiment& experiment,
                                           std::vector<std::string>& problems) {
  std::vector<ExperimentConfig> parted;
  for (const ExperimentConfig& config : configs) {
    bool joins = false;  // the last of `parted`
    for (const std::string& name : config.arms) {
      const auto arm = std::ranges::find(experiment.arms, name, &Arm::name);
      const bool own = arm != experiment.arms.end() && arm->asks;
      if (!joins || own) {
        parted.push_back(config);
        parted.back().arms.clear();
      }
      parted.back().arms.push_back(name);
      if (own) Gather(problems, [&] { arm->asks(parted.back()); });
      joins = !own;
    }
    if (config.arms.empty()) parted.push_back(config);
  }
  return parted;
}

}  // namespace

bool Block::StartsWarm(const Arm* arm) const {
  if (config.warm_start.n == 0) return false;
  if (arm != nullptr) return !arm->from_base;
  return !std::ranges::all_of(arms, &Arm::from_base);
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
  configs = PartByAsking(configs, experiment, problems);
  for (ExperimentConfig& config : configs) {
    auto block = std::make_unique<Block>();
    block->config = std::move(config);
    block->task_name = block->config.group.empty() ? TaskName(block->config.task) : block->config.group;
    block->config.collect.task = TaskText(block->config.task);
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
    FindNames(experiment, config_dir, *block, problems);
    CheckBlock(*block, experiment.n_unit, problems);
    blocks.push_back(std::move(block));
  }
  CheckComparisons(blocks.front()->config, problems);
  CheckRows(blocks, problems);
  if (experiment.check) Gather(problems, [&] { experiment.check(blocks.front()->config, config_dir); });
  const auto tell = [&] {
    if (!problems.empty()) throw Error(fmt::format("{}", fmt::join(problems, "\n")));
  };
  tell();
  OpenContexts(blocks, experiment.n_unit == "samples", options);
  for (const auto& block : blocks) AskWhatArmsWant(*block, problems);
  tell();
  return blocks;
}

}  // namespace retort::lab
