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
#include "core/config/toml_text.h"
#include "core/lm/chat.h"
#include "core/lm/device.h"
#include "core/lm/lora.h"
#include "core/lm/safetensors.h"
#include "core/lm/tokenizer.h"
#include "core/lm/transformer.h"
#include "student/batches.h"
#include "student/optimizer.h"
#include "student/sft.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

int64_t Supervised(const Example& example) { return static_cast<int64_t>(example.ids.size()) - example.prompt_length; }

// A checkpoint to resume from: weights and moments in one file, named by a small JSON file that is written last.
class Resume {
 public:
  Resume(fs::path folder, std::string fingerprint) : folder_(std::move(folder)), fingerprint_(std::move(fingerprint)) {}

  // Restores and returns the number of steps done; 0 if there is nothing of this very run.
  int64_t Load(Transformer& model, AdamW& optimizer, TrainResult& result) const {
    if (folder_.empty() || !fs::exists(folder_ / "state.json")) return 0;
    const std::string file = (folder_ / "state.json").string();
    const nlohmann::json state = ParseJson(ReadFile(file), {.file = file});
    if (state.value("fingerprint", "") != fingerprint_) return 0;
    const auto steps = state.at("step").get<int64_t>();
    const SafetensorsFile tensors(folder_ / state.at("tensors").get<std::string>());
    const at::NoGradGuard no_grad;
    const at::Tensor parameters = model.trainable().flat;
    const std::vector<int64_t> shape = {parameters.numel()};
    tensors.ReadInto("parameters", parameters);
    optimizer.Restore(tensors.Read("first_moment", shape), tensors.Read("second_moment", shape), steps);
    result.supervised_tokens = state.at("supervised_tokens").get<int64_t>();
    result.tokens = state.at("tokens").get<int64_t>();
    return steps;
  }

  void Save(const Transformer& model, const AdamW& optimizer, const TrainResult& result) const {
    const std::string name = fmt::format("step-{}.safetensors", result.steps);
    WriteSafetensors(folder_ / name,
                     {{"parameters", model.trainable().flat},
                      {"first_moment", optimizer.first_moment()},
                      {"second_moment", optimizer.second_moment()}},
                     "float32");
    WriteFileAtomic(folder_ / "state.json", DumpJson({{"step", result.steps},
                                                      {"tensors", name},
                                                      {"supervised_tokens", result.supervised_tokens},
                                                      {"tokens", result.tokens},
                                                      {"fingerprint", fingerprint_}}));
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path().extension() == ".safetensors" && entry.path().filename() != name) fs::remove(entry.path());
    }
  }

 private:
  fs::path folder_;
  std::string fingerprint_;
};

// The lines of a log up to a step, so that a resumed log equals an uninterrupted one. Returns their losses.
std::vector<double> KeepLog(const fs::path& file, int64_t steps) {
  std::vector<double> losses;
  std::string kept;
  if (fs::exists(file)) {
    ForEachLine(file, [&](std::string_view line, int number) {
      if (number > steps) return false;
      losses.push_back(ParseJson(line, {.file = file.string(), .line = number}).at("loss").get<double>());
      kept += std::string(line) + "\n";
      return true;
    });
  }
  WriteFileAtomic(file, kept);
  return losses;
}

