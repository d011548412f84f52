#include "student/trainer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/numerics.h"
#include "core/base/random.h"
#include "core/config/toml_text.h"
#include "core/lm/device.h"
#include "core/lm/lora.h"
#include "core/lm/scorer.h"
#include "core/lm/transformer.h"
#include "student/batches.h"
#include "student/live_teacher.h"
#include "student/losses.h"
#include "student/optimizer.h"
#include "student/own_answers.h"
#include "student/resume.h"

namespace retort {
namespace {

template <class T>
std::string_view Bytes(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string Fingerprint(const Transformer& model, std::span<const Example> examples, const TrainerConfig& config,
                        uint64_t seed, const Lesson& lesson) {
  Sha256 sha;
  sha.Update(fmt::format("{}\n{}\n{}\n{}\n{} {}\n", NumericsVersion(), seed, NumericsToml(config),
                         NumericsToml(lesson.objective), lesson.vocab,
                         lesson.teacher != nullptr ? lesson.teacher->identity : ""));
  sha.Update(Bytes(lesson.stop_ids));
  for (const Example& example : examples) {
    sha.Update(fmt::format("{}:{}:", example.prompt_length, example.name));
    sha.Update(Bytes(example.ids)).Update(Bytes(example.rejected));
    for (const KnownTokens& known : example.known) sha.Update(Bytes(known.ids)).Update(Bytes(known.probabilities));
  }
  const auto update = [&](const at::Tensor& weights) {
    sha.Update({static_cast<const char*>(weights.const_data_ptr()), weights.nbytes()});
  };
  update(model.flat());
  if (const LoraAdapters* adapters = model.adapters(); adapters != nullptr) {
    sha.Update(NumericsToml(adapters->config()));
    update(adapters->flat());
  }
  return sha.Hex();
}

}  // namespace

void Describe(Describer& d, TrainerConfig& c) {
  d.Field("learning_rate", c.learning_rate, {.help = "peak step size of AdamW", .min = 0, .max = 10});
  d.Field("max_steps", c.max_steps,
          {.help = "optimizer steps; 0: as num_train_epochs says", .unit = "steps", .min = 0, .max = 1e9});
  d.Field("num_train_epochs", c.num_train_epochs,
          {.help = "passes over the samples if max_steps is 0", .unit = "epochs", .min = 0, .max = 1e6});
  d.Field("per_device_train_batch_size", c.per_device_train_batch_size,
          {.help = "samples whose gradients are made together", .unit = "samples", .min = 1, .max = 1 << 20});
  d.Field("gradient_accumulation_steps", c.gradient_accumulation_steps,
          {.help = "such batches of one optimizer step", .min = 1, .max = 1 << 20});
  d.Field("warmup_ratio", c.warmup_ratio,
          {.help = "share of the steps with a rising learning rate", .min = 0, .max = 1});
  d.Field("lr_scheduler_type", c.lr_scheduler_type,
          {.help = "decay after the warm-up", .choices = {"cosine", "linear", "constant"}});
  d.Field("min_lr_ratio", c.min_lr_ratio, {.help = "last learning rate as a share of the peak", .min = 0, .max = 1});
  d.Field("weight_decay", c.weight_decay,
          {.help = "decoupled decay of matrices; norms have none", .min = 0, .max = 10});
  d.Field("adam_beta1", c.adam_beta1, {.help = "decay of the first moment", .min = 0, .max = 0.9999999});
  d.Field("adam_beta2", c.adam_beta2, {.help = "decay of the second moment", .min = 0, .max = 0.9999999});
  d.Field("adam_epsilon", c.adam_epsilon, {.help = "added to the root of the second moment", .min = 1e-20, .max = 1});
  d.Field("max_grad_norm", c.max_grad_norm, {.help = "gradients are clipped to this norm; 0: never", .min = 0});
  d.Field("max_length", c.max_length,
          {.help = "longer samples are cut on the right", .unit = "tokens", .min = 2, .max = 1 << 24});
  d.Field("bf16", c.bf16, {.help = "matrix products in bfloat16; weights and moments stay float32"});
  d.Field("device", c.device, {.help = "where training runs; answering stays on the CPU", .choices = {"cpu", "cuda"}});
  d.Field("save_steps", c.save_steps,
          {.help = "a checkpoint to resume from every so many steps; 0: none",
           .unit = "steps",
           .min = 0,
           .numerics = false});
}

namespace {

void CheckIds(const std::vector<int>& ids, const ModelConfig& model) {
  CheckVocabulary(ids, model);
  if (static_cast<int64_t>(ids.size()) - 1 <= model.MaxPositions()) return;
  throw Error({}, fmt::format("a sample has {} tokens, the model {} positions", ids.size(), model.MaxPositions()),
              fmt::format("cut samples with trainer.max_length={}", model.MaxPositions() + 1));
}

// Tokens that are run in a step.
int TokensOf(const Example& example) {
  const size_t rejected = example.rejected.empty() ? 0 : example.rejected.size() - 1;
  return static_cast<int>(example.ids.size() - 1 + rejected);
}

int64_t Supervised(const Example& example) {
  const size_t rejected =
      example.rejected.empty() ? 0 : example.rejected.size() - static_cast<size_t>(example.prompt_length);
  return static_cast<int64_t>(example.ids.size()) - example.prompt_length + static_cast<int64_t>(rejected);
}

void CheckExamples(std::span<const Example> examples, const ModelConfig& model, const Lesson& lesson) {
  const Needs needs = InfoOf(lesson.objective).needs;
  if (examples.empty()) throw Error("there are no samples to train on");
  if (needs == Needs::kFullLogits && lesson.teacher == nullptr) {
    throw Error(fmt::format("the objective {} needs the full logits of a teacher at hand", lesson.objective.name));
  }
  for (const Example& example : examples) {
    const auto prompt = static_cast<size_t>(example.prompt_length);
    if (example.prompt_length < 1 || example.ids.size() <= prompt ||
        (needs == Needs::kPairs && example.rejected.size() <= prompt)) {
      throw Error("a sample has no supervised tokens");
    }
    if (needs == Needs::kTopK && example.known.size() != example.ids.size() - prompt) {
      throw Error(fmt::format("sample {} has tokens without log-probabilities", example.name));
    }
    CheckIds(example.ids, model);
    if (needs == Needs::kPairs) CheckIds(example.rejected, model);
  }
}

}  // namespace

static TrainResult TrainWithRoom(Transformer& model, std::span<const Example> examples, const TrainerConfig& config,
                                 uint64_t seed, const TrainLog& log, const Lesson& lesson) {
  CheckExamples(examples, model.config(), lesson);
  const bool live = NeedsLiveTeacher(lesson.objective);
  std::vector<int> lengths;
  for (const Example& example : examples) lengths.push_back(TokensOf(example) + 1);
  const int micro = config.per_device_train_batch_size;
  BatchPlan plan(lengths, micro * config.gradient_accumulation_steps, seed);
  const int64_t steps =
      config.max_steps > 0
          ? config.max_steps
          : static_cast<int64_t>(std::ceil(config.num_train_epochs * static_cast<double>(plan.batches_per_epoch())));

  model.Widen();
  TrainResult result;
  const bool resumable = !log.checkpoint.empty() && (config.save_steps > 0 || log.save_seconds > 0);
  const Resume resume(log.checkpoint, resumable ? Fingerprint(model, examples, config, seed, lesson) : "");
  RequireDevice(config.device);
  const SameBitsOn same_bits(config.device);
  model.To(config.device);
  model.UseBfloat16(config.bf16);
  AdamW optimizer(model, config);
  const int vocab = lesson.vocab > 0 ? lesson.vocab : model.config().vocab_size;
  std::optional<LiveTeacher> teacher;
  if (live) teacher.emplace(*lesson.teacher, lesson.objective, vocab, examples);
  Losses objective(model, lesson.objective, vocab,
                   [&](std::span<const Example* const> asked) { return teacher->Rows(asked); });
  const int64_t prepared = objective.Prepare(examples, micro);
  OwnAnswers own_answers(model, lesson.objective.sampling, lesson.stop_ids, vocab, config.max_length, seed);
  const auto draws = [&](int64_t step) {
    const double share = lesson.objective.lmbda;
    return live && share > 0 && RandomStream(seed, fmt::format("objective/own/{}", step)).Uniform() < share;
  };
  const auto examples_of = [&](int64_t step) {
    std::vector<const Example*> batch;
    for (const int i : plan.Batch(step)) batch.push_back(&examples[static_cast<size_t>(i)]);
    return batch;
  };
  const int64_t done = resumable ? resume.Load(model, optimizer, result) : 0;
  for (int64_t step = 0; live && step < done; ++step) {
    if (!draws(step)) teacher->Restore(result.teacher_tokens, examples_of(step));
  }
  if (live) teacher->Restore(result.teacher_tokens, {});
  std::vector<double> losses;
  std::optional<LineAppender> lines;
  if (!log.file.empty()) {
    losses = KeepLog(log.file, done);
    lines.emplace(log.file);
  }
  model.EnableGradients();
  LoraAdapters* const adapters = model.adapters();
  const bool dropout = adapters != nullptr && adapters->config().lora_dropout > 0;
  if (adapters != nullptr) adapters->Train(true);
  double saved = MonotonicSeconds();
  const auto save_is_due = [&](int64_t steps_done) {
    return resumable && ((config.save_steps > 0 && steps_done % config.save_steps == 0) ||
                         (log.save_seconds > 0 && MonotonicSeconds() - saved >= log.save_seconds));
  };
  // A budget of the teacher's tokens may end the steps early: the schedule then runs by what is spent.
  const int64_t budget = live ? lesson.objective.max_teacher_tokens : 0;
  const auto scheduled = [&](int64_t step) {
    if (budget == 0) return step;
    const double spent = static_cast<double>(teacher->charged()) / static_cast<double>(budget);
    return std::clamp(static_cast<int64_t>(spent * static_cast<double>(steps)), step, steps - 1);
  };
  result.steps = static_cast<int>(done);
  for (int64_t step = done; step < steps; ++step) {
    std::vector<const Example*> batch = examples_of(step);
    std::vector<Example> own;
    if (draws(step)) {
      own = own_answers.Draw(batch, step);
      std::ranges::transform(own, batch.begin(), [](const Example& example) { return &example; });
    }
    if (live && !teacher->Charge(batch)) break;  // the budget
    int64_t supervised = 0, count = 0;
    for (const Example* example : batch) {
      supervised += Supervised(*example);
      count += objective.Count(*example);
      result.tokens += TokensOf(*example);
      if (!own.empty()) result.own_tokens += TokensOf(*example);
    }
    double loss = 0;
    if (dropout) at::manual_seed(StableHash(seed, fmt::format("dropout/{}", step)));
    for (size_t begin = 0; begin < batch.size(); begin += static_cast<size_t>(micro)) {
      loss += objective.Accumulate(
          std::span(batch).subspan(begin, std::min(static_cast<size_t>(micro), batch.size() - begin)), count);
    }
    const double learning_rate = LearningRate(config, scheduled(step), steps);
    const double norm = optimizer.Step(learning_rate);
    if (!std::isfinite(loss) || !std::isfinite(norm)) {
      throw Error(fmt::format("the loss is not finite at step {} (learning_rate {})", step + 1, learning_rate));
    }
    losses.push_back(loss);
    result.steps = static_cast<int>(step) + 1;
    result.supervised_tokens += supervised;
    if (live) result.teacher_tokens = teacher->charged();
    if (lines) {
      nlohmann::json line = {{"step", step + 1},
                             {"loss", loss},
                             {"learning_rate", learning_rate},
                             {"grad_norm", norm},
                             {"tokens", result.tokens}};
      if (live) {
        const LiveTeacher::Replies replies = teacher->TakeReplies();
        line["own"] = !own.empty();
        line["teacher_tokens"] = result.teacher_tokens;
        line["teacher_logprob"] = replies.logprob;
        line["teacher_sha256"] = replies.sha256;
      }
      lines->Append(DumpJson(line));
    }
    if (step + 1 < steps && save_is_due(step + 1)) {
      if (lines) lines->Sync();  // a machine that goes down must not leave a checkpoint that is ahead of its log
      resume.Save(model, optimizer, result);
      saved = MonotonicSeconds();
    }
    if (log.progress) log.progress(result.steps, static_cast<int>(steps));
  }
  if (adapters != nullptr) adapters->Train(false);
  model.To("cpu");
  model.UseBfloat16(false);
  const auto frozen = static_cast<double>(adapters != nullptr ? model.config().ParameterCount() : 0);
  result.trained_parameters = model.trainable().flat.numel();
  result.parameters = model.config().ParameterCount() + (adapters != nullptr ? result.trained_parameters : 0);
  const auto trained = static_cast<double>(result.trained_parameters);
  result.flops = (4.0 * frozen + 6.0 * trained) * static_cast<double>(result.tokens) +
                 2.0 * (frozen + trained) * static_cast<double>(result.own_tokens + prepared);
  const size_t tail = std::max<size_t>(1, losses.size() / 10);
  for (size_t i = losses.size() - std::min(tail, losses.size()); i < losses.size(); ++i) {
    result.final_loss += losses[i] / static_cast<double>(tail);
  }
  return result;
}

TrainResult Train(Transformer& model, std::span<const Example> examples, const TrainerConfig& config, uint64_t seed,
                  const TrainLog& log, const Lesson& lesson) {
  try {
    return TrainWithRoom(model, examples, config, seed, log, lesson);
  } catch (const c10::OutOfMemoryError&) {  // LibTorch's of a GPU
    throw Error({},
                fmt::format("device={}: the GPU has too little memory for a batch of {} samples", config.device,
                            config.per_device_train_batch_size),
                "lower trainer.per_device_train_batch_size and raise trainer.gradient_accumulation_steps as much");
  }
}

}  // namespace retort
