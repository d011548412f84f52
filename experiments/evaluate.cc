// Measures a checkpoint on a task's held-out items, as every cell of an experiment is measured.
//   build/evaluate model=models/folds-teacher task=folds task.target=big
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/numerics.h"
#include "core/config/program.h"
#include "core/config/toml_text.h"
#include "core/data/task.h"
#include "core/data/task_text.h"
#include "core/lm/checkpoint.h"
#include "core/lm/local_model.h"
#include "core/lm/numerics_option.h"
#include "core/lm/threads.h"
#include "core/report/lm_eval.h"
#include "experiments/cells/compute_cell.h"
#include "experiments/design/config.h"

namespace retort {
namespace {

struct EvaluateCommand {
  std::string model, chat_template;
  TaskConfig task;
  lab::EvaluationConfig evaluation;
  int64_t seed = 0;
  int batch_size = 0, threads = 0;
  std::string numerics = "fused";
  std::string output_dir;
};

void Describe(Describer& d, EvaluateCommand& c) {
  d.Field("model", c.model, {.help = "checkpoint folder", .required = true, .numerics = false});
  d.Field("chat_template", c.chat_template, {.help = "chat format; empty: as the checkpoint says"});
  d.OneOf("task", c.task, kTaskKinds, "what is asked");
  d.Group("evaluation", c.evaluation, "how it is measured");
  d.Field("seed", c.seed, {.help = "of the target, where a seed draws it", .min = 0});
  d.Field("output_dir", c.output_dir,
          {.help = "for config.toml, items.jsonl, result.json and the same in lm-eval's layout; empty: none",
           .numerics = false});
  d.Field("batch_size", c.batch_size,
          {.help = "answers decoded together; 0: by the model's size", .min = 0, .max = 65536, .numerics = false});
  d.Field("threads", c.threads, {.help = "0: all cores", .min = 0, .max = 1024, .numerics = false});
  DescribeNumerics(d, c.numerics);
}

void Print(const CellResult& result) {
  fmt::print("{:<16} {} items of {}\n", "held out", result.items.size(), result.target);
  fmt::print("{:<16} {:.4f}\n", result.metric, result.means.score);
  if (result.metric == "exact_match") fmt::print("{:<16} {:.4f}\n", "parse_rate", result.means.parse_rate);
  if (result.means.step_accuracy) fmt::print("{:<16} {:.4f}\n", "step_accuracy", *result.means.step_accuracy);
  if (result.means.reference_nats) fmt::print("{:<16} {:.4f}\n", "reference_nats", *result.means.reference_nats);
  if (result.retained_skill) fmt::print("{:<16} {:.4f}\n", "retained_skill", *result.retained_skill);
  if (const auto& sampled = result.means.sampled) {
    const auto line = [&](const char* name, const Spread& spread) {
      fmt::print("{:<16} {:.4f} (standard error over items {:.4f})\n", fmt::format("{}@{}", name, sampled->k),
                 spread.mean, spread.stderr_items);
    };
    line("avg", sampled->avg);
    line("pass", sampled->pass);
    line("maj", sampled->maj);
  }
}

int Main(int argc, char** argv) {
  return RunMain("evaluate", [&] {
    const Program program{
        .name = "evaluate", .summary = "Measure a checkpoint on a task's held-out items.", .config_name = "evaluate"};
    const CommandLine command_line = ParseCommandLine(program, argc, argv);
    auto command = LoadOrExit<EvaluateCommand>(program, argc, argv);
    if (command.evaluation.teacher_kl > 0) {
      throw Error({.place = fmt::format("evaluation.teacher_kl={}", command.evaluation.teacher_kl)},
                  "evaluate knows no teacher to compare with",
                  "leave it out; an experiment measures its students by it");
    }
    if (command.threads > 0) SetThreads(command.threads);
    SetNumerics(command.numerics);
    const std::filesystem::path folder = command.output_dir;
    if (!folder.empty())
      WriteFileAtomic(folder / "config.toml", ToToml(command));  // or says that it cannot, before the work
    const std::unique_ptr<Task> task = MakeTask(command.task);
    LocalModel model(FindModel(command.model, command_line.config_dir),
                     {.chat_template = command.chat_template, .batch_size = command.batch_size});
    CellResult result{.arm = "model",
                      .seed = static_cast<uint64_t>(command.seed),
                      .task = lab::TaskName(command.task),
                      .target = task->Target(static_cast<uint64_t>(command.seed)),
                      .metric = command.evaluation.metric};
    const std::vector<Item> items = task->Items(Split::kHeldOut, command.evaluation.held_out, result.seed);
    lab::EvaluateModel(command.task, *task, command.evaluation, items, result.seed, model, &model, result);
    Print(result);
    if (!folder.empty()) {
      std::string lines;
      for (const ItemScore& item : result.items) lines += ToJsonLine(item) + "\n";
      WriteFileAtomic(folder / "items.jsonl", lines);
      WriteFileAtomic(folder / "result.json", ToJson(result));
      const LmEvalSetting setting{.model = command.model,
                                  .sampling = Bounded(command.evaluation.sampling, *task),
                                  .task_config = TaskText(command.task)};
      WriteFileAtomic(folder / "lm_eval.json", LmEvalResults({&result, 1}, setting));
      WriteFileAtomic(folder / fmt::format("samples_{}.jsonl", LmEvalTask(result, true)),
                      LmEvalSamples(result, items, setting));
    }
    return 0;
  });
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) { return retort::Main(argc, argv); }
