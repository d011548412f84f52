// Collections are shared by all experiments of a runs_dir: they are named by what fixes the answers.
#include "experiments/design/arm_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/interrupt.h"
#include "core/lm/local_model.h"
#include "experiments/design/verdicts.h"
#include "experiments/design/warm_start.h"
#include "experiments/design/warm_targets.h"

namespace retort::lab {
namespace {

// No teacher's: the config names another, and who reads the manifest must not look for these there.
SampleSet AsTheStudents(SampleSet rows) {
  rows.manifest.teacher.kind = "student";
  return rows;
}

}  // namespace

ArmContext::ArmContext(const ExperimentConfig& config, const Task& task, Teacher& teacher, Options options)
    : config_(config), task_(task), teacher_(teacher), options_(std::move(options)) {
  if (config_.warm_start.n > 0 && !config_.warm_start.targets.empty()) {
    warm_targets_ = std::make_unique<WarmTargets>(config_, options_);
  }
}

ArmContext::~ArmContext() = default;

std::vector<Item> ArmContext::HeldOut(uint64_t seed) const {
  return task_.Items(Split::kHeldOut, config_.evaluation.held_out, seed);
}

void ArmContext::WithJob(const Asked& asked, uint64_t seed, const std::function<void(const CollectJob&)>& use) const {
  const std::string hash = CollectionHash(asked.who.card(), task_, asked.config, seed);
  const auto progress = [&](int done, int total) {
    if (options_.progress) options_.progress(seed, done, total);
  };
  const std::vector<Item> held_out = HeldOut(seed);
  const std::unique_ptr<Grader> grader = MakeGrader(config_.task);
  CollectConfig config = asked.config;
  config.budget = asked.paid ? options_.budget->For(hash) : BudgetConfig{};
  use({.teacher = asked.who,
       .task = task_,
       .grader = grader.get(),
       .config = config,
       .seed = seed,
       .held_out = held_out,
       .folder = options_.collections / hash,
       .progress = progress});
}

CollectPlan ArmContext::Plan(uint64_t seed) const {
  CollectPlan plan;
  WithJob({teacher_, config_.collect}, seed,
          [&](const CollectJob& job) { plan = PlanCollection(job, options_.rows_at_once); });
  if (warm_targets_) Add(warm_targets_->Plan(seed), plan);
  return plan;
}

SampleSet ArmContext::Rows(const Asked& asked, int n, int at_once, uint64_t seed, std::optional<SampleSet>& known) {
  if (!known || static_cast<int>(known->samples.size()) < n) {
    WithJob(asked, seed, [&](const CollectJob& job) {
      const int rows = options_.ask ? std::max(n, at_once) : n;
      if (!options_.ask && PlanCollection(job, rows).requests > 0) throw NotAsked();
      known = Collect(job, rows);
      if (asked.paid) options_.budget->Spent(job.folder.filename().string(), known->manifest);
    });
  }
  if (Interrupted()) throw Error("interrupted while the teacher was asked");
  return known->Subset(n, seed);
}

SampleSet ArmContext::TeacherRows(int n, uint64_t seed) {
  return Rows({teacher_, config_.collect}, n, options_.rows_at_once, seed, collected_[{seed, "teacher"}]);
}

SampleSet ArmContext::RowsOf(Teacher& teacher, int n, uint64_t seed) const {
  ExperimentConfig config = config_;
  config.warm_start = {};
  Options options = options_;
  options.rows_at_once = 0;
  return ArmContext(config, task_, teacher, std::move(options)).TeacherRows(n, seed);
}

SampleSet ArmContext::TeacherChoices(int prompts, int attempts, uint64_t seed) {
  Asked asked{teacher_, config_.collect};
  asked.config.sampling.temperature = config_.judging.temperature;
  asked.config.attempts = attempts;
  return Rows(asked, prompts * attempts, 0, seed, collected_[{seed, fmt::format("teacher, {} each", attempts)}]);
}

std::filesystem::path ArmContext::Start(uint64_t seed) {
  if (config_.student.init.from_scratch) {
    throw Error("student.init.from_scratch: a student that nobody has trained has nothing to say that could be learnt");
  }
  const std::filesystem::path& base = options_.bases[seed % options_.bases.size()];
  if (config_.warm_start.n == 0) return base;
  std::filesystem::path& start = starts_[seed];
  if (!start.empty()) return start;
  const SampleSet rows = warm_targets_ ? warm_targets_->Rows(seed) : TeacherRows(config_.warm_start.n, seed);
  const auto made = WarmStart({.base = base,
                               .init = config_.student.init,
                               .reasoning = config_.student.reasoning,
                               .trainer = WarmStartTrainer(config_.student, config_.warm_start),
                               .rows = rows,
                               .seed = seed,
                               .folder = options_.warm_starts,
                               .progress =
                                   [&](double share) {
                                     if (options_.progress) options_.progress(seed, static_cast<int>(100 * share), 100);
                                   }},
                              options_.ask);
  if (!made) throw NotAsked();
  return start = *made;
}

ArmContext::Asked ArmContext::FromStart(uint64_t seed, int attempts, std::optional<double> temperature) {
  if (config_.warm_start.n == 0 && !config_.student.init.keep_layers.empty()) {
    throw Error(
        "student.init.keep_layers: a cut network exists in memory only, and cannot answer before it is trained");
  }
  std::unique_ptr<Teacher>& who = start_teachers_[seed];
  if (!who) {
    who = MakeLocalTeacher({.model = Start(seed).string(), .chat_template = config_.student.init.chat_template},
                           options_.config_dir);
  }
  CollectConfig config;  // nothing is filtered: an arm sees what the student says
  config.sampling = config_.collect.sampling;
  if (temperature) config.sampling.temperature = *temperature;
  config.pool_size = config_.collect.pool_size;
  config.attempts = attempts;
  config.answer_only = config_.collect.answer_only;
  if (config_.collect.prompts == "reworded") config.prompts = "reworded";
  config.task = config_.collect.task;
  return {*who, std::move(config), false};
}

SampleSet ArmContext::StartRows(int prompts, uint64_t seed) {
  return AsTheStudents(Rows(FromStart(seed, 1, std::nullopt), prompts, 0, seed, collected_[{seed, "start"}]));
}

SampleSet ArmContext::StartChoices(int prompts, int attempts, uint64_t seed) {
  return AsTheStudents(Rows(FromStart(seed, attempts, config_.judging.temperature), prompts * attempts, 0, seed,
                            collected_[{seed, fmt::format("start, {} each", attempts)}]));
}

LocalModel& ArmContext::StartModel(uint64_t seed) {
  auto& [whose, model] = start_model_;
  if (!model || whose != seed) {
    model = std::make_unique<LocalModel>(
        Start(seed),
        ModelOptions{.chat_template = config_.student.init.chat_template,
                     .keep_layers = config_.warm_start.n > 0 ? std::vector<int>{} : config_.student.init.keep_layers});
    whose = seed;
  }
  return *model;
}

std::vector<double> ArmContext::StartLikelihoods(const std::vector<Sample>& answers, uint64_t seed) {
  std::vector<LikelihoodScorer::Pair> pairs;
  pairs.reserve(answers.size());
  for (const Sample& answer : answers) pairs.push_back({answer.prompt, Text(answer.completion)});
  std::vector<double> means;
  means.reserve(pairs.size());
  for (const Likelihood& likelihood : StartModel(seed).Score(pairs)) {
    means.push_back(likelihood.nats / static_cast<double>(std::max<int64_t>(1, likelihood.tokens)));
  }
  return means;
}

std::vector<ArmContext::Verdict> ArmContext::Verdicts(const std::vector<Sample>& answers, uint64_t seed) {
  std::vector<Sample> unknown;
  for (const Sample& answer : answers) {
    if (!verdicts_.contains({seed, VerdictName(answer)})) unknown.push_back(answer);
  }
  if (!unknown.empty()) {
    const std::string name = fmt::format("verdicts-{}", VerdictsHash(teacher_.card(), task_, seed));
    CollectConfig config = config_.collect;
    config.budget = options_.budget->For(name);
    const std::vector<Verdict> verdicts = AskVerdicts({.teacher = teacher_,
                                                       .task = config_.task,
                                                       .config = config,
                                                       .folder = options_.collections / name,
                                                       .ask = options_.ask,
                                                       .budget = options_.budget.get()},
                                                      unknown);
    for (size_t i = 0; i < unknown.size(); ++i) verdicts_[{seed, VerdictName(unknown[i])}] = verdicts[i];
  }
  std::vector<Verdict> verdicts;
  verdicts.reserve(answers.size());
  for (const Sample& answer : answers) verdicts.push_back(verdicts_.at({seed, VerdictName(answer)}));
  return verdicts;
}

std::vector<Item> ArmContext::Pool(uint64_t seed) const {
  return RankedPool(task_, config_.collect, seed, HeldOut(seed));
}

std::vector<Item> ArmContext::Prompts(int n, uint64_t seed) {
  std::vector<Item> pool = Pool(seed);
  if (static_cast<int>(pool.size()) < n) {
    throw Error(fmt::format("{} prompts are wanted, but the pool of seed {} has {}; raise collect.pool_size or lower n",
                            n, seed, pool.size()));
  }
  pool.resize(static_cast<size_t>(n));
  return pool;
}

}  // namespace retort::lab
