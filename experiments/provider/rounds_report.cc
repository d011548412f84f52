#include "experiments/provider/rounds_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "experiments/provider/rounds_words.h"

namespace retort::provider {
namespace {

constexpr size_t kDocument = 2;  // of kTierNames

// As it can be typed: "1000", "10 million".
std::string PeopleName(double people) { return people < 1e6 ? fmt::format("{:g}", people) : People(people); }

BreakEvens FindBreakEvens(RoundsKind kind, const RoundsStudy& study, Among among) {
  BreakEvens found;
  for (int decade = 1; decade <= 8; ++decade) found.needs.push_back(std::pow(10.0, decade));
  for (size_t p = 1; p < study.policies.size(); ++p) {
    const ProviderPolicy& policy = study.policies[p];
    if (kind == RoundsKind::kIdentity && policy.resellers_vouch) continue;
    found.names.push_back(policy.name);
    std::vector<double>& prices = found.prices.emplace_back();
    for (const double need : found.needs) {
      const RoundsCell* tried = study.Find(p, need);
      const RoundsCell cell = tried != nullptr ? *tried : RoundsCell{BestUses(study.world, policy, need)};
      prices.push_back(kind == RoundsKind::kIdentity ? BreakEvenAccount(study.world, policy, need, cell, among)
                                                     : BreakEvenTraffic(study.world, policy, need, cell, among));
    }
  }
  return found;
}

}  // namespace

void Describe(Describer& d, RoundsConfig& c) {
  d.Field(
      "few_samples_summary", c.few_samples_summary,
      {.help = "summary.csv of a few_samples run, with its cells.csv beside it, whose N90 are the need; empty: none",
       .numerics = false});
  d.Field("arm", c.arm, {.help = "of that summary"});
  d.Field("task", c.task, {.help = "of that summary, whose N90 is drawn from its bootstrap"});
  d.Field("mark", c.mark, {.help = "entry of the register needle: a published size, which verdict and tables take"});
  d.Field("alleged", c.alleged, {.help = "entry of the register needle: an alleged volume beside it"});
  d.Field("policy", c.policy, {.help = "of the ladder, which the verdict is about"});
  d.Field(
      "people_a_thousand", c.people_a_thousand,
      {.help = "address_blocking: honest people that a provider is ready to block for a thousand confirmed requests",
       .unit = "people",
       .min = 0,
       .max = 1e12});
  d.Field("per_decade", c.per_decade, {.help = "volumes tried, beside the known ones", .min = 1, .max = 20});
  d.Field("draws", c.draws, {.help = "from what the registers hold plausible; 0: none", .min = 0, .max = 100000});
  d.Field("seed", c.seed, {.help = "of the draws", .min = 0});
  d.Field("threads", c.threads, {.help = "any number gives the same result", .min = 1, .max = 256, .numerics = false});
}

std::vector<ProviderPolicy> Ladder(RoundsKind kind, const RoundsConfig& config) {
  std::vector<ProviderPolicy> ladder = {{.name = "nothing"}};
  if (kind == RoundsKind::kIdentity) {
    for (size_t tier = 0; tier < kTierCount; ++tier) {
      ladder.push_back({.name = std::string(kTierNames[tier]), .tier = tier, .detects = true});
    }
    ladder.push_back(
        {.name = "business, resellers vouch", .tier = kTierCount - 1, .detects = true, .resellers_vouch = true});
    return ladder;
  }
  ladder.push_back({.name = "no blocks", .detects = true});
  for (const double people : config.people_a_thousand) {
    ladder.push_back({.name = PeopleName(people) + " a thousand", .detects = true, .people_a_thousand = people});
  }
  return ladder;
}

std::optional<RoundsReport> MakeRoundsReport(RoundsKind kind, const RoundsConfig& config,
                                             const ProviderRegisters& registers,
                                             const std::vector<MeasuredN90>& measured, const std::optional<Need>& need,
                                             const Watch& watch) {
  std::vector<ProviderPolicy> ladder = Ladder(kind, config);
  const auto found = std::ranges::find(ladder, config.policy, &ProviderPolicy::name);
  if (!config.policy.empty() && found == ladder.end()) {
    std::string names;
    for (const ProviderPolicy& policy : ladder) names += (names.empty() ? "" : "; ") + policy.name;
    throw Error({.place = "key policy"}, Excerpt(config.policy) + " is no policy of the ladder", "it has: " + names);
  }
  const size_t chosen = found != ladder.end()           ? static_cast<size_t>(found - ladder.begin())
                        : kind == RoundsKind::kIdentity ? kDocument + 1
                                                        : ladder.size() - 1;
  std::vector<Mark> marks = Marks(registers.needle, measured, config.arm);
  std::vector<VolumeEffects> volumes;
  const auto add = [&](VolumeEffects volume, const EffectQuestion& question) {
    auto effects =
        Effects(registers, ladder, question, config.draws, static_cast<uint64_t>(config.seed), config.threads, watch);
    if (!effects) return false;
    volume.effects = std::move(*effects);
    volumes.push_back(std::move(volume));
    return true;
  };
  std::vector<NeededRequests> extra;
  if (need) {
    const NeededRequests at = Estimated(*need, registers.needle);
    const std::vector<NeededRequests> drawn = Drawn(*need, registers.needle);
    extra = {at, drawn.front(), drawn.back()};
    EffectQuestion question{.samples = at.samples};
    question.drawn.reserve(need->n90.size());
    for (const double n90 : need->n90) question.drawn.push_back(std::clamp(n90, need->smallest, need->largest));
    if (!add({"N90 of " + need->task, "measured here", at, drawn.front(), drawn.back(), {}}, question)) return {};
  }
  for (const std::string& name : {config.mark, config.alleged}) {
    const NamedAssumption mark = VolumeEntry(registers.needle, name);
    const Assumption& entry = *mark.entry;
    const bool as_requests = entry.unit == "requests";
    const double requests = as_requests ? entry.value : RequestsFor(entry.value, registers.needle);
    const NeededRequests at{.samples = entry.value, .requests = requests};
    if (!add({std::string(mark.help), entry.grade, at, at, at, {}},
             {.samples = entry.value, .as_requests = as_requests}))
      return {};
  }
  const RoundsWorld world = MakeWorld(registers.needle, registers.kyc, registers.address);
  std::optional<RoundsStudy> study =
      RunRounds(world, std::move(ladder), Volumes(config.per_decade, marks, extra), config.threads, watch);
  if (!study) return {};
  std::array<BreakEvens, kAmong.size()> break_evens;
  for (size_t a = 0; a < kAmong.size(); ++a) break_evens[a] = FindBreakEvens(kind, *study, kAmong[a]);
  return RoundsReport{.kind = kind,
                      .config = config,
                      .registers = registers,
                      .study = std::move(*study),
                      .marks = std::move(marks),
                      .volumes = std::move(volumes),
                      .break_evens = std::move(break_evens),
                      .policy = chosen,
                      .what_ifs = {}};
}

std::vector<std::string> RegisterOverrides(const std::vector<std::string>& overrides) {
  std::vector<std::string> found;
  for (const std::string& word : overrides) {
    const size_t from = word.find_first_not_of("+~");
    const std::string_view path = std::string_view(word).substr(std::min(from, word.size()));
    for (const std::string_view name : {"needle.", "kyc.", "address.", "policy."}) {
      if (path.starts_with(name)) found.push_back(word);
    }
  }
  return found;
}

std::string LongForm(const std::string& word) {
  const size_t equals = word.find('='), dot = word.find('.');
  if (word.starts_with("-") || equals == std::string::npos || dot >= equals) return word;
  if (word.find('.', dot + 1) < equals) return word;
  const size_t from = word.find_first_not_of('+');
  const std::string group = word.substr(from, dot - from);
  if (group != "needle" && group != "kyc" && group != "address" && group != "policy") return word;
  return word.substr(0, equals) + ".value" + word.substr(equals);
}

int WithLongForms(int argc, const char* const* argv, const std::function<int(const char* const*)>& main) {
  std::vector<std::string> words;
  words.reserve(static_cast<size_t>(argc));
  for (int i = 0; i < argc; ++i) words.push_back(LongForm(argv[i]));
  std::vector<const char*> pointers;
  pointers.reserve(words.size());
  for (const std::string& word : words) pointers.push_back(word.c_str());
  return main(pointers.data());
}

}  // namespace retort::provider
