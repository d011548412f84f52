#include "tests/experiments/look/store_fixture.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/hash.h"
#include "core/base/numerics.h"
#include "core/data/task.h"
#include "core/lm/checkpoint.h"
#include "core/report/csv.h"
#include "core/report/report.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

constexpr int kItems = 20;

void MakeCheckpoint(const fs::path& folder) {
  WriteFileAtomic(folder / "config.json", "{\"vocab_size\": 5}");
  WriteFileAtomic(folder / "model.safetensors", "weights of " + folder.filename().string());
  WriteFileAtomic(folder / "README.md", "---\nlicense: apache-2.0\n---\n");
}

std::vector<double> Scores(double share) {
  std::vector<double> scores(kItems);
  for (int i = 0; i < kItems; ++i) scores[static_cast<size_t>(i)] = i < share * kItems ? 1 : 0;
  return scores;
}

}  // namespace

StoreFixture::StoreFixture() {
  MakeCheckpoint(path("base"));
  MakeCheckpoint(path("folds-teacher"));
  for (const uint64_t seed : {0, 1}) {
    const SampleSet all = Samples(seed, 16);
    const fs::path collection = runs() / "collections" / Sha256Hex(fmt::format("collection {}", seed));
    WriteSamples(collection / "samples.jsonl", all.samples);
    Manifest manifest = all.manifest;
    manifest.samples_sha256 = HashSamples(all.samples);
    WriteFileAtomic(collection / "manifest.json", ToJson(manifest));
    AddRun("base", 0, seed, Scores(0.1));
    AddRun("teacher_model", 0, seed, Scores(0.95));
    AddRun("teacher", 4, seed, Scores(0.5));
    AddRun("teacher", 16, seed, Scores(seed == 0 ? 0.8 : 0.7));
  }
  WriteFileAtomic(path("out/config.toml"), fmt::format("runs_dir = \"{}\"\n", runs().string()));
  WriteTables();
}

CellConfig StoreFixture::Config(const std::string& arm, int n, uint64_t seed) const {
  CellConfig config{.arm = arm, .n = n, .seed = static_cast<int64_t>(seed), .base = path("base").string()};
  config.task = FoldsConfig{.target = "big"};
  config.teacher = LocalTeacherConfig{.model = path("folds-teacher").string()};
  config.student.init.model = {config.base};
  config.evaluation.held_out = kItems;
  return config;
}

SampleSet StoreFixture::Samples(uint64_t seed, int n) const {
  SampleSet set;
  set.manifest = {.teacher = {.name = "folds-teacher",
                              .kind = "local",
                              .identity = HashCheckpoint(path("folds-teacher")),
                              .licence = "apache-2.0",
                              .terms = "https://example.org/terms",
                              .training_allowed = "with disclosure",
                              .disclosure = "Built with folds-teacher"},
                  .task = "[task]\nkind = \"folds\"\n",
                  .task_hash = MakeTask(FoldsConfig{.target = "big"})->ContentHash(),
                  .questions_sha256 = Sha256Hex(fmt::format("pool of {}", seed)),
                  .seed = seed,
                  .sampling = "attempts = 1\nsampling.temperature = 0.7\n",
                  .counts = {{"pool", 512}, {"asked", 20}, {"answered", 18}, {"stored", 16}, {"dropped.grade", 2}},
                  .usage = {.prompt_tokens = 100, .completion_tokens = 200},
                  .dollars = 0.25,
                  .version = "0.1.0",
                  .created_utc = fmt::format("2026-01-02T03:04:0{}Z", seed)};
  for (int i = 0; i < n; ++i) {
    set.samples.push_back({.id = fmt::format("big/{}", i),
                           .prompt = {{.role = "", .content = fmt::format("big {}?", 1000 + i)}},
                           .completion = {{.role = "", .content = fmt::format("seed {} A{}", seed, i % 10)}},
                           .finish_reason = "stop"});
  }
  return set;
}

fs::path StoreFixture::AddRun(const std::string& arm, int n, uint64_t seed, const std::vector<double>& scores,
                              double learning_rate) {
  CellConfig config = Config(arm, n, seed);
  config.student.trainer = TrainerConfig{.learning_rate = learning_rate};
  const bool is_teacher = arm == kTeacherModelArm;
  const std::unique_ptr<Task> task = MakeTask(config.task);
  const SampleSet samples = n > 0 ? Samples(seed, n) : SampleSet{};
  const std::string sha256 = n > 0 ? HashSamples(samples.samples) : "";
  std::string identity =
      fmt::format("kind {}\nnumerics {}\nmodel {}\ntask_content {}\ntarget {}\nsamples {}\nseed {}\n",
                  is_teacher ? "teacher"
                  : n > 0    ? "trained"
                             : "base",
                  NumericsVersion(), HashCheckpoint(is_teacher ? path("folds-teacher") : path("base")),
                  task->ContentHash(), task->Target(seed), sha256, seed);
  identity += fmt::format("\n# evaluation\n{}\n# student.trainer\n{}", NumericsToml(config.evaluation),
                          NumericsToml(std::get<TrainerConfig>(config.student.trainer)));
  CellResult result{.arm = arm,
                    .n = n,
                    .seed = seed,
                    .task = TaskName(config.task),
                    .target = task->Target(seed),
                    .metric = "exact_match",
                    .retained_skill = 0.5,
                    .prompts_asked = n,
                    .teacher_tokens = 30 * n,
                    .supervised_tokens = 100 * n,
                    .training_flops = 1e6 * n,
                    .dollars = 0.01 * n,
                    .steps = n > 0 ? 2 : 0,
                    .run = Sha256Hex(identity),
                    .samples_sha256 = sha256};
  for (size_t i = 0; i < scores.size(); ++i) {
    result.items.push_back({.id = fmt::format("big/held-out-{}", i),
                            .score = scores[i],
                            .parsed = true,
                            .step_accuracy = 0.5,
                            .completion_tokens = 5,
                            .answer = fmt::format("{} A{}", arm, i % 10)});
  }
  result.means = Average(result.items);
  const RunStore store(runs());
  const fs::path folder = store.Folder(result.run);
  WriteFileAtomic(folder / "config.toml", ToToml(config));
  WriteFileAtomic(folder / "identity.txt", identity);
  if (n > 0) {
    store.WriteSamples(result.run, samples);
    WriteFileAtomic(folder / "train.jsonl", "{\"loss\":2.5,\"step\":1}\n{\"loss\":0.125,\"step\":2}\n");
  }
  WriteFileAtomic(folder / "lock", "");
  WriteFileAtomic(folder / "worker.log", "");
  RunStore::WriteResult(folder, result, 3.5);
  results_.push_back(std::move(result));
  return folder;
}

fs::path StoreFixture::run(const std::string& arm, int n, uint64_t seed) const {
  const auto found = std::ranges::find_if(
      results_, [&](const CellResult& result) { return result.arm == arm && result.n == n && result.seed == seed; });
  return runs() / found->run;
}

void StoreFixture::WriteTables() const {
  const ReportInput input{.arms = {"teacher"}, .cells = results_};
  WriteFileAtomic(path("out/cells.csv"), CellsCsv(input));
  WriteFileAtomic(path("out/summary.csv"), SummaryCsv(Summarise(input)));
}

void FlipByte(const fs::path& file, size_t at) {
  std::string text = ReadFile(file);
  text[at] = static_cast<char>(text[at] ^ 1);
  WriteFileAtomic(file, text);
}

}  // namespace retort::lab
