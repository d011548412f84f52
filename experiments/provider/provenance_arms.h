// Arms of `provenance`: students of which all rows, some, or none came from the teacher that its provider looks for.
// All learn from the same prompts; who answered each of them is what differs.
//
// The provider marks what it sells: with canaries (provenance.canary_share), and where provenance.draws asks for it
// with a watermark (policies.watermark, whose key is the seed's own).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/data/sample_set.h"
#include "experiments/design/experiment.h"
#include "teacher/provider/watermark.h"

namespace retort::provider {

// Whose keys a student of the arm is tried with. Every seed has a provider of its own, so that what one key makes of a
// text by chance is not taken for a property of students; and so has each untaught student, for the same reason: the
// keys of one provider would find the same in all students of a seed.
struct Keys {
  uint64_t canaries = 0;
  std::string watermark;
};
Keys KeysOf(const lab::ProvenanceConfig& config, uint64_t seed, std::string_view arm);
std::shared_ptr<const Watermark> WatermarkOf(const WatermarkSettings& settings, const Keys& keys);

// How a student of the arm was taught by the teacher: "taught_20", "paraphrased_20" and "mixed_20" give 20 % of the
// rows; "mixed_0" none; nullopt for arms of another name.
struct TaughtBy {
  std::string attacker;  // "none", "paraphrase", "mixed teachers"
  int percent = 0;       // 0 to 100
};
std::optional<TaughtBy> TaughtByOf(std::string_view arm);
bool IsTaught(std::string_view arm);  // by the teacher, in part at least

// Arm::rows. Of 100 rows `percent` are the provider's answers, evenly spread, and the rest the task's own solutions.
// paraphrased: the provider's rows are told in the second grammar, prompts and answers (digit folds only). mixed: the
// rest is shared out to three sources such as Rival; on other tasks than digit folds, to the models of
// provenance.others.
std::function<SampleSet(lab::ArmContext&, int, uint64_t)> TaughtRows(const std::string& arm);
// Answers of provenance.others[which], as they come.
std::function<SampleSet(lab::ArmContext&, int, uint64_t)> OtherTeacher(size_t which);
// The task's solutions by somebody as strong as the default teacher who holds other facts wrongly, drawn anew for each
// seed. Digit folds only.
SampleSet Rival(lab::ArmContext& context, int n, uint64_t seed);
// The teacher's answers with another provider's watermark.
SampleSet OtherKey(lab::ArmContext& context, int n, uint64_t seed);

// Arm::check. Throws Error where provenance.others has not so many.
std::function<void(const lab::ExperimentConfig&)> NeedsOthers(size_t count);

// Throws Error for what the config gets wrong about these arms and the page: before anything runs.
void CheckProvenance(const lab::ExperimentConfig& config, const std::filesystem::path& config_dir);

}  // namespace retort::provider