std::string Fingerprint(const Transformer& model, std::span<const Example> examples, const TrainerConfig& config,
                        uint64_t seed) {
  Sha256 sha;
  sha.Update(fmt::format("{}\n{}\n{}\n", NumericsVersion(), seed, NumericsToml(config)));
  for (const Example& example : examples) {
    sha.Update(fmt::format("{}:", example.prompt_length));
    sha.Update({reinterpret_cast<const char*>(example.ids.data()), example.ids.size() * sizeof(int)});
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

std::vector<Example> Tokenise(const Tokenizer& tokenizer, const std::string& chat_template,
                              std::span<const Sample> samples, int max_length) {
  std::vector<Example> examples;
  for (const Sample& sample : samples) {
    Example example{.ids = EncodePrompt(tokenizer, chat_template, sample.prompt)};
    example.prompt_length = static_cast<int>(example.ids.size());
    std::vector<int> completion = EncodeCompletion(tokenizer, chat_template, sample.completion);
    // An answer that was cut off did not end there: its end must not be learnt.
    if (sample.finish_reason == "length") completion.pop_back();
    example.ids.insert(example.ids.end(), completion.begin(), completion.end());
    if (static_cast<int>(example.ids.size()) > max_length) example.ids.resize(static_cast<size_t>(max_length));
    if (static_cast<int>(example.ids.size()) <= example.prompt_length) {
      throw Error(fmt::format("sample {}: the prompt alone has {} tokens, max_length is {}", sample.id,
                              example.prompt_length, max_length));
    }
    examples.push_back(std::move(example));
  }
  return examples;
}

static TrainResult TrainWithRoom(Transformer& model, std::span<const Example> examples, const TrainerConfig& config,
                                 uint64_t seed, const TrainLog& log) {
  if (examples.empty()) throw Error("there are no samples to train on");
  std::vector<int> lengths;
  for (const Example& example : examples) {
    if (Supervised(example) <= 0 || example.prompt_length < 1) throw Error("a sample has no supervised tokens");
    CheckVocabulary(example.ids, model.config());
    lengths.push_back(static_cast<int>(example.ids.size()));
    if (lengths.back() - 1 > model.config().MaxPositions()) {
      throw Error(
          {},
          fmt::format("a sample has {} tokens, the model {} positions", lengths.back(), model.config().MaxPositions()),
          fmt::format("cut samples with trainer.max_length={}", model.config().MaxPositions() + 1));
    }
  }
  const int micro = config.per_device_train_batch_size;
  BatchPlan plan(lengths, micro * config.gradient_accumulation_steps, seed);
  const int64_t steps =
      config.max_steps > 0
          ? config.max_steps
          : static_cast<int64_t>(std::ceil(config.num_train_epochs * static_cast<double>(plan.batches_per_epoch())));

  model.Widen();
  TrainResult result;
  const bool resumable = !log.checkpoint.empty() && (config.save_steps > 0 || log.save_seconds > 0);
  const Resume resume(log.checkpoint, resumable ? Fingerprint(model, examples, config, seed) : "");
  RequireDevice(config.device);
  const SameBitsOn same_bits(config.device);
  model.To(config.device);
  model.UseBfloat16(config.bf16);
  AdamW optimizer(model, config);
  const int64_t done = resumable ? resume.Load(model, optimizer, result) : 0;
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
  Sft objective(model);
  double saved = MonotonicSeconds();
  const auto save_is_due = [&](int64_t steps_done) {
    return resumable && ((config.save_steps > 0 && steps_done % config.save_steps == 0) ||
                         (log.save_seconds > 0 && MonotonicSeconds() - saved >= log.save_seconds));
  };
  for (int64_t step = done; step < steps; ++step) {
    const std::vector<int>& batch = plan.Batch(step);
    int64_t supervised = 0;
    for (const int i : batch) {
      supervised += Supervised(examples[static_cast<size_t>(i)]);
      result.tokens += lengths[static_cast<size_t>(i)] - 1;
    }
    double loss = 0;
    if (dropout) at::manual_seed(StableHash(seed, fmt::format("dropout/{}", step)));
    for (size_t begin = 0; begin < batch.size(); begin += static_cast<size_t>(micro)) {
      const std::span<const int> chosen =
          std::span(batch).subspan(begin, std::min(static_cast<size_t>(micro), batch.size() - begin));
      loss += objective.Accumulate(examples, chosen, supervised);
    }
    const double learning_rate = LearningRate(config, step, steps);
    const double norm = optimizer.Step(learning_rate);
    if (!std::isfinite(loss) || !std::isfinite(norm)) {
      throw Error(fmt::format("the loss is not finite at step {} (learning_rate {})", step + 1, learning_rate));
    }
    losses.push_back(loss);
    result.steps = static_cast<int>(step) + 1;
    result.supervised_tokens += supervised;
    if (lines) {
      lines->Append(DumpJson({{"step", step + 1},
                              {"loss", loss},
                              {"learning_rate", learning_rate},
                              {"grad_norm", norm},
                              {"tokens", result.tokens}}));
    }
    if (step + 1 < steps && save_is_due(step + 1)) {
      if (lines) lines->Sync();  // a machine that goes down must not leave a checkpoint that is ahead of its log
      resume.Save(model, optimizer, result);
      saved = MonotonicSeconds();
    }
    if (log.progress) log.progress(result.steps, static_cast<int>(steps));
  }
  result.steps = static_cast<int>(steps);
  if (adapters != nullptr) adapters->Train(false);
  model.To("cpu");
  model.UseBfloat16(false);
  const auto frozen = static_cast<double>(adapters != nullptr ? model.config().ParameterCount() : 0);
  result.trained_parameters = model.trainable().flat.numel();
  result.parameters = model.config().ParameterCount() + (adapters != nullptr ? result.trained_parameters : 0);
  const auto trained = static_cast<double>(result.trained_parameters);
  result.flops = (4.0 * frozen + 6.0 * trained) * static_cast<double>(result.tokens);
  const size_t tail = std::max<size_t>(1, losses.size() / 10);
  for (size_t i = losses.size() - std::min(tail, losses.size()); i < losses.size(); ++i) {
    result.final_loss += losses[i] / static_cast<double>(tail);
  }
  return result;
}

TrainResult Train(Transformer& model, std::span<const Example> examples, const TrainerConfig& config, uint64_t seed,
                  const TrainLog& log) {
  try {
    return TrainWithRoom(model, examples, config, seed, log);
  } catch (const c10::OutOfMemoryError&) {  // LibTorch's of a GPU
    throw Error({},
                fmt::format("device={}: the GPU has too little memory for a batch of {} samples", config.device,
                            config.per_device_train_batch_size),
                "lower trainer.per_device_train_batch_size and raise trainer.gradient_accumulation_steps as much");
  }
}

}  // namespace retort
