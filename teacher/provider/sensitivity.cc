#include "teacher/provider/sensitivity.h"

#include <algorithm>
#include <cmath>

#include "teacher/provider/parallel.h"

namespace retort {
namespace {

constexpr int kHalvings = 5;         // method: of a range in which a conclusion turns
constexpr double kWideRange = 10;    // method: ends so many times apart are halved by their logarithm
constexpr double kCampaignPart = 3;  // method: campaigns are sampled more coarsely by this factor

// What cannot move a share obtained in this haystack.
bool Enters(std::string_view name, const Assumption& entry, const Probe& probe, const NeedleConfig& config) {
  constexpr std::string_view kNever[] = {"messages_a_week", "prompt_tokens", "completion_tokens",     "input_price",
                                         "output_price",    "account_price", "base_rate_false_alarms"};
  const std::string& honest_rate = config.honest_rate;
  if (!(entry.low < entry.high) || name.starts_with("published_") || name.starts_with("alleged_")) return false;
  if (std::ranges::find(kNever, name) != std::end(kNever)) return false;
  if (config.logged && IsOfAssumedTexts(name)) return false;
  const bool api = probe.haystack == "api";
  if (name.starts_with("api_") && !api) return false;
  if (api && (name == "honest_monthly_mean" || name == "honest_gamma_shape" || name == "technical_share")) return false;
  if (name.ends_with("_accounts") && name != probe.haystack + "_accounts") return false;
  if (name.ends_with("gamma_shape") && honest_rate != "gamma") return false;
  if (name == "honest_lognormal_sigma" && honest_rate != "lognormal") return false;
  if (name == "honest_pareto_exponent" && honest_rate != "pareto") return false;
  const bool plays = probe.hidden == "reseller" || probe.loud == "reseller";
  if (name.starts_with("reseller_") && !plays) return false;
  return name != "camouflage_high" || probe.hidden == "camouflage" || probe.loud == "camouflage";
}

double Between(double a, double b) {
  const bool wide = a > 0 && b > 0 && std::max(a, b) > kWideRange * std::min(a, b);
  return wide ? std::sqrt(a * b) : (a + b) / 2;
}

class Prober {
 public:
  Prober(const NeedleConfig& config, const Probe& probe, const NeedleAssumptions& assumptions)
      : config_(config), probe_(probe), assumptions_(assumptions) {
    config_.threads = 1;  // several probes at once instead
    config_.strategies = {probe.hidden, probe.loud};
    config_.campaign_requests = config.campaign_requests / kCampaignPart;
  }

  Obtained With(std::string_view name, double value) const {
    NeedleAssumptions a = assumptions_;
    if (!name.empty()) EntryOf(a, name).value = value;
    const double times = probe_.as_requests ? 1 : a.attempts_per_sample.value / a.accepted_share.value;
    const double requests = std::max(1.0, std::ceil(probe_.samples * times));
    const Haystack whole =
        MakeHaystack(probe_.haystack, config_.honest_rate, a, static_cast<int64_t>(config_.accounts));
    const double shrink = std::max(1.0, static_cast<double>(whole.accounts) / config_.sensitivity_accounts);
    const auto found = SearchHaystack(probe_.haystack, config_, a, {requests}, shrink, {});
    Obtained obtained;
    for (const NeedleRow& row : found->rows) {
      if (row.detector != probe_.detector) continue;
      (row.campaign.strategy == probe_.hidden ? obtained.hidden : obtained.loud) = row.outcome.obtained;
    }
    return obtained;
  }

 private:
  NeedleConfig config_;
  const Probe& probe_;
  const NeedleAssumptions& assumptions_;
};

struct Turn {
  size_t swing;
  bool hides;  // which conclusion
  double from, to, found = 0;
};

}  // namespace

double Swing::Width() const {
  return std::max(std::abs(at_high.hidden.estimate - at_low.hidden.estimate),
                  std::abs(at_high.loud.estimate - at_low.loud.estimate));
}

std::optional<Sensitivity> RunSensitivity(const NeedleConfig& config, const Probe& probe, const NeedleAssumptions& a,
                                          const Watch& watch) {
  const Prober prober(config, probe, a);
  Sensitivity result{.accounts = config.sensitivity_accounts};
  for (const NamedAssumption& named : Entries(a)) {
    if (!Enters(named.name, *named.entry, probe, config)) {
      result.idle.push_back(named.name);
      continue;
    }
    result.swings.push_back({.name = named.name, .low = named.entry->low, .high = named.entry->high});
  }
  const auto run = [&](const char* what, int64_t parts, const std::function<void(int64_t)>& part) {
    return ParallelFor(config.threads, parts, part, [&](int64_t done) {
      return !watch || watch(what, static_cast<double>(done) / static_cast<double>(std::max<int64_t>(1, parts)));
    });
  };
  const auto ends = static_cast<int64_t>(2 * result.swings.size());
  const bool done = run("moving each assumption", ends + 1, [&](int64_t i) {
    if (i == ends) {
      result.as_registered = prober.With("", 0);
      return;
    }
    Swing& swing = result.swings[static_cast<size_t>(i / 2)];
    (i % 2 == 0 ? swing.at_low : swing.at_high) = prober.With(swing.name, i % 2 == 0 ? swing.low : swing.high);
  });
  if (!done) return std::nullopt;
  std::vector<Turn> turns;
  for (size_t i = 0; i < result.swings.size(); ++i) {
    const Swing& swing = result.swings[i];
    const double value = EntryOf(a, swing.name).value;
    for (const bool low : {true, false}) {
      const Obtained& at = low ? swing.at_low : swing.at_high;
      const double end = low ? swing.low : swing.high;
      if (at.Hides() != result.as_registered.Hides()) turns.push_back({i, true, value, end});
      if (at.IsStopped() != result.as_registered.IsStopped()) turns.push_back({i, false, value, end});
    }
  }
  const bool found = run("searching for turns", static_cast<int64_t>(turns.size()), [&](int64_t i) {
    Turn& turn = turns[static_cast<size_t>(i)];
    double same = turn.from, other = turn.to;
    for (int step = 0; step < kHalvings; ++step) {
      const double middle = Between(same, other);
      const Obtained at = prober.With(result.swings[turn.swing].name, middle);
      const bool turned =
          turn.hides ? at.Hides() != result.as_registered.Hides() : at.IsStopped() != result.as_registered.IsStopped();
      (turned ? other : same) = middle;
    }
    turn.found = Between(same, other);
  });
  if (!found) return std::nullopt;
  for (const Turn& turn : turns) {
    std::optional<double>& at =
        turn.hides ? result.swings[turn.swing].hides_until : result.swings[turn.swing].stopped_until;
    if (!at || std::abs(turn.found - turn.from) < std::abs(*at - turn.from)) at = turn.found;
  }
  std::ranges::stable_sort(result.swings, std::ranges::greater{}, &Swing::Width);
  return result;
}

}  // namespace retort
