// The manifest as JSON, both ways.
#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/data/json_fields.h"
#include "core/data/sample_set.h"

namespace retort {

using Json = nlohmann::json;

std::string ToJson(const Manifest& manifest) {
  const Card& teacher = manifest.teacher;
  Json json = {
      {"teacher",
       {{"name", teacher.name},
        {"kind", teacher.kind},
        {"identity", teacher.identity},
        {"licence", teacher.licence},
        {"terms", teacher.terms},
        {"training_allowed", teacher.training_allowed},
        {"disclosure", teacher.disclosure},
        {"name_prefix", teacher.name_prefix},
        {"reveals", teacher.reveals}}},
      {"task", manifest.task},
      {"task_hash", manifest.task_hash},
      {"questions_sha256", manifest.questions_sha256},
      {"seed", manifest.seed},
      {"sampling", manifest.sampling},
      {"counts", Json(manifest.counts)},
      {"usage",
       {{"prompt_tokens", manifest.usage.prompt_tokens}, {"completion_tokens", manifest.usage.completion_tokens}}},
      {"dollars", manifest.dollars},
      {"samples_sha256", manifest.samples_sha256},
      {"version", manifest.version},
      {"created_utc", manifest.created_utc},
  };
  if (!manifest.measures.empty()) json["measures"] = manifest.measures;
  return DumpJson(json) + "\n";
}

Manifest ParseManifest(std::string_view text, const std::string& file) {
  const Where where{.file = file};
  const Json json = ParseJson(text, where);
  const JsonFields fields(json, where);
  Manifest manifest;
  if (const Json* teacher = fields.Find("teacher")) {
    const JsonFields card(*teacher, fields.At("teacher"));
    card.Read("name", manifest.teacher.name);
    card.Read("kind", manifest.teacher.kind);
    card.Read("identity", manifest.teacher.identity);
    card.Read("licence", manifest.teacher.licence);
    card.Read("terms", manifest.teacher.terms);
    card.Read("training_allowed", manifest.teacher.training_allowed);
    card.Read("disclosure", manifest.teacher.disclosure);
    card.Read("name_prefix", manifest.teacher.name_prefix);
    card.Read("reveals", manifest.teacher.reveals);
  }
  fields.Read("task", manifest.task);
  fields.Read("task_hash", manifest.task_hash);
  fields.Read("questions_sha256", manifest.questions_sha256);
  fields.Read("seed", manifest.seed);
  fields.Read("sampling", manifest.sampling);
  if (const Json* counts = fields.Find("counts")) {
    const JsonFields entries(*counts, fields.At("counts"));
    for (const auto& [name, count] : counts->items()) entries.Read(name.c_str(), manifest.counts[name]);
  }
  if (const Json* measures = fields.Find("measures")) {
    const JsonFields entries(*measures, fields.At("measures"));
    for (const auto& [name, value] : measures->items()) entries.Read(name.c_str(), manifest.measures[name]);
  }
  if (const Json* usage = fields.Find("usage")) {
    const JsonFields counts(*usage, fields.At("usage"));
    counts.Read("prompt_tokens", manifest.usage.prompt_tokens);
    counts.Read("completion_tokens", manifest.usage.completion_tokens);
  }
  fields.Read("dollars", manifest.dollars);
  fields.Read("samples_sha256", manifest.samples_sha256);
  fields.Read("version", manifest.version);
  fields.Read("created_utc", manifest.created_utc);
  return manifest;
}

}  // namespace retort
