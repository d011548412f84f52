// See the header. The base is loaded anew for each cell: training changes the weights in place.
#include "experiments/cells/compute_cell.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <limits>
#include <memory>
#include <span>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/data/evaluate.h"
#include "core/data/grader.h"
#include "core/data/student_card.h"
#include "core/lm/checkpoint.h"
#include "core/lm/local_model.h"
#include "core/lm/scorer.h"
#include "core/lm/tokenizer.h"
#include "core/lm/transformer.h"
#include "experiments/cells/in_context.h"
#include "experiments/cells/teacher_kl.h"
#include "student/trainer.h"
#include "teacher/books.h"
#include "teacher/journal.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
constexpr int kTranscripts = 3;          // held-out items whose answers are shown, where the metric needs no answers
constexpr double kTrainingShare = 0.85;  // of a cell's time, for progress

// Likelihoods exist where every item has a reference and the answerer shows probabilities.
bool HasReferences(std::span<const Item> items, const Task& task) {
  return std::ranges::all_of(items, [&](const Item& item) { return task.Reference(item).has_value(); });
}

std::string ModelCard(const CellRun& run) {
  const Manifest manifest = ParseManifest(ReadFile(run.folder / "manifest.json"), "manifest.json");
  return StudentCardHead(manifest.teacher, run.folder.filename().string(), "") +
         "A student of a Retort experiment. How it was made: `config.toml`, `samples.jsonl` and `manifest.json` in the "
         "folder above.\n";
}

ModelOptions OptionsOf(const InitConfig& init) {
  return {.chat_template = init.chat_template, .keep_layers = init.keep_layers};
}

// The student before it learns.
std::unique_ptr<LocalModel> Beginner(const CellConfig& config) {
  auto student = std::make_unique<LocalModel>(config.base, OptionsOf(config.student.init));
  if (config.student.init.from_scratch) {
    student->transformer().Widen();
    student->transformer().Initialise(static_cast<uint64_t>(config.seed));
  }
  return student;
}

// The user's command trains from files, and leaves the student in model/. Until then no weights lie in this process:
// such a student may need all of the machine.
std::unique_ptr<LocalModel> TrainElsewhere(const CellRun& run, const ExternalTrainerConfig& trainer,
                                           const std::vector<Sample>& samples, CellResult& result) {
  const InitConfig& init = run.config.student.init;
  fs::path base_folder = run.config.base, rows = run.folder / "samples.jsonl";
  const bool in_memory = !init.keep_layers.empty() || init.from_scratch;  // no checkpoint holds this network
  if (in_memory) {
    base_folder = run.folder / "base";
    Beginner(run.config)->Save(base_folder, "");
  }
  if (run.config.student.reasoning == "think_tags") {
    rows = run.folder / "samples_with_reasoning.jsonl";
    WriteSamples(rows, samples);
  }
  const ExternalResult trained = TrainExternally(trainer, {.samples = rows,
                                                           .base = base_folder,
                                                           .output = run.folder / "model",
                                                           .log = run.folder / "worker.log",
                                                           .seed = static_cast<uint64_t>(run.config.seed),
                                                           .n = run.config.n});
  if (in_memory) fs::remove_all(base_folder);
  auto student = std::make_unique<LocalModel>(run.folder / "model", ModelOptions{.chat_template = init.chat_template});
  // The tokens of one pass, as the builtin trainer would supervise them.
  for (const Example& example :
       Tokenise(student->tokenizer(), student->chat_template(), samples, std::numeric_limits<int>::max())) {
    result.supervised_tokens += example.supervised();
  }
  if (trained.epochs > 0) {
    result.supervised_tokens = std::llround(static_cast<double>(result.supervised_tokens) * trained.epochs);
  }
  result.steps = trained.steps;
  result.training_flops = trained.flops;
  run.progress(kTrainingShare);
  return student;
}

}  // namespace

void EvaluateModel(const TaskConfig& task_config, const Task& task, const EvaluationConfig& config,
                   const std::vector<Item>& items, uint64_t seed, Answerer& answerer, LikelihoodScorer* scorer,
                   CellResult& result) {
  CheckSamples(config);
  const Sampling sampling = Bounded(config.sampling, task);
  const std::unique_ptr<Grader> grader = MakeGrader(task_config);
  const std::vector<Item> retained = task.Items(Split::kRetained, config.retained, seed);

  if (config.metric == "bits_per_byte") {
    if (scorer == nullptr) throw Error("evaluation.metric=bits_per_byte: the teacher shows no probabilities");
    result.items = EvaluateLikelihood(*scorer, items, task);
    const std::span<const Item> shown(items.data(), std::min(items.size(), size_t{kTranscripts}));
    const std::vector<ItemScore> answers = Evaluate(answerer, shown, *grader, sampling);
    for (size_t i = 0; i < shown.size(); ++i) result.items[i].answer = answers[i].answer;
  } else {
    result.items = Evaluate(answerer, items, *grader, sampling, config.samples);
    if (scorer != nullptr && HasReferences(items, task)) {
      const std::vector<ItemScore> likelihoods = EvaluateLikelihood(*scorer, items, task);
      for (size_t i = 0; i < items.size(); ++i) result.items[i].reference_nats = likelihoods[i].reference_nats;
    }
  }
  result.means = Average(result.items);
  if (result.means.sampled) result.extras.merge(result.means.sampled->Columns());
  for (const std::string& target : config.also) {
    const TaskConfig other = WithTarget(task_config, target);
    const std::unique_ptr<Task> also = MakeTask(other);
    const std::vector<Item> others = also->Items(Split::kHeldOut, config.retained, seed);
    if (others.empty()) continue;
    result.extras["score_on_" + TaskName(other)] =
        Average(Evaluate(answerer, others, *MakeGrader(other), Bounded(config.sampling, *also))).score;
  }
  if (!retained.empty()) result.retained_skill = Average(Evaluate(answerer, retained, *grader, sampling)).score;
}

