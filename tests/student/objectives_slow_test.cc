// Training by each objective, at each of its settings: its gradient that of finite differences, fused as the reference,
// invariant under micro-batches, 0 where there is nothing to learn, resumed to the bit, within its budget, and what it
// refuses.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/numerics.h"
#include "core/base/random.h"
#include "core/lm/checkpoint.h"
#include "core/lm/lora.h"
#include "core/lm/scorer.h"
#include "core/lm/threads.h"
#include "core/lm/transformer.h"
#include "student/losses.h"
#include "student/trainer.h"
#include "tests/core/base/message_of.h"
#include "tests/student/every_setting.h"

namespace retort {
namespace {

using testing::HasSubstr;

const std::filesystem::path kModel = RETORT_SOURCE_DIR "/tests/core/lm/golden/llama-tied";
constexpr int kVocab = 50;  // of the tokenizer; the model has 61

std::vector<int> RandomIds(RandomStream& random, int count) {
  std::vector<int> ids;
  ids.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) ids.push_back(static_cast<int>(random.Below(kVocab)));
  return ids;
}

std::vector<Example> Examples(int count) {
  RandomStream random(1, "objectives_test");
  std::vector<Example> examples;
  for (int i = 0; i < count; ++i) {
    Example example{.ids = RandomIds(random, 4 + static_cast<int>(random.Below(6)))};
    example.prompt_length = 1 + static_cast<int>(random.Below(3));
    example.name = fmt::format("{}/0", i);
    example.rejected.assign(example.ids.begin(), example.ids.begin() + example.prompt_length);
    const std::vector<int> worse = RandomIds(random, 2 + static_cast<int>(random.Below(4)));
    example.rejected.insert(example.rejected.end(), worse.begin(), worse.end());
    for (auto t = static_cast<size_t>(example.prompt_length); t < example.ids.size(); ++t) {
      const int other = (example.ids[t] + 1) % kVocab;
      example.known.push_back({{example.ids[t], other}, {0.6F, 0.3F}, 0.1F});
    }
    example.known.back() = {};
    examples.push_back(std::move(example));
  }
  return examples;
}

std::unique_ptr<Transformer> Teacher() {
  auto model = LoadCheckpoint(kModel);
  model->Widen();
  const at::NoGradGuard no_grad;
  model->flat().mul_(1.1);  // another network of the same shape
  return model;
}

Scorer ScorerOf(const Transformer& model) {
  return {.name = "the teacher", .identity = "t", .logits = [&](std::span<const ScorerSequence> sequences) {
            const at::NoGradGuard no_grad;
            std::vector<at::Tensor> parts;
            ForEachLogits(model, sequences, 4096, [&](const at::Tensor& logits) { parts.push_back(logits); });
            return at::cat(parts, 0);
          }};
}

std::vector<nlohmann::json> Log(const std::filesystem::path& file) {
  std::vector<nlohmann::json> lines;
  ForEachLine(file, [&](std::string_view line, int) {
    lines.push_back(ParseJson(line, {}));
    return true;
  });
  return lines;
}

struct Trained {
  at::Tensor weights;
  std::vector<nlohmann::json> log;
  TrainResult result;
};

struct Setting {
  ObjectiveConfig objective;
  TrainerConfig trainer{.max_steps = 3, .per_device_train_batch_size = 6};
  LoraConfig lora = {};
};

Trained TrainOnce(const Setting& setting, const std::vector<Example>& examples, const TrainLog& extra = {},
                  const Scorer* scorer = nullptr) {
  // The network is too small for a second thread, and where the cores are busy, to wait for one takes a hundred times
  // as long as to learn.
  const ThreadsScope one_thread(1);
  const TempDir temp;
  const auto model = LoadCheckpoint(kModel);
  if (setting.lora.r > 0) model->AddAdapters(setting.lora, 0);
  const auto teacher = Teacher();
  const Scorer own = ScorerOf(*teacher);
  TrainLog log = extra;
  if (log.file.empty()) log.file = temp.path() / "log.jsonl";
  const Lesson lesson{
      .objective = setting.objective, .vocab = kVocab, .teacher = scorer != nullptr ? scorer : &own, .stop_ids = {2}};
  Trained run;
  run.result = Train(*model, examples, setting.trainer, 5, log, lesson);
  run.weights = (setting.lora.r > 0 ? model->adapters()->flat() : model->flat()).clone();
  run.log = Log(log.file);
  return run;
}

std::vector<NamedObjective> All() {
  std::vector<NamedObjective> all = EveryObjective();
  for (auto& [told, config] : all) config.sampling.max_new_tokens = 6;
  return all;
}

// Away from where learning starts, so that no margin of a pair is 0.
TEST(Objectives, TheGradientIsThatOfFiniteDifferences) {
  const ThreadsScope one_thread(1);
  const std::vector<Example> examples = Examples(6);
  std::vector<const Example*> batch(examples.size());
  std::ranges::transform(examples, batch.begin(), [](const Example& example) { return &example; });
  const auto teacher = Teacher();
  const auto taught = [&](std::span<const Example* const> asked) {
    std::vector<ScorerSequence> sequences;
    for (const Example* example : asked) sequences.push_back({.ids = example->ids, .first = example->prompt_length});
    return ScorerOf(*teacher).logits(sequences).narrow(1, 0, kVocab).contiguous();
  };
  for (const auto& [told, config] : All()) {
    for (const char* numerics : {"fused", "reference"}) {
      SetNumerics(numerics);
      const auto model = LoadCheckpoint(kModel);
      model->Widen();
      Losses losses(*model, config, kVocab, taught);
      losses.Prepare(examples, 6);
      model->EnableGradients();
      const auto [weights, gradient, decayed] = model->trainable();
      const auto loss_at = [&, weights = weights, gradient = gradient](const at::Tensor& at) {
        {
          const at::NoGradGuard no_grad;
          weights.copy_(at);
          gradient.zero_();
        }
        return losses.Accumulate(batch, 6);
      };
      const at::Tensor start = weights.clone() * 0.9;
      loss_at(start);
      const auto norm = gradient.norm().item<double>();
      const at::Tensor step = gradient / norm * 1e-2;  // up the gradient the loss rises fastest: by its norm
      const double slope = (loss_at(start + step) - loss_at(start - step)) / 2e-2;
      EXPECT_NEAR(slope, norm, 1e-2 * norm) << told << " " << numerics;
      SetNumerics("fused");
    }
  }
}

TEST(Objectives, TheFusedPathIsThatOfTheReference) {
  const std::vector<Example> examples = Examples(6);
  for (const auto& [told, objective] : All()) {
    const Trained fused = TrainOnce({objective}, examples);
    SetNumerics("reference");
    const Trained reference = TrainOnce({objective}, examples);
    SetNumerics("fused");
    ASSERT_EQ(fused.log.size(), 3U);
    for (size_t i = 0; i < fused.log.size(); ++i) {
      const double loss = reference.log[i]["loss"].get<double>(), norm = reference.log[i]["grad_norm"].get<double>();
      EXPECT_NEAR(fused.log[i]["loss"].get<double>(), loss, 1e-4 * (1 + loss)) << told;
      EXPECT_NEAR(fused.log[i]["grad_norm"].get<double>(), norm, 1e-3 * norm) << told;
    }
  }
}

// The trainer divides once, by what the whole window holds.
TEST(Objectives, MicroBatchesDoNotChangeTheStep) {
  const std::vector<Example> examples = Examples(6);
  for (const auto& [told, objective] : All()) {
    for (const char* numerics : {"fused", "reference"}) {
      SetNumerics(numerics);
      Setting setting{objective};
      const Trained whole = TrainOnce(setting, examples);
      setting.trainer.per_device_train_batch_size = 2;
      setting.trainer.gradient_accumulation_steps = 3;
      const Trained parts = TrainOnce(setting, examples);
      for (size_t i = 0; i < whole.log.size(); ++i) {
        const double loss = whole.log[i]["loss"].get<double>(), norm = whole.log[i]["grad_norm"].get<double>();
        EXPECT_NEAR(parts.log[i]["loss"].get<double>(), loss, 1e-5 * (1 + loss)) << told;
        EXPECT_NEAR(parts.log[i]["grad_norm"].get<double>(), norm, 1e-3 * norm) << told;
      }
      SetNumerics("fused");
    }
  }
}

TEST(Objectives, NothingIsToBeLearntFromATeacherThatIsTheStudent) {
  const std::vector<Example> examples = Examples(6);
  const auto same = LoadCheckpoint(kModel);
  same->Widen();
  const Scorer scorer = ScorerOf(*same);
  for (const auto& [told, objective] : All()) {
    if (objective.name == "dpo") {  // without a step the student is its own reference: every pair is worth log 2
      EXPECT_NEAR(TrainOnce({objective}, examples).log[0]["loss"].get<double>(), std::log(2.0), 1e-5) << told;
    }
    if (!NeedsLiveTeacher(objective)) continue;
    const Trained run = TrainOnce({objective}, examples, {}, &scorer);
    EXPECT_NEAR(run.log[0]["loss"].get<double>(), 0, 1e-6) << told;
    EXPECT_LT(run.log[0]["grad_norm"].get<double>(), 1e-3) << told;
  }
}

TEST(Objectives, EachLearns) {
  const std::vector<Example> examples = Examples(6);
  for (const auto& [told, objective] : All()) {
    if (objective.lmbda > 0) continue;  // the first step's loss is of other answers than the last one's
    Setting setting{objective};
    setting.trainer.max_steps = 30;
    setting.trainer.learning_rate = 3e-3;
    const Trained run = TrainOnce(setting, examples);
    EXPECT_LT(run.log.back()["loss"].get<double>(), 0.8 * run.log.front()["loss"].get<double>()) << told;
  }
}

TEST(Objectives, AdaptersAndBfloat16TakeTheReferencePath) {
  const std::vector<Example> examples = Examples(6);
  for (const auto& [told, objective] : All()) {
    Setting setting{objective};
    setting.lora = {.r = 2, .target_modules = {"all-linear"}};
    setting.trainer.max_steps = 30;
    setting.trainer.learning_rate = 2e-3;
    const Trained lora = TrainOnce(setting, examples);
    if (objective.lmbda == 0) {
      EXPECT_LT(lora.log.back()["loss"].get<double>(), lora.log.front()["loss"].get<double>()) << told;
    }
    if (!NeedsLiveTeacher(objective)) continue;
    setting.trainer.max_steps = 2;
    setting.objective.lmbda = 1;  // decodes from a merged copy
    const Trained own = TrainOnce(setting, examples);
    EXPECT_GT(own.result.own_tokens, 0);
    EXPECT_TRUE(std::isfinite(own.result.final_loss));
  }
  for (const auto& [told, objective] : All()) {
    Setting setting{objective};
    const double wide = TrainOnce(setting, examples).log[0]["loss"].get<double>();
    setting.trainer.bf16 = true;
    EXPECT_NEAR(TrainOnce(setting, examples).log[0]["loss"].get<double>(), wide, 0.03 * (1 + wide)) << told;
  }
}

// On-policy as well, whose answers hang on the weights of the step, and dpo, whose reference is the start.
TEST(Objectives, ResumeToTheBit) {
  const std::vector<Example> examples = Examples(9);
  for (const auto& [told, objective] : All()) {
    Setting setting{objective};
    setting.trainer = {.max_steps = 8, .per_device_train_batch_size = 4, .save_steps = 2};
    const TempDir whole, temp;
    const Trained expected = TrainOnce(setting, examples, {.file = whole.path() / "log.jsonl"});
    struct Stop {};
    for (const int stop : {3, 5}) {
      TrainLog log{.file = temp.path() / "log.jsonl", .checkpoint = temp.path() / "checkpoint"};
      log.progress = [&](int step, int) {
        if (step == stop) throw Stop{};
      };
      EXPECT_THROW(TrainOnce(setting, examples, log), Stop);
    }
    int first = 0;
    TrainLog log{.file = temp.path() / "log.jsonl", .checkpoint = temp.path() / "checkpoint"};
    log.progress = [&](int step, int) { first = first == 0 ? step : first; };
    const Trained resumed = TrainOnce(setting, examples, log);
    EXPECT_EQ(first, 5) << told;
    EXPECT_TRUE(resumed.weights.equal(expected.weights)) << told;
    EXPECT_EQ(ReadFile(temp.path() / "log.jsonl"), ReadFile(whole.path() / "log.jsonl"));
    EXPECT_EQ(resumed.result.teacher_tokens, expected.result.teacher_tokens);
    EXPECT_EQ(resumed.result.own_tokens, expected.result.own_tokens);
    EXPECT_EQ(resumed.result.flops, expected.result.flops);
  }
}

TEST(OnPolicy, EveryStepIsOnTheStudentsOwnAnswersAndTheBudgetIsNeverOverrun) {
  const std::vector<Example> examples = Examples(6);
  Setting setting;
  setting.objective = {.name = "rkl", .lmbda = 1};
  setting.objective.sampling.max_new_tokens = 6;
  setting.trainer.max_steps = 12;
  setting.trainer.warmup_ratio = 0;
  setting.trainer.lr_scheduler_type = "constant";  // so that a budget changes no step before its end
  const Trained free = TrainOnce(setting, examples);
  ASSERT_EQ(free.result.steps, 12);
  EXPECT_GT(free.result.own_tokens, 0);
  EXPECT_EQ(free.result.teacher_tokens, free.result.own_tokens);  // each answer is new, and read once
  for (const auto& line : free.log) {
    EXPECT_TRUE(line["own"].get<bool>());
    EXPECT_LT(line["teacher_logprob"].get<double>(), 0);
    EXPECT_EQ(line["teacher_sha256"].get<std::string>().size(), 64U);
  }
  for (size_t last = 0; last + 1 < free.log.size(); last += 3) {
    const auto read = free.log[last]["teacher_tokens"].get<int64_t>();
    for (const int64_t more : {0, 1}) {
      setting.objective.max_teacher_tokens = read + more;
      const Trained bounded = TrainOnce(setting, examples);
      EXPECT_LE(bounded.result.teacher_tokens, read + more);
      EXPECT_EQ(bounded.result.steps, static_cast<int>(last) + 1);
      EXPECT_EQ(bounded.log.size(), last + 1);
    }
  }
  setting.objective.max_teacher_tokens = 1;  // less than one step reads: nothing is trained
  const Trained none = TrainOnce(setting, examples);
  EXPECT_EQ(none.result.steps, 0);
  EXPECT_EQ(none.result.teacher_tokens, 0);
}

TEST(OnPolicy, TheScheduleRunsByWhatIsSpent) {
  const std::vector<Example> examples = Examples(6);
  Setting setting;
  setting.objective = {.name = "rkl", .lmbda = 1};
  setting.objective.sampling.max_new_tokens = 6;
  setting.trainer.max_steps = 12;
  setting.trainer.warmup_ratio = 0;
  setting.trainer.lr_scheduler_type = "linear";
  const Trained free = TrainOnce(setting, examples);
  setting.objective.max_teacher_tokens = free.log[5]["teacher_tokens"].get<int64_t>();  // half of the steps
  const Trained bounded = TrainOnce(setting, examples);
  ASSERT_GE(bounded.log.size(), 4U);
  const double peak = setting.trainer.learning_rate;
  EXPECT_LT(bounded.log.back()["learning_rate"].get<double>(), 0.3 * peak) << "it ends where the budget does";
  EXPECT_GT(free.log[5]["learning_rate"].get<double>(), 0.5 * peak);
}

TEST(OnPolicy, GivenTextsAreChargedOnceAndTheBudgetHoldsForThemToo) {
  const std::vector<Example> examples = Examples(6);
  int64_t all = 0;
  for (const Example& example : examples) all += static_cast<int64_t>(example.ids.size()) - 1;
  Setting setting{{.name = "fkl"}};
  EXPECT_EQ(TrainOnce(setting, examples).result.teacher_tokens, all);
  setting.objective.max_teacher_tokens = all;
  EXPECT_EQ(TrainOnce(setting, examples).result.steps, 3);
  setting.objective.max_teacher_tokens = all - 1;
  EXPECT_EQ(TrainOnce(setting, examples).result.steps, 0);
}

TEST(Objectives, WhatTheyNeedIsAskedFor) {
  const std::vector<Example> examples = Examples(3);
  const auto model = LoadCheckpoint(kModel);
  const auto train = [&](const ObjectiveConfig& objective, std::vector<Example> rows) {
    return MessageOf([&] { Train(*model, rows, {.max_steps = 1}, 0, {}, {.objective = objective}); });
  };
  EXPECT_THAT(train({.name = "fkl"}, examples), HasSubstr("needs the full logits"));
  std::vector<Example> rows = examples;
  rows[1].known.pop_back();
  EXPECT_THAT(train({.name = "topk"}, rows), HasSubstr("1/0"));
  rows[1].rejected.clear();
  EXPECT_THAT(train({.name = "dpo"}, rows), HasSubstr("no supervised tokens"));
}

}  // namespace
}  // namespace retort
