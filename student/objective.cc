#include "student/objective.h"

#include <fmt/format.h>

#include <array>
#include <cassert>

#include "core/base/error.h"

namespace retort {
namespace {

constexpr std::array<ObjectiveInfo, 8> kObjectives = {{
    {"sft", Needs::kText, "-log S(token)"},
    {"fkl", Needs::kFullLogits, "KL(T || S)"},
    {"rkl", Needs::kFullLogits, "KL(S || T)"},
    {"jsd", Needs::kFullLogits, "beta KL(T || M) + (1 - beta) KL(S || M), M = beta T + (1 - beta) S"},
    {"skew_fkl", Needs::kFullLogits, "KL(T || alpha T + (1 - alpha) S)"},
    {"skew_rkl", Needs::kFullLogits, "KL(S || alpha S + (1 - alpha) T)"},
    {"topk", Needs::kTopK, "KL(T || S) over the tokens that are known and one bucket for all others"},
    {"dpo", Needs::kPairs, "-log sigmoid(beta (log S/S0 (chosen) - log S/S0 (rejected)))"},
}};

}  // namespace

double ObjectiveConfig::Beta() const { return beta.value_or(name == "dpo" ? 0.1 : 0.5); }
double ObjectiveConfig::Alpha() const { return alpha.value_or(0.1); }

void Describe(Describer& d, ObjectiveConfig& c) {
  Option names{.help = "what is made small; docs/objectives.md"};
  for (const ObjectiveInfo& info : kObjectives) names.choices.push_back(info.name);
  d.Field("name", c.name, names);
  d.Field("temperature", c.temperature,
          {.help = "loss temperature: logits of teacher and student are divided by it", .min = 1e-3, .max = 1e3});
  d.Field("temperature_squared_scaling", c.temperature_squared_scaling,
          {.help = "multiply the loss by temperature squared, so that its gradient keeps its size"});
  d.Field(
      "beta", c.beta,
      {.help = "jsd: weight of the teacher in the mixture, default .5; dpo: how much a log-ratio counts, default .1",
       .min = 0,
       .max = 100});
  d.Field("alpha", c.alpha,
          {.help = "skew_fkl, skew_rkl: how much of its own first argument the mixture holds, default .1",
           .min = 0,
           .max = 1});
  d.Field("top_k", c.top_k,
          {.help = "topk: so many of the most likely tokens in the samples; 0: all",
           .unit = "tokens",
           .min = 0,
           .max = 1 << 20});
  d.Field("label_smoothing", c.label_smoothing,
          {.help = "dpo: assumed share of pairs that are the wrong way round", .min = 0, .max = 0.5});
  d.Field("lmbda", c.lmbda,
          {.help = "share of the steps on the student's own answers to the prompts, judged by the teacher",
           .min = 0,
           .max = 1});
  d.Group("sampling", c.sampling, "how the student draws these answers");
  d.Field("max_teacher_tokens", c.max_teacher_tokens,
          {.help = "training ends before the live teacher has read more, prompts and answers; 0: no end",
           .unit = "tokens",
           .min = 0});
}

std::span<const ObjectiveInfo> Objectives() { return kObjectives; }

const ObjectiveInfo& InfoOf(const ObjectiveConfig& config) {
  for (const ObjectiveInfo& info : kObjectives) {
    if (info.name == config.name) return info;
  }
  throw Error(fmt::format("there is no objective \"{}\"", config.name));
}

void CheckObjective(const ObjectiveConfig& config, std::string_view key) {
  const std::string& name = config.name;
  const bool live = NeedsLiveTeacher(config), skew = name.starts_with("skew_");
  const ObjectiveConfig standard;
  const auto refuse = [&](bool set, bool used, const char* option) {
    if (!set || used) return;
    throw Error({.place = fmt::format("{}.{}", key, option)}, fmt::format("{} has no use for it", name),
                "leave it out, or choose an objective of docs/objectives.md that has");
  };
  refuse(config.temperature != 1, live, "temperature");
  refuse(config.temperature_squared_scaling, live, "temperature_squared_scaling");
  refuse(config.beta.has_value(), name == "jsd" || name == "dpo", "beta");
  refuse(config.alpha.has_value(), skew, "alpha");
  refuse(config.top_k > 0, name == "topk", "top_k");
  refuse(config.label_smoothing > 0, name == "dpo", "label_smoothing");
  refuse(config.lmbda > 0, live, "lmbda");
  refuse(config.sampling != standard.sampling, live && config.lmbda > 0, "sampling");
  refuse(config.max_teacher_tokens > 0, live, "max_teacher_tokens");
  if (name == "jsd" && config.Beta() > 1) {
    throw Error({.place = fmt::format("{}.beta", key)}, "is a weight of jsd's mixture", "give one from 0 to 1");
  }
  if (name == "dpo" && config.Beta() <= 0) {
    throw Error({.place = fmt::format("{}.beta", key)}, "must be above 0: else no pair says anything");
  }
  if (config.sampling.seed != 0 || config.sampling.top_logprobs >= 0) {
    throw Error({.place = fmt::format("{}.sampling", key)}, "seed and top_logprobs have no use here",
                "the run's own seed names the streams of chance");
  }
}

void CheckSamples(const ObjectiveConfig& config, std::span<const Sample> samples, const std::string& file) {
  const Needs needs = InfoOf(config).needs;
  for (const Sample& sample : samples) {
    const Where where{.file = file, .place = fmt::format("sample {}", Excerpt(sample.id))};
    if (needs == Needs::kPairs && sample.rejected.empty()) {
      throw Error(where, fmt::format("has no rejected answer, and {} learns from pairs", config.name),
                  "give samples with prompt, chosen and rejected");
    }
    if (needs == Needs::kTopK && sample.logprobs.empty()) {
      throw Error(where, fmt::format("has no logprobs, and {} learns from them", config.name),
                  "collect with collect.sampling.top_logprobs=20, and keep the answers as they came");
    }
  }
}

}  // namespace retort
