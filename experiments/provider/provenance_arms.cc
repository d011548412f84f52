#include "experiments/provider/provenance_arms.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/data/fold_mistakes.h"
#include "core/data/folds.h"
#include "experiments/arms/arms.h"
#include "experiments/design/derive.h"
#include "teacher/provider/canaries.h"
#include "teacher/provider/guarded_teacher.h"

namespace retort::provider {
namespace {

using lab::ArmContext;

constexpr double kRivalErrors = 0.075;  // as the default teacher's
constexpr size_t kMixed = 3;            // sources beside the teacher

std::unique_ptr<Teacher> TeacherOf(const ArmContext& context) {
  return lab::MakeGuardedTeacher(context.config().teacher, context.config().policies, context.task(),
                                 context.config_dir());
}

SampleSet MarkedBy(const ArmContext& context, const Keys& keys, int n, uint64_t seed) {
  std::vector<std::unique_ptr<Policy>> policies;
  policies.push_back(MakeWatermarkPolicy(WatermarkOf(context.config().policies.watermark.settings, keys)));
  const std::unique_ptr<Teacher> teacher = Guard(TeacherOf(context), std::move(policies));
  return context.RowsOf(*teacher, n, seed);
}

// As the provider sells them.
SampleSet Sold(ArmContext& context, int n, uint64_t seed) {
  const lab::ProvenanceConfig& config = context.config().provenance;
  const Keys keys = KeysOf(config, seed, "taught_100");
  SampleSet set = config.draws > 0 ? MarkedBy(context, keys, n, seed) : context.TeacherRows(n, seed);
  const uint64_t key = keys.canaries;
  int canaries = 0;
  for (Sample& row : set.samples) {
    const std::string prompt = Text(row.prompt);
    if (!IsCanary(prompt, config.canary_share, key)) continue;
    lab::SetCompletion(row, MakeCanary(prompt, key).answer);
    ++canaries;
  }
  if (canaries > 0) lab::MarkDerived(set, "canaries among them");
  return set;
}

// A row in the second grammar; what is no worked answer stays as it came.
void Paraphrase(Sample& row) {
  const auto prompt = ParseFoldPrompt(Text(row.prompt));
  if (!prompt || prompt->form != FoldForm::kWorked) return;
  const ParsedAnswer answer = ParseFoldAnswer(Text(row.completion));
  if (!answer.value || std::ranges::any_of(answer.steps, [](const FoldStep& step) { return step.left < 0; })) return;
  std::string text;
  for (const FoldStep& step : answer.steps) text += fmt::format("{},{}={} ", step.left, step.digit, step.result);
  lab::SetCompletion(row, text + fmt::format("S{}", *answer.value));
  row.prompt = {{"", FoldPrompt(FindFoldOp(prompt->op), prompt->digits, FoldForm::kSecond)}};
}

// Row i is the provider's where another hundredth part begins: any first rows have their share, whatever n is.
bool IsSold(size_t i, int percent) {
  const auto share = static_cast<size_t>(percent);
  return (i + 1) * share / 100 > i * share / 100;
}

[[noreturn]] void OnlyFolds(const char* arm) {
  throw Error({.place = fmt::format("arm {}", arm)}, "is made for digit folds", "leave it out of `arms`");
}

// By the `number`th source of the seed. Seed 0 of the mistakes is the shipped teachers'.
SampleSet RivalRows(ArmContext& context, int n, uint64_t seed, size_t number) {
  if (!std::holds_alternative<FoldsConfig>(context.task_config())) OnlyFolds("rival");
  SampleSet set = lab::References(context, n, seed);
  const uint64_t mistakes = 1 + seed * (kMixed + 1) + number;
  std::optional<FoldOp> op;
  for (Sample& row : set.samples) {
    const auto prompt = ParseFoldPrompt(Text(row.prompt));
    if (!prompt) OnlyFolds("rival");
    if (!op || op->name != prompt->op) op = WithWrongFacts(FindFoldOp(prompt->op), kRivalErrors, mistakes);
    lab::SetCompletion(row, FoldCompletion(*op, prompt->digits, prompt->form));
  }
  set.manifest.teacher.name = fmt::format("somebody with mistakes of their own, number {}", mistakes);
  set.manifest.samples_sha256 = HashSamples(set.samples);
  return set;
}

SampleSet Blend(ArmContext& context, const TaughtBy& how, int n, uint64_t seed) {
  SampleSet sold = Sold(context, n, seed);
  std::vector<SampleSet> rest;
  if (how.percent < 100 && how.attacker == "mixed teachers") {
    const bool folds = std::holds_alternative<FoldsConfig>(context.task_config());
    const size_t others = folds ? kMixed : context.config().provenance.others.size();
    for (size_t i = 0; i < others; ++i) {
      rest.push_back(folds ? RivalRows(context, n, seed, i + 1) : OtherTeacher(i)(context, n, seed));
    }
  } else if (how.percent < 100) {
    rest.push_back(lab::References(context, n, seed));
  }
  size_t bought = 0;
  for (size_t i = 0; i < sold.samples.size(); ++i) {
    Sample& row = sold.samples[i];
    if (IsSold(i, how.percent)) {
      ++bought;
      if (how.attacker == "paraphrase") Paraphrase(row);
    } else {
      row = rest[i % rest.size()].samples[i];
    }
  }
  if (how.percent < 100 || how.attacker != "none") {
    lab::MarkDerived(sold, fmt::format("{} of {} rows, attacker: {}", bought, sold.samples.size(), how.attacker));
  }
  return sold;
}

}  // namespace

Keys KeysOf(const lab::ProvenanceConfig& config, uint64_t seed, std::string_view arm) {
  const std::string whose = fmt::format("{}/{}", IsTaught(arm) ? "provider" : arm, seed);
  return {.canaries = StableHash(static_cast<uint64_t>(config.secret), "canaries/" + whose),
          .watermark = Sha256Hex(fmt::format("watermark/{}/{}", config.secret, whose))};
}

std::shared_ptr<const Watermark> WatermarkOf(const WatermarkSettings& settings, const Keys& keys) {
  return std::make_shared<Watermark>(settings, keys.watermark);
}

std::optional<TaughtBy> TaughtByOf(std::string_view arm) {
  constexpr std::pair<std::string_view, const char*> kAttackers[] = {
      {"taught_", "none"}, {"paraphrased_", "paraphrase"}, {"mixed_", "mixed teachers"}};
  for (const auto& [prefix, attacker] : kAttackers) {
    if (!arm.starts_with(prefix)) continue;
    TaughtBy taught{.attacker = attacker};
    const std::string_view number = arm.substr(prefix.size());
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), taught.percent);
    if (error == std::errc() && end == number.data() + number.size()) return taught;
  }
  return std::nullopt;
}

