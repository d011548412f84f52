// Fine-tunes a checkpoint on a sample file, the teacher gone: this program links no teacher.
//   build/train samples=out/samples.jsonl base=models/folds-base-0 output_dir=student
// Killed and started again it goes on from its last checkpoint; when the model is there it does nothing.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/numerics.h"
#include "core/base/version.h"
#include "core/config/program.h"
#include "core/data/sample_set.h"
#include "core/data/student_card.h"
#include "core/lm/checkpoint.h"
#include "core/lm/local_model.h"
#include "core/lm/numerics_option.h"
#include "core/lm/threads.h"
#include "core/lm/tokenizer.h"
#include "student/student.h"
#include "student/trainer.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

struct TrainCommand {
  std::string samples, base, output_dir, chat_template, reasoning = "drop";
  std::vector<int> keep_layers;
  int n = 0, threads = 0;
  std::string numerics = "fused";
  int64_t seed = 0;
  LoraConfig lora;
  bool merge = false;
  TrainerConfig trainer{.save_steps = 100};
  ObjectiveConfig objective;
};

void Describe(Describer& d, TrainCommand& c) {
  d.Field("samples", c.samples, {.help = "sample file, JSON lines", .required = true, .numerics = false});
  d.Field("base", c.base, {.help = "checkpoint to start from", .required = true, .numerics = false});
  d.Field("output_dir", c.output_dir, {.help = "folder of the new checkpoint", .required = true, .numerics = false});
  d.Field("n", c.n, {.help = "train on the first n rows as ranked for the seed; 0: all", .unit = "samples", .min = 0});
  d.Field("seed", c.seed, {.help = "of the order of the samples", .min = 0});
  d.Field("keep_layers", c.keep_layers, {.help = "cut the base to these layers; empty: all", .min = 0, .max = 1023});
  d.Field("chat_template", c.chat_template, {.help = "chat format; empty: as the checkpoint says"});
  DescribeReasoning(d, c.reasoning);
  d.Group("lora", c.lora, "low-rank adapters; PEFT's names");
  d.Field("merge", c.merge, {.help = "with lora.r: write the merged checkpoint instead of the adapters"});
  d.Group("trainer", c.trainer, "how it learns; Hugging Face's names");
  d.Group("objective", c.objective, "what it learns by: sft, topk or dpo here");
  d.Field("threads", c.threads, {.help = "0: all cores", .min = 0, .max = 1024, .numerics = false});
  DescribeNumerics(d, c.numerics);
}

std::string ModelCard(const TrainCommand& command, const fs::path& base, const SampleSet& set,
                      const TrainResult& result) {
  const Card& teacher = set.manifest.teacher;
  const std::string licence = ModelCardField(base, "license");
  std::string card = StudentCardHead(teacher, fs::weakly_canonical(command.output_dir).filename().string(),
                                     fmt::format("license: {}\n", licence.empty() ? "unknown" : YamlString(licence)));
  card += fmt::format("Made by `retort` {}: {} fine-tuned on {} samples of a teacher.\n\n", kVersion,
                      CardText(base.filename().string()), set.samples.size());
  card += "| | |\n| --- | --- |\n";
  const auto row = [&](std::string_view name, const std::string& value) {
    card += fmt::format("| {} | {} |\n", name, value.empty() ? "unknown" : CardText(value));
  };
  row("teacher", teacher.name);
  row("teacher's kind", teacher.kind);
  row("teacher's identity", teacher.identity);
  row("teacher's licence", teacher.licence);
  row("teacher's terms", teacher.terms);
  row("training on its outputs allowed", teacher.training_allowed);
  row("sha256 of the samples", set.manifest.samples_sha256);
  row("base", HashCheckpoint(base));
  row("objective", command.objective.name);
  row("seed", std::to_string(command.seed));
  row("steps", std::to_string(result.steps));
  row("supervised tokens", std::to_string(result.supervised_tokens));
  row("training FLOPs", fmt::format("{:.3g}", result.flops));
  row("last loss", fmt::format("{:.4f}", result.final_loss));
  card += fmt::format("\nTraining settings:\n```toml\n{}```\n", ToToml(command.trainer));
  return card;
}

void ShowProgress(int step, int steps, double start) {
  static double shown = 0;
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const double now = MonotonicSeconds();
  if (step < steps && now - shown < (terminal ? 0.2 : 10)) return;
  shown = now;
  fmt::print(stderr, "{}step {}/{}, {:.1f} s{}", terminal ? "\r\033[K" : "", step, steps, now - start,
             terminal && step < steps ? "" : "\n");
  std::fflush(stderr);
}

