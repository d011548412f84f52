// The trainer: the reference's loss curve, gradients, resuming to the bit, and what it refuses.
#include "student/trainer.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/numerics.h"
#include "core/base/random.h"
#include "core/lm/checkpoint.h"
#include "core/lm/lora.h"
#include "core/lm/threads.h"
#include "core/lm/transformer.h"
#include "student/batches.h"
#include "student/optimizer.h"

namespace retort {
namespace {

const std::filesystem::path kModel = RETORT_SOURCE_DIR "/tests/core/lm/golden/llama-tied";

std::vector<nlohmann::json> Log(const std::filesystem::path& file) {
  std::vector<nlohmann::json> lines;
  ForEachLine(file, [&](std::string_view line, int) {
    lines.push_back(ParseJson(line, {}));
    return true;
  });
  return lines;
}

std::vector<Example> RandomExamples(int count, uint64_t seed) {
  RandomStream random(seed, "trainer_test");
  std::vector<Example> examples;
  for (int i = 0; i < count; ++i) {
    Example example;
    for (uint64_t length = 3 + random.Below(9); length > 0; --length) {
      example.ids.push_back(static_cast<int>(random.Below(61)));
    }
    example.prompt_length = 1 + static_cast<int>(random.Below(example.ids.size() - 1));
    examples.push_back(example);
  }
  return examples;
}

// The same loop in plain PyTorch over Transformers' model: scripts/golden/families.py.
TEST(Trainer, LossCurveIsThatOfTheReference) {
  const char* given = std::getenv("RETORT_GOLDEN");  // that scripts/interop has just made
  const std::filesystem::path folder = given != nullptr ? given : RETORT_SOURCE_DIR "/tests/student/golden";
  const nlohmann::json golden = ParseJson(ReadFile(folder / "sft_curve.json"), {});
  std::vector<Example> examples;
  for (const auto& example : golden["examples"]) {
    examples.push_back({example["ids"].get<std::vector<int>>(), example["prompt_length"].get<int>()});
  }
  for (const auto& [numerics, micro_batch] : std::vector<std::pair<std::string, int>>{
           {"fused", 6}, {"fused", 2}, {"fused", 4}, {"reference", 6}, {"reference", 4}}) {
    const TempDir temp;
    SetNumerics(numerics);
    const auto model = LoadCheckpoint(kModel);
    TrainerConfig config{.learning_rate = golden["learning_rate"], .max_steps = golden["steps"]};
    config.per_device_train_batch_size = micro_batch;
    config.gradient_accumulation_steps = 6 / micro_batch + (6 % micro_batch != 0 ? 1 : 0);
    Train(*model, examples, config, 0, {.file = temp.path() / "log.jsonl"});
    const auto lines = Log(temp.path() / "log.jsonl");
    ASSERT_EQ(lines.size(), golden["losses"].size());
    for (size_t i = 0; i < lines.size(); ++i) {
      EXPECT_NEAR(lines[i]["loss"].get<double>(), golden["losses"][i].get<double>(), 1e-4) << "step " << i;
      EXPECT_NEAR(lines[i]["grad_norm"].get<double>(), golden["grad_norms"][i].get<double>(),
                  1e-3 * golden["grad_norms"][i].get<double>())
          << "step " << i;
    }
  }
  SetNumerics("fused");
}

TEST(Trainer, SameSeedSameBitsAndSeedZeroIsASeed) {
  const std::vector<Example> examples = RandomExamples(40, 0);
  const TrainerConfig config{.max_steps = 6, .per_device_train_batch_size = 8};
  std::vector<at::Tensor> results;
  for (const uint64_t seed : {0, 0, 1}) {
    const auto model = LoadCheckpoint(kModel);
    Train(*model, examples, config, seed, {});
    results.push_back(model->flat());
  }
  EXPECT_TRUE(results[0].equal(results[1]));
  EXPECT_FALSE(results[0].equal(results[2]));
}

TEST(Trainer, ResumesToTheBitFromAnyStep) {
  const std::vector<Example> examples = RandomExamples(30, 1);
  const TrainerConfig config{.max_steps = 9, .per_device_train_batch_size = 4, .save_steps = 2};
  const TempDir whole, temp;
  const auto uninterrupted = LoadCheckpoint(kModel);
  const TrainResult expected = Train(*uninterrupted, examples, config, 5, {.file = whole.path() / "log.jsonl"});

  struct Stop {};
  for (const int stop : {1, 3, 4, 8}) {  // stopped again and again, each time a little later
    const auto model = LoadCheckpoint(kModel);
    const TrainLog log{
        .file = temp.path() / "log.jsonl", .checkpoint = temp.path() / "checkpoint", .progress = [&](int step, int) {
          if (step == stop) throw Stop{};
        }};
    EXPECT_THROW(Train(*model, examples, config, 5, log), Stop);
  }
  const auto model = LoadCheckpoint(kModel);
  int first = 0;
  const TrainResult result = Train(*model, examples, config, 5,
                                   {.file = temp.path() / "log.jsonl",
                                    .checkpoint = temp.path() / "checkpoint",
                                    .progress = [&](int step, int) { first = first == 0 ? step : first; }});
  EXPECT_EQ(first, 9);  // the last checkpoint is that of step 8
  EXPECT_TRUE(model->flat().equal(uninterrupted->flat()));
  EXPECT_EQ(ReadFile(temp.path() / "log.jsonl"), ReadFile(whole.path() / "log.jsonl"));
  EXPECT_EQ(result.supervised_tokens, expected.supervised_tokens);
  EXPECT_EQ(result.tokens, expected.tokens);
  EXPECT_EQ(result.final_loss, expected.final_loss);
}

TEST(Trainer, ResumesFromACheckpointThatTimeAskedFor) {
  const std::vector<Example> examples = RandomExamples(30, 1);
  const TrainerConfig config{.max_steps = 6, .per_device_train_batch_size = 4};
  const TempDir whole, temp;
  const auto uninterrupted = LoadCheckpoint(kModel);
  Train(*uninterrupted, examples, config, 5, {.file = whole.path() / "log.jsonl"});

  TrainLog log{.file = temp.path() / "log.jsonl", .checkpoint = temp.path() / "checkpoint", .save_seconds = 1e6};
  struct Stop {};
  log.progress = [](int step, int) {
    if (step == 4) throw Stop{};
  };
  EXPECT_THROW(Train(*LoadCheckpoint(kModel), examples, config, 5, log), Stop);
  EXPECT_FALSE(std::filesystem::exists(log.checkpoint)) << "a million seconds are not over";
  log.save_seconds = 1e-9;
  EXPECT_THROW(Train(*LoadCheckpoint(kModel), examples, config, 5, log), Stop);
  int first = 0;
  log.progress = [&](int step, int) { first = first == 0 ? step : first; };
  const auto model = LoadCheckpoint(kModel);
  Train(*model, examples, config, 5, log);
  EXPECT_EQ(first, 5);
  EXPECT_TRUE(model->flat().equal(uninterrupted->flat()));
  EXPECT_EQ(ReadFile(temp.path() / "log.jsonl"), ReadFile(whole.path() / "log.jsonl"));
}

TEST(Trainer, AdaptersAloneAreTrainedAndResumeToTheBit) {
  const std::vector<Example> examples = RandomExamples(30, 1);
  const TrainerConfig config{.learning_rate = 1e-2, .max_steps = 8, .per_device_train_batch_size = 4, .save_steps = 3};
  const LoraConfig lora{.r = 2, .lora_dropout = 0.2, .target_modules = {"all-linear"}};
  const TempDir whole, temp;
  const auto adapted = [&] {
    auto model = LoadCheckpoint(kModel);
    model->AddAdapters(lora, 0);
    return model;
  };
  const auto uninterrupted = adapted();
  const at::Tensor weights = uninterrupted->flat().clone(), start = uninterrupted->adapters()->flat().clone();
  Train(*uninterrupted, examples, config, 5, {.file = whole.path() / "log.jsonl"});
  EXPECT_TRUE(uninterrupted->flat().equal(weights));
  EXPECT_FALSE(uninterrupted->adapters()->flat().equal(start));
  uninterrupted->EnableGradients();
  EXPECT_EQ(uninterrupted->trainable().grad.numel(), start.numel());  // a frozen weight has no gradient

  struct Stop {};
  const auto stopped = adapted();
  const TrainLog log{.file = temp.path() / "log.jsonl", .checkpoint = temp.path() / "checkpoint"};
  TrainLog stopping = log;
  stopping.progress = [](int step, int) {
    if (step == 5) throw Stop{};
  };
  EXPECT_THROW(Train(*stopped, examples, config, 5, stopping), Stop);
  const auto resumed = adapted();
  Train(*resumed, examples, config, 5, log);
  EXPECT_TRUE(resumed->adapters()->flat().equal(uninterrupted->adapters()->flat()));
  EXPECT_EQ(ReadFile(temp.path() / "log.jsonl"), ReadFile(whole.path() / "log.jsonl"));
}

// bfloat16 products round to three digits; weights and loss curve stay near those of float32, and are float32.
TEST(Trainer, Bfloat16StaysNearFloat32) {
  const std::vector<Example> examples = RandomExamples(30, 1);
  TrainerConfig config{.max_steps = 20, .per_device_train_batch_size = 8};
  std::vector<double> last;
  for (const bool bf16 : {false, true}) {
    config.bf16 = bf16;
    const auto model = LoadCheckpoint(kModel);
    last.push_back(Train(*model, examples, config, 5, {}).final_loss);
    EXPECT_EQ(model->flat().scalar_type(), at::kFloat);
  }
  EXPECT_NEAR(last[1], last[0], 0.02 * last[0]);
  EXPECT_NE(last[1], last[0]);
}

TEST(Trainer, ADeviceThatIsNotThereIsOneLine) {
  const auto model = LoadCheckpoint(kModel);
  try {
    Train(*model, RandomExamples(3, 1), {.max_steps = 1, .device = "cuda"}, 0, {});
    GTEST_SKIP() << "there is a GPU here";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("device=cuda"));
    EXPECT_THAT(error.what(), testing::HasSubstr("device=cpu"));
  }
}

TEST(Trainer, ACheckpointOfAnotherRunIsNotResumed) {
  const TempDir temp;
  const auto examples = RandomExamples(8, 2);
  TrainerConfig config{.max_steps = 4, .per_device_train_batch_size = 4, .save_steps = 1};
  const auto run = [&](uint64_t seed) {
    const auto model = LoadCheckpoint(kModel);
    int first = 0;
    Train(*model, examples, config, seed,
          {.checkpoint = temp.path() / "c", .progress = [&](int step, int) { first = first == 0 ? step : first; }});
    return first;
  };
  EXPECT_EQ(run(0), 1);
  EXPECT_EQ(run(0), 4);  // resumes after step 3, the last that was saved
  EXPECT_EQ(run(1), 1);
  config.learning_rate /= 2;
  EXPECT_EQ(run(1), 1);
}

// d loss / d parameter by central differences on the supervised tokens only.
TEST(Trainer, GradientMatchesFiniteDifferences) {
  const ThreadsScope one_thread(1);  // so small a network only waits for a second one
  const std::vector<Example> examples = RandomExamples(3, 3);
  const auto loss_at = [&](const at::Tensor& flat) {
    const auto model = LoadCheckpoint(kModel);
    model->flat().copy_(flat);
    const TempDir temp;
    Train(*model, examples, {.learning_rate = 0, .max_steps = 1, .weight_decay = 0}, 0, {.file = temp.path() / "l"});
    return Log(temp.path() / "l")[0]["loss"].get<double>();
  };
  const auto model = LoadCheckpoint(kModel);
  const at::Tensor start = model->flat().clone();
  const TempDir temp;
  Train(*model, examples, {.learning_rate = 0, .max_steps = 1, .weight_decay = 0}, 0, {.file = temp.path() / "l"});
  const double norm = Log(temp.path() / "l")[0]["grad_norm"].get<double>();
  // E[(g . u)^2] over random unit directions u is |g|^2 / P: estimate it from 60 directions.
  at::manual_seed(0);
  double sum = 0;
  constexpr int kDirections = 60;
  for (int i = 0; i < kDirections; ++i) {
    at::Tensor direction = at::randn_like(start);
    direction /= direction.norm();
    constexpr double kEpsilon = 0.02;
    const double slope =
        (loss_at(start + kEpsilon * direction) - loss_at(start - kEpsilon * direction)) / (2 * kEpsilon);
    sum += slope * slope;
  }
  const double estimate = std::sqrt(sum / kDirections * static_cast<double>(start.numel()));
  EXPECT_NEAR(estimate / norm, 1, 0.3);  // 60 chi-square terms: standard deviation 0.09
}

TEST(Trainer, PaddingAndPromptAreNeverTrained) {
  // One example alone, and beside a longer one whose every supervised token is its own: the sums must agree.
  const std::vector<Example> both = {{{5, 6, 7}, 1}, {{8, 9, 10, 11, 12, 13}, 2}};
  const auto first_loss = [&](std::span<const Example> examples) {
    const TempDir temp;
    const auto model = LoadCheckpoint(kModel);
    Train(*model, examples, {.max_steps = 1}, 0, {.file = temp.path() / "l"});
    return Log(temp.path() / "l")[0]["loss"].get<double>();
  };
  const double a = first_loss(std::span(both).first(1)), b = first_loss(std::span(both).last(1));
  EXPECT_NEAR(first_loss(both), (2 * a + 4 * b) / 6, 1e-5);
}

TEST(Trainer, RefusesWhatCannotBeLearnt) {
  const auto model = LoadCheckpoint(kModel);
  EXPECT_THROW(Train(*model, {}, {}, 0, {}), Error);
  EXPECT_THROW(Train(*model, std::vector<Example>{{{1, 2}, 2}}, {}, 0, {}), Error);
  for (const int outside : {-1, model->config().vocab_size}) {
    EXPECT_THROW(Train(*model, std::vector<Example>{{{1, outside}, 1}}, {}, 0, {}), Error);
  }
  model->flat().fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_THROW(Train(*model, RandomExamples(2, 0), {.max_steps = 1}, 0, {}), Error);
}

TEST(BatchPlan, EpochsVisitEachExampleOnceInBalancedBatches) {
  std::vector<int> lengths;
  RandomStream random(0, "lengths");
  for (int i = 0; i < 103; ++i) lengths.push_back(static_cast<int>(random.Below(50)));
  BatchPlan plan(lengths, 10, 7);
  EXPECT_EQ(plan.batches_per_epoch(), 11);
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::multiset<int> seen;
    for (int b = 0; b < 11; ++b) {
      const std::vector<int>& batch = plan.Batch(epoch * 11 + b);
      EXPECT_THAT(batch.size(), testing::AnyOf(9U, 10U));
      seen.insert(batch.begin(), batch.end());
    }
    EXPECT_EQ(seen.size(), 103U);
    EXPECT_EQ(std::set<int>(seen.begin(), seen.end()).size(), 103U);
  }
  EXPECT_NE(std::vector(plan.Batch(0)), std::vector(plan.Batch(11)));
}

TEST(LearningRate, WarmsUpAndDecays) {
  TrainerConfig config{.learning_rate = 1, .warmup_ratio = 0.2};
  EXPECT_NEAR(LearningRate(config, 0, 10), 0.5, 1e-12);
  EXPECT_NEAR(LearningRate(config, 1, 10), 1, 1e-12);
  EXPECT_NEAR(LearningRate(config, 6, 10), 0.5, 1e-12);
  config.min_lr_ratio = 0.1;
  config.lr_scheduler_type = "linear";
  EXPECT_NEAR(LearningRate(config, 6, 10), 0.55, 1e-12);
  config.lr_scheduler_type = "constant";
  EXPECT_EQ(LearningRate(config, 9, 10), 1);
}

}  // namespace
}  // namespace retort