bool IsTaught(std::string_view arm) {
  const std::optional<TaughtBy> taught = TaughtByOf(arm);
  return taught && taught->percent > 0;
}

std::function<SampleSet(ArmContext&, int, uint64_t)> TaughtRows(const std::string& arm) {
  return [how = TaughtByOf(arm).value()](ArmContext& context, int n, uint64_t seed) {
    return Blend(context, how, n, seed);
  };
}

std::function<SampleSet(ArmContext&, int, uint64_t)> OtherTeacher(size_t which) {
  return [which](ArmContext& context, int n, uint64_t seed) {
    const std::vector<std::string>& others = context.config().provenance.others;
    const std::unique_ptr<Teacher> teacher = lab::MakeGuardedTeacher(LocalTeacherConfig{.model = others.at(which)}, {},
                                                                     context.task(), context.config_dir());
    return context.RowsOf(*teacher, n, seed);
  };
}

SampleSet Rival(ArmContext& context, int n, uint64_t seed) { return RivalRows(context, n, seed, 0); }

SampleSet OtherKey(ArmContext& context, int n, uint64_t seed) {
  return MarkedBy(context, KeysOf(context.config().provenance, seed, "another provider"), n, seed);
}

std::function<void(const lab::ExperimentConfig&)> NeedsOthers(size_t count) {
  return [count](const lab::ExperimentConfig& config) {
    if (config.provenance.others.size() >= count) return;
    throw Error(
        {.place = "provenance.others"},
        fmt::format("has {} models, and an arm is taught by {} of them", config.provenance.others.size(), count),
        "name more, or leave the arm out");
  };
}

void CheckProvenance(const lab::ExperimentConfig& config, const std::filesystem::path& /*config_dir*/) {
  const lab::ProvenanceConfig& provenance = config.provenance;
  if (!std::holds_alternative<LocalTeacherConfig>(config.teacher)) {
    throw Error({.place = "teacher.kind"}, "a provider has its teacher's weights, and tries them here",
                "set teacher.kind=local and teacher.model");
  }
  for (const std::string& arm : provenance.calibration) {
    if (std::ranges::find(provenance.nulls, arm) != provenance.nulls.end()) continue;
    throw Error({.place = "provenance.calibration"},
                fmt::format("names {}, which is none of provenance.nulls: a threshold comes from students that the "
                            "teacher did not teach",
                            arm),
                "add it to provenance.nulls, or leave it out");
  }
  for (const std::string& arm : provenance.nulls) {
    if (!IsTaught(arm)) continue;
    throw Error({.place = "provenance.nulls"}, fmt::format("names {}, whose students the teacher did teach", arm),
                "leave it out");
  }
  if (!provenance.test.empty() && !IsTaught(provenance.arm)) {
    throw Error({.place = "provenance.arm"}, fmt::format("\"{}\" is no arm of taught students", provenance.arm),
                "name one such as taught_20");
  }
  if (provenance.test == "likelihood" && provenance.calibration.empty()) {
    throw Error({.place = "provenance.calibration"}, "is empty, and the likelihood has no threshold without it",
                "name arms of provenance.nulls");
  }
}

}  // namespace retort::provider
