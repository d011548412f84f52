// Training on a GPU: the CPU's loss curve within the types' rounding, resuming to the bit, and what is left afterwards.
// Skipped where there is no GPU. The GPU comes first in each test: LibTorch looks for it once, and autograd on the CPU
// would make it look too early (core/lm/device.h).
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/lm/checkpoint.h"
#include "core/lm/decoder.h"
#include "core/lm/device.h"
#include "core/lm/lora.h"
#include "core/lm/transformer.h"
#include "student/trainer.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

// Every feature of the architecture that training sees: tied and grouped heads; biases and a window from a layer on;
// norms of queries and keys; a window; stretched positions.
const std::vector<std::string> kModels = {"llama-tied",     "llama-biased",  "qwen2-window", "qwen3",
                                          "mistral-window", "llama-dynamic", "llama-llama3"};

std::vector<Example> RandomExamples(int count, uint64_t seed) {
  RandomStream random(seed, "cuda_test");
  std::vector<Example> examples;
  for (int i = 0; i < count; ++i) {
    Example example;
    for (uint64_t length = 3 + random.Below(27); length > 0; --length) {
      example.ids.push_back(static_cast<int>(random.Below(40)));
    }
    example.prompt_length = 1 + static_cast<int>(random.Below(example.ids.size() - 1));
    examples.push_back(example);
  }
  return examples;
}

std::unique_ptr<Transformer> Model(const std::string& name, const LoraConfig& lora = {.r = 0}) {
  auto model = LoadCheckpoint(fs::path(RETORT_SOURCE_DIR "/tests/core/lm/golden") / name);
  if (lora.r > 0) model->AddAdapters(lora, 0);
  return model;
}

struct Curve {
  std::vector<double> losses, norms;
  at::Tensor flat;  // what was trained
};

Curve TrainOn(const std::string& device, Transformer& model, std::span<const Example> examples, TrainerConfig config) {
  const TempDir temp;
  config.device = device;
  Train(model, examples, config, 3, {.file = temp.path() / "log.jsonl"});
  Curve curve{.flat = model.trainable().flat};
  ForEachLine(temp.path() / "log.jsonl", [&](std::string_view line, int) {
    const auto step = ParseJson(line, {});
    curve.losses.push_back(step.at("loss").get<double>());
    curve.norms.push_back(step.at("grad_norm").get<double>());
    return true;
  });
  return curve;
}

// The largest relative distance of two curves.
double Distance(const std::vector<double>& a, const std::vector<double>& b) {
  EXPECT_EQ(a.size(), b.size());
  double most = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) most = std::max(most, std::abs(a[i] / b[i] - 1));
  return most;
}

