// result.json, both ways.
#include "core/data/cell.h"

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/data/json_fields.h"

namespace retort {
namespace {

using Json = nlohmann::json;

void PutIfThere(Json& json, const char* key, const std::optional<double>& value) {
  if (value) json[key] = *value;
}

}  // namespace

std::string ToJson(const CellResult& result) {
  Json means = {{"score", result.means.score}, {"parse_rate", result.means.parse_rate}};
  PutIfThere(means, "step_accuracy", result.means.step_accuracy);
  PutIfThere(means, "reference_nats", result.means.reference_nats);
  Json json = {
      {"arm", result.arm},
      {"n", result.n},
      {"seed", result.seed},
      {"task", result.task},
      {"target", result.target},
      {"metric", result.metric},
      {"means", std::move(means)},
      {"prompts_asked", result.prompts_asked},
      {"teacher_tokens", result.teacher_tokens},
      {"supervised_tokens", result.supervised_tokens},
      {"training_flops", result.training_flops},
      {"dollars", result.dollars},
      {"steps", result.steps},
      {"run", result.run},
      {"samples_sha256", result.samples_sha256},
  };
  if (result.live_teacher) json["live_teacher"] = true;
  PutIfThere(json, "retained_skill", result.retained_skill);
  PutIfThere(json, "memoriser", result.memoriser);
  if (!result.extras.empty()) json["extras"] = result.extras;
  return DumpJson(json) + "\n";
}

CellResult ParseCellResult(std::string_view text, const std::string& file) {
  const Where where{.file = file};
  const Json json = ParseJson(text, where);
  const JsonFields fields(json, where);
  for (const char* key : {"arm", "n", "seed", "metric"}) fields.Get(key);
  CellResult result;
  fields.Read("arm", result.arm);
  fields.Read("n", result.n);
  fields.Read("seed", result.seed);
  fields.Read("task", result.task);
  fields.Read("target", result.target);
  fields.Read("metric", result.metric);
  const JsonFields means(fields.Get("means"), fields.At("means"));
  means.Get("score");
  means.Read("score", result.means.score);
  means.Read("parse_rate", result.means.parse_rate);
  means.Read("step_accuracy", result.means.step_accuracy);
  means.Read("reference_nats", result.means.reference_nats);
  fields.Read("prompts_asked", result.prompts_asked);
  fields.Read("teacher_tokens", result.teacher_tokens);
  fields.Read("supervised_tokens", result.supervised_tokens);
  fields.Read("training_flops", result.training_flops);
  fields.Read("dollars", result.dollars);
  fields.Read("steps", result.steps);
  fields.Read("live_teacher", result.live_teacher);
  fields.Read("run", result.run);
  fields.Read("samples_sha256", result.samples_sha256);
  fields.Read("retained_skill", result.retained_skill);
  fields.Read("memoriser", result.memoriser);
  if (const Json* extras = fields.Find("extras"); extras != nullptr) {
    const JsonFields values(*extras, fields.At("extras"));
    for (const auto& [name, value] : extras->items()) values.Read(name.c_str(), result.extras[name]);
  }
  return result;
}

}  // namespace retort
