#include "experiments/design/warm_start.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/interrupt.h"
#include "core/base/numerics.h"
#include "core/config/toml_text.h"
#include "core/data/student_card.h"
#include "core/lm/checkpoint.h"
#include "core/lm/local_model.h"
#include "core/lm/threads.h"
#include "student/trainer.h"

namespace retort::lab {

namespace fs = std::filesystem;

namespace {

constexpr double kSaveSeconds = 10;  // that an interrupted training loses at most

void StopIfInterrupted() {
  if (Interrupted()) throw Error("interrupted during the warm start; the same command goes on from there");
}

// Another process may be making it, and take minutes.
FileLock Lock(const fs::path& folder) {
  while (true) {
    if (std::optional<FileLock> lock = FileLock::Try(folder / "lock")) return std::move(*lock);
    StopIfInterrupted();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace

TrainerConfig WarmStartTrainer(const StudentConfig& student, const WarmStartConfig& config) {
  const auto* trainer = std::get_if<TrainerConfig>(&student.trainer);
  if (trainer == nullptr) throw Error("warm_start.n: needs student.trainer.kind=builtin");
  if (student.lora.r > 0) throw Error("warm_start.n: needs student.lora.r=0; adapters are for the arms that follow");
  TrainerConfig own = *trainer;
  own.learning_rate = config.learning_rate;
  own.max_steps = config.max_steps;
  return own;
}

std::optional<fs::path> WarmStart(const WarmStartJob& job, bool make) {
  const std::string identity = fmt::format("warm start\nnumerics {}\nbase {}\nsamples {}\nseed {}\nreasoning {}\n{}{}",
                                           NumericsVersion(), HashCheckpoint(job.base), HashSamples(job.rows.samples),
                                           job.seed, job.reasoning, NumericsToml(job.init), NumericsToml(job.trainer));
  const fs::path folder = job.folder / Sha256Hex(identity);
  if (fs::exists(folder / "identity.txt")) return folder;  // written last
  if (!make) return std::nullopt;
  fs::create_directories(folder);
  const FileLock lock = Lock(folder);
  if (fs::exists(folder / "identity.txt")) return folder;
  LocalModel student(job.base, {.chat_template = job.init.chat_template, .keep_layers = job.init.keep_layers});
  const ThreadsScope one_thread(1);  // another number gives other last bits, and no name says which it was
  std::vector<Sample> rows = job.rows.samples;
  if (job.reasoning == "think_tags") std::ranges::transform(rows, rows.begin(), WithThinkTags);
  Train(student.transformer(), Tokenise(student.tokenizer(), student.chat_template(), rows, job.trainer.max_length),
        job.trainer, job.seed,
        {.checkpoint = folder / "checkpoint", .save_seconds = kSaveSeconds, .progress = [&](int step, int steps) {
           if (job.progress) job.progress(static_cast<double>(step) / steps);
           StopIfInterrupted();
         }});
  const Manifest& manifest = job.rows.manifest;
  const std::string allowed = fmt::format("training_allowed: {}\n", YamlString(manifest.teacher.training_allowed));
  student.Save(folder, StudentCardHead(manifest.teacher,
                                       fmt::format("{}-warm-{}", job.base.filename().string(), rows.size()), allowed) +
                           fmt::format("What every student of a Retort experiment learns before its arms part: {} "
                                       "samples of {}.\n",
                                       job.rows.samples.size(), manifest.teacher.name));
  WriteSamples(folder / "samples.jsonl", job.rows.samples);
  WriteFileAtomic(folder / "manifest.json", ToJson(manifest));
  fs::remove_all(folder / "checkpoint");
  WriteFileAtomic(folder / "identity.txt", identity);
  return folder;
}

}  // namespace retort::lab