class Cuda : public testing::Test {
 protected:
  void SetUp() override {
    try {
      RequireDevice("cuda");
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }
};

TEST_F(Cuda, LossCurveIsThatOfTheCpu) {
  const std::vector<Example> examples = RandomExamples(40, 0);
  TrainerConfig config{.learning_rate = 3e-3, .max_steps = 20, .per_device_train_batch_size = 6};
  config.gradient_accumulation_steps = 2;
  for (const std::string& name : kModels) {
    SCOPED_TRACE(name);
    const auto on_gpu = Model(name), on_cpu = Model(name);
    const Curve gpu = TrainOn("cuda", *on_gpu, examples, config), cpu = TrainOn("cpu", *on_cpu, examples, config);
    // Float32 sums in another order; the steps of AdamW carry the differences on.
    EXPECT_LT(Distance(gpu.losses, cpu.losses), 1e-4);
    EXPECT_LT(Distance(gpu.norms, cpu.norms), 1e-3);
    EXPECT_EQ(gpu.losses.size(), 20U);
    EXPECT_LT(gpu.losses.back(), gpu.losses.front());
  }
}

// Against float32 on the CPU, as far as trainer_test.cc lets the CPU's own bfloat16 go. Twenty steps of learning carry
// on what the products lose, eight bits of mantissa being left: on an H200 by up to 1.4 % of a loss.
TEST_F(Cuda, Bfloat16StaysNearTheFloat32OfTheCpu) {
  const std::vector<Example> examples = RandomExamples(40, 0);
  TrainerConfig config{.learning_rate = 3e-3, .max_steps = 20, .per_device_train_batch_size = 12};
  for (const std::string& name : kModels) {
    SCOPED_TRACE(name);
    const auto on_gpu = Model(name), on_cpu = Model(name);
    config.bf16 = true;
    const Curve gpu = TrainOn("cuda", *on_gpu, examples, config);
    config.bf16 = false;
    const Curve cpu = TrainOn("cpu", *on_cpu, examples, config);
    EXPECT_LT(Distance(gpu.losses, cpu.losses), 0.02);
    EXPECT_GT(Distance(gpu.losses, cpu.losses), 1e-6);  // or it was not bfloat16
    EXPECT_EQ(on_gpu->flat().scalar_type(), at::kFloat);
  }
}

TEST_F(Cuda, AdaptersLearnAsOnTheCpu) {
  const std::vector<Example> examples = RandomExamples(40, 0);
  TrainerConfig config{.learning_rate = 1e-2, .max_steps = 20, .per_device_train_batch_size = 12};
  const LoraConfig lora{.r = 2, .target_modules = {"all-linear"}};
  const auto on_gpu = Model("llama-tied", lora), on_cpu = Model("llama-tied", lora);
  const at::Tensor weights = on_cpu->flat().clone();
  const Curve gpu = TrainOn("cuda", *on_gpu, examples, config), cpu = TrainOn("cpu", *on_cpu, examples, config);
  EXPECT_LT(Distance(gpu.losses, cpu.losses), 1e-4);
  EXPECT_LT(Distance(gpu.norms, cpu.norms), 1e-3);
  EXPECT_TRUE(on_gpu->flat().equal(weights));
  on_gpu->MergeAdapters();
  on_cpu->MergeAdapters();
  EXPECT_LT((on_gpu->flat() - on_cpu->flat()).norm().item<double>(), 1e-4 * on_cpu->flat().norm().item<double>());
}

// The same bits twice, and again in a run that was stopped, with adapters (whose dropout has a generator of its own on
// the GPU) and without, in both types.
TEST_F(Cuda, SameSeedSameBitsAndResumesToTheBit) {
  const std::vector<Example> examples = RandomExamples(30, 1);
  TrainerConfig config{.learning_rate = 3e-3, .max_steps = 9, .per_device_train_batch_size = 4, .device = "cuda"};
  config.save_steps = 2;
  for (const int r : {0, 2}) {
    for (const bool bf16 : {false, true}) {
      SCOPED_TRACE(fmt::format("r={} bf16={}", r, bf16));
      config.bf16 = bf16;
      const LoraConfig lora{.r = r, .lora_dropout = 0.2, .target_modules = {"all-linear"}};
      const TempDir whole, temp;
      const auto uninterrupted = Model("qwen3", lora), again = Model("qwen3", lora);
      Train(*uninterrupted, examples, config, 5, {.file = whole.path() / "log.jsonl"});
      Train(*again, examples, config, 5, {});
      EXPECT_TRUE(again->trainable().flat.equal(uninterrupted->trainable().flat));
      struct Stop {};
      TrainLog log{.file = temp.path() / "log.jsonl", .checkpoint = temp.path() / "checkpoint"};
      log.progress = [](int step, int) {
        if (step == 5) throw Stop{};
      };
      EXPECT_THROW(Train(*Model("qwen3", lora), examples, config, 5, log), Stop);
      int first = 0;
      log.progress = [&](int step, int) { first = first == 0 ? step : first; };
      const auto resumed = Model("qwen3", lora);
      Train(*resumed, examples, config, 5, log);
      EXPECT_EQ(first, 5);
      EXPECT_TRUE(resumed->trainable().flat.equal(uninterrupted->trainable().flat));
      EXPECT_EQ(ReadFile(temp.path() / "log.jsonl"), ReadFile(whole.path() / "log.jsonl"));
    }
  }
}

TEST_F(Cuda, TheModelComesBackAndAnswers) {
  const auto model = Model("llama-tied");
  Train(*model, RandomExamples(20, 1), {.max_steps = 3, .device = "cuda"}, 0, {});
  EXPECT_TRUE(model->flat().is_cpu());
  EXPECT_FALSE(model->bfloat16());
  Decoder decoder(*model, 1);
  decoder.Submit({.prompt = {1, 5, 9}, .sampling = {.max_new_tokens = 4}});
  bool answered = false;
  while (decoder.Step([&](const DecodeResult& result) { answered = !result.ids.empty(); })) {
  }
  EXPECT_TRUE(answered);
}

TEST_F(Cuda, ALossThatIsNotFiniteIsAnError) {
  const auto model = Model("llama-tied");
  model->flat().fill_(std::numeric_limits<float>::quiet_NaN());
  try {
    Train(*model, RandomExamples(4, 0), {.max_steps = 1, .device = "cuda"}, 0, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("not finite at step 1"));
  }
}

// A batch for which no GPU has the memory, and then one for which it has.
TEST_F(Cuda, TooLittleMemoryIsOneLineAndTheNextRunGoesOn) {
  ModelConfig config;
  config.vocab_size = 1 << 17;
  config.hidden_size = config.head_dim = 8;
  config.intermediate_size = 1 << 17;
  config.num_hidden_layers = config.num_attention_heads = config.num_key_value_heads = 1;
  Transformer model(config);
  model.Initialise(0);
  const std::vector<Example> examples(1000, {.ids = std::vector<int>(2000, 1), .prompt_length = 1});
  TrainerConfig trainer{.max_steps = 1, .per_device_train_batch_size = 1000, .max_length = 2000, .device = "cuda"};
  try {
    Train(model, examples, trainer, 0, {});
    FAIL() << "a gate of 2 TB found room";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("per_device_train_batch_size"));
    EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("\n")));
  }
  trainer.per_device_train_batch_size = 1;
  Train(*Model("llama-tied"), RandomExamples(4, 0), trainer, 0, {});
}

// In a process of its own, which begins with autograd on the CPU: from then on LibTorch finds no GPU.
TEST(CudaAfterTheCpu, IsOneLine) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto cpu_then_gpu = [] {
    const LoraConfig lora{.r = 2, .target_modules = {"all-linear"}};
    TrainerConfig config{.max_steps = 2};
    try {
      Train(*Model("llama-tied", lora), RandomExamples(8, 0), config, 0, {});
      config.device = "cuda";
      Train(*Model("llama-tied", lora), RandomExamples(8, 0), config, 0, {});
    } catch (const Error& error) {
      fmt::print(stderr, "{}\n", error.what());
      std::_Exit(7);
    }
    std::_Exit(0);
  };
  EXPECT_EXIT(cpu_then_gpu(), testing::ExitedWithCode(7),
              "already trained on the CPU|cannot be loaded|there is no GPU");
}

}  // namespace
}  // namespace retort