// What training must hold, and the most that this process has held.
std::string MemoryAccount(const TrainResult& result) {
  constexpr double kMega = 1e6;
  const double weights = 4.0 * static_cast<double>(result.parameters) / kMega;
  const double trained = 4.0 * static_cast<double>(result.trained_parameters) / kMega;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return fmt::format(
      "memory: weights {:.1f} MB, gradients {:.1f} MB, moments {:.1f} MB; with activations and the program {:.1f} MB "
      "at most",
      weights, trained, 2 * trained, static_cast<double>(usage.ru_maxrss) * 1024 / kMega);
}

void CheckCommand(const ObjectiveConfig& objective) {
  CheckObjective(objective, "objective");
  if (!NeedsLiveTeacher(objective)) return;
  throw Error({.place = fmt::format("objective.name={}", objective.name)},
              "needs the full logits of a teacher at hand, and this program knows no teacher",
              "learn from files by sft, topk or dpo, or run an experiment with teacher.kind=local and "
              "student.objective.name=" +
                  objective.name);
}

std::vector<Example> ReadExamples(const TrainCommand& command, const LocalModel& model, std::vector<Sample> samples) {
  if (command.reasoning == "think_tags") std::ranges::transform(samples, samples.begin(), WithThinkTags);
  try {
    return Tokenise(model.tokenizer(), model.chat_template(), samples, command.trainer.max_length, command.objective);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", command.samples, error.what()));
  }
}

int Run(const TrainCommand& command, const fs::path& config_dir) {
  CheckCommand(command.objective);
  const fs::path folder = command.output_dir, base = FindModel(command.base, config_dir);
  SampleSet set = ReadSampleSet(command.samples);
  if (command.n > 0) set = set.Subset(command.n, static_cast<uint64_t>(command.seed));
  CheckSamples(command.objective, set.samples, command.samples);
  if (set.samples.empty()) throw Error({.file = command.samples}, "has no samples", "collect some first");

  // What the folder is of: a rerun goes on, another run may not mix with it.
  const std::string run =
      fmt::format("# retort {}: do not edit\nsamples_sha256 = \"{}\"\nbase_sha256 = \"{}\"\n{}", NumericsVersion(),
                  HashSamples(set.samples), HashCheckpoint(base), NumericsToml(command));
  const std::optional<FileLock> lock = FileLock::Try(folder / "lock");  // makes the folder
  if (!lock) throw Error({.file = folder.string()}, "another process trains into this folder");
  const fs::path record = folder / "run.toml";
  const bool there = fs::exists(folder / "config.json") || fs::exists(folder / "adapter_config.json");
  if (fs::exists(record) ? ReadFile(record) != run : there) {
    throw Error({.file = folder.string()}, "holds the model of another run", "give another output_dir, or remove it");
  }
  if (there) {
    fmt::print("nothing to do: {} is there already\n", folder.string());
    return 0;
  }

  LocalModel model(base, {.chat_template = command.chat_template, .keep_layers = command.keep_layers});
  const std::vector<Example> examples = ReadExamples(command, model, set.samples);
  WriteFileAtomic(record, run);  // not before: a file that must be mended first makes the folder nobody's
  if (command.lora.r > 0) model.AddAdapters(command.lora, static_cast<uint64_t>(command.seed));
  const double start = MonotonicSeconds();
  const TrainResult result = Train(model.transformer(), examples, command.trainer, static_cast<uint64_t>(command.seed),
                                   {.file = folder / "train.jsonl",
                                    .checkpoint = folder / "checkpoint",
                                    .progress = [&](int step, int steps) { ShowProgress(step, steps, start); }},
                                   {.objective = command.objective, .vocab = model.tokenizer().vocab_size()});
  if (command.merge) model.MergeAdapters();
  model.Save(folder, ModelCard(command, base, set, result));
  fs::remove_all(folder / "checkpoint");
  fmt::print("{}: {} steps on {} samples in {:.1f} s, last loss {:.4f}\n", folder.string(), result.steps,
             set.samples.size(), MonotonicSeconds() - start, result.final_loss);
  fmt::print("{}\n", MemoryAccount(result));
  return 0;
}

int Main(int argc, char** argv) {
  return RunMain("train", [&] {
    const Program program{.name = "train", .summary = "Fine-tune a checkpoint on a sample file."};
    const CommandLine command_line = ParseCommandLine(program, argc, argv);
    const auto command = LoadOrExit<TrainCommand>(program, argc, argv);
    if (command.threads > 0) SetThreads(command.threads);
    SetNumerics(command.numerics);
    return Run(command, command_line.config_dir);
  });
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) { return retort::Main(argc, argv); }