CellResult ComputeCell(const CellRun& run, const StudentProbe& probe) {
  CellResult result;
  const auto seed = static_cast<uint64_t>(run.config.seed);
  const auto evaluate = [&](Answerer& answerer, LikelihoodScorer* scorer) {
    EvaluateModel(run.config.task, run.task, run.config.evaluation, run.items, seed, answerer, scorer, result);
  };
  const auto evaluate_student = [&](LocalModel& student) {
    evaluate(student, &student);
    if (run.config.evaluation.teacher_kl > 0) MeasureTeacherKl(run, student, result);
    if (probe && run.config.n > 0) probe(run, student, result);
  };
  if (run.config.arm == kTeacherModelArm) {
    const std::unique_ptr<Teacher> teacher =
        MakeGuardedTeacher(run.config.teacher, run.config.policies, run.task, run.config_dir);
    if (std::holds_alternative<LocalTeacherConfig>(run.config.teacher)) {
      evaluate(*teacher, teacher->scorer());
    } else {  // what is paid for is written down, and not paid for again after a crash
      Journal journal(run.folder / "journal.jsonl");
      Books books(*teacher, journal, run.config.collect.budget, run.config.collect.prices);
      evaluate(books, nullptr);
    }
    return result;
  }
  std::vector<Sample> samples = run.samples;
  if (run.config.student.reasoning == "think_tags") std::ranges::transform(samples, samples.begin(), WithThinkTags);
  if (run.config.in_context) {
    const std::unique_ptr<LocalModel> base = Beginner(run.config);
    InContext shown(*base, samples);
    evaluate(shown, nullptr);
    return result;
  }
  const auto* external = std::get_if<ExternalTrainerConfig>(&run.config.student.trainer);
  if (run.config.n > 0 && external != nullptr) {
    const std::unique_ptr<LocalModel> trained = TrainElsewhere(run, *external, samples, result);
    evaluate_student(*trained);
    if (!run.keep_checkpoint) fs::remove_all(run.folder / "model");
    return result;
  }
  const std::unique_ptr<LocalModel> beginner = Beginner(run.config);
  LocalModel& student = *beginner;
  if (run.config.n == 0 || samples.empty()) {  // an arm may have found nothing to learn from
    evaluate_student(student);
    return result;
  }
  const auto& trainer = std::get<TrainerConfig>(run.config.student.trainer);
  const LoraConfig& lora = run.config.student.lora;
  if (lora.r > 0) student.AddAdapters(lora, seed);
  Lesson lesson{.objective = run.config.student.objective,
                .vocab = student.tokenizer().vocab_size(),
                .stop_ids = student.stop_ids()};
  lesson.objective.sampling = Bounded(lesson.objective.sampling, run.task);
  const std::vector<Example> examples =
      Tokenise(student.tokenizer(), student.chat_template(), samples, trainer.max_length, lesson.objective);
  std::unique_ptr<LocalModel> teacher;
  Scorer scorer;
  if (NeedsLiveTeacher(lesson.objective)) {
    const auto& local = std::get<LocalTeacherConfig>(run.config.teacher);
    teacher = std::make_unique<LocalModel>(FindModel(local.model, run.config_dir),
                                           ModelOptions{.chat_template = local.chat_template});
    scorer = teacher->MakeScorer();
    RequireSameTokens(scorer, student.tokenizer());
    lesson.teacher = &scorer;
  }
  bool begun = false;
  const auto progress = [&](int step, int steps) {
    if (!begun && step > 1) std::cerr << "goes on from step " << step - 1 << std::endl;
    begun = true;
    run.progress(kTrainingShare * step / std::max(steps, 1));
  };
  const TrainResult trained = Train(student.transformer(), examples, trainer, seed,
                                    {.file = run.folder / "train.jsonl",
                                     .checkpoint = run.folder / "checkpoint",
                                     .save_seconds = run.checkpoint_seconds,
                                     .progress = progress},
                                    lesson);
  teacher.reset();
  result.live_teacher = lesson.teacher != nullptr;
  result.teacher_tokens = trained.teacher_tokens;  // beside those of the rows
  result.steps = trained.steps;
  result.supervised_tokens = trained.supervised_tokens;
  result.training_flops = trained.flops;
  student.MergeAdapters();
  if (run.keep_checkpoint) student.Save(run.folder / "model", ModelCard(run));
  evaluate_student(student);
  fs::remove_all(run.folder / "checkpoint");  // not before: who is stopped while answering need not train again
  return result;
}

}  // namespace retort::lab
