// Sample files: JSON lines in TRL's prompt-completion form, and the manifest that says where they come from.
// `prompt` and `completion` are both strings (plain text) or both lists of {role, content}; a pair has TRL's preference
// keys, `chosen` and `rejected`, in place of `completion`. TRL and `datasets` read them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/sample.h"

namespace retort {

// Who taught and under which terms.
struct Card {
  std::string name;      // "folds-teacher", "SmolLM2-135M-Instruct"
  std::string kind;      // "local", "oracle", "api", "replay"
  std::string identity;  // what fixes the answers: sha256 of the weights, an endpoint and model name
  std::string licence;   // SPDX id or "unknown"
  std::string terms;     // URL or one line
  std::string training_allowed = "unknown";  // "yes", "no", "with disclosure", "unknown"
  std::string disclosure;                    // text owed by a student, empty if none
  std::string name_prefix;                   // what a student's name must begin with, empty if nothing
  std::string reveals = "text";              // "text", "top logprobs", "logits"
};

// Measures that a cell has columns for: what making the rows took of the teacher, where the rows do not say it.
inline constexpr std::string_view kTeacherTokens = "teacher_tokens", kTeacherWritten = "teacher_written_tokens",
                                  kPromptsAsked = "prompts_asked";

struct Manifest {
  Card teacher;
  std::string task;              // resolved task config, TOML
  std::string task_hash;         // sha256 over the task's content (file content for a file task)
  std::string questions_sha256;  // over the prompts of the seed's pool: those that a collection may ask
  uint64_t seed = 0;
  std::string sampling;                    // resolved sampling config, TOML
  std::map<std::string, int64_t> counts;   // "asked", "answered", "stored", "dropped.<filter>"
  std::map<std::string, double> measures;  // what making the rows showed ("judge_true_positive_rate"): a cell's extras
  Usage usage;                             // whole collection, dropped answers too
  double dollars = 0;
  std::string samples_sha256;
  std::string version, created_utc;
};

// One JSON line, without the newline. Round trip: ParseSample(ToJsonLine(s)) == s.
std::string ToJsonLine(const Sample& sample);
// Throws Error at file:line for what is no sample (wrong types, missing prompt or completion, mixed forms). Unknown
// keys are ignored, as in files that others made; a missing id becomes "line-<n>".
Sample ParseSample(std::string_view line, const std::string& file, int line_number);

std::string ToJson(const Manifest& manifest);
Manifest ParseManifest(std::string_view text, const std::string& file);

std::vector<Sample> ReadSamples(const std::filesystem::path& path);
void WriteSamples(const std::filesystem::path& path, const std::vector<Sample>& samples);  // atomic

struct SampleSet {
  Manifest manifest;
  std::vector<Sample> samples;
  // The first n rows when the prompts are ranked by StableHash(seed, id): subsets are nested (Subset(4) is a prefix of
  // Subset(8)), attempts of an id stay adjacent. Throws Error if there are fewer than n rows.
  SampleSet Subset(int n, uint64_t seed) const;
};

// Reads `path` and, where it exists, the manifest beside it ("manifest.json" in the same folder).
SampleSet ReadSampleSet(const std::filesystem::path& path);
// sha256 over the JSON lines of the rows, in order: what identifies a training set.
std::string HashSamples(const std::vector<Sample>& samples);

}  // namespace retort
