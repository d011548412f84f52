#include "experiments/provider/policy_sensitivity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "teacher/provider/parallel.h"

namespace retort::provider {
namespace {

constexpr int kHalvings = 14;
constexpr double kDearer = 0.5;    // of the dollars without a countermeasure: half as much again
constexpr double kWideRange = 10;  // ends so many times apart are halved by their logarithm

struct Answers {
  std::vector<bool> holds;
  double days = 0, dollars = 0;
};

Answers AnswersOf(const PolicyModel& model, const PolicyRegisters& registers, double samples, size_t primary,
                  double days) {
  const std::vector<PolicyCell> cells = model.Reckon(registers, samples, {}, 0, 1);
  Answers answers;
  for (size_t m = 1; m < model.measures().size(); ++m) {
    answers.holds.push_back(cells[model.Index(m, Adversary::kAdaptive, 0)].added_days < days);
  }
  const PolicyCell& nothing = cells[model.Index(0, Adversary::kAdaptive, 0)];
  for (size_t m = 1; m < model.measures().size(); ++m) {
    const PolicyCell& cell = cells[model.Index(m, Adversary::kAdaptive, 0)];
    answers.holds.push_back(cell.added_dollars < kDearer * nothing.dollars);
  }
  answers.holds.push_back(nothing.open_cheaper);
  const PolicyCell& of = cells[model.Index(primary, Adversary::kAdaptive, 0)];
  answers.days = of.added_days;
  answers.dollars = of.added_dollars;
  return answers;
}

PolicyRegisters With(const PolicyRegisters& registers, size_t entry, double value) {
  PolicyRegisters with = registers;
  UsedEntries(with)[entry].entry->value = value;
  return with;
}

double Between(double a, double b) {
  const bool wide = a > 0 && b > 0 && std::max(a, b) > kWideRange * std::min(a, b);
  return wide ? std::sqrt(a * b) : (a + b) / 2;
}

double Distance(double a, double b) {
  if (std::isinf(a) || std::isinf(b)) return a == b ? 0 : std::numeric_limits<double>::infinity();
  return std::abs(a - b);
}

}  // namespace

double PolicySwing::Width(double day_value) const {
  return Distance(dollars_low, dollars_high) + day_value * Distance(days_low, days_high);
}

std::optional<PolicySensitivity> RunPolicySensitivity(const PolicyModel& model, const PolicyRegisters& registers,
                                                      double samples, size_t primary, double days, int threads,
                                                      const Watch& watch) {
  PolicyRegisters copy = registers;
  const std::vector<RegisterEntry> entries = UsedEntries(copy);
  const Answers registered = AnswersOf(model, registers, samples, primary, days);
  PolicySensitivity result;
  for (size_t m = 1; m < model.measures().size(); ++m) {
    result.conclusions.push_back(
        {fmt::format("\"{}\" delays an adaptive distiller by less than {:g} days", model.measures()[m].name, days),
         registered.holds[m - 1]});
  }
  for (size_t m = 1; m < model.measures().size(); ++m) {
    result.conclusions.push_back(
        {fmt::format("\"{}\" adds less than half to what an adaptive distiller spends", model.measures()[m].name),
         registered.holds[model.measures().size() + m - 2]});
  }
  result.conclusions.push_back(
      {"open weights cost less than any route through this provider, were it to do nothing", registered.holds.back()});
  std::vector<Answers> ends(2 * entries.size());
  const bool done = ParallelFor(
      threads, static_cast<int64_t>(ends.size()),
      [&](int64_t i) {
        const auto at = static_cast<size_t>(i);
        const Assumption& entry = *entries[at / 2].entry;
        ends[at] =
            AnswersOf(model, With(registers, at / 2, at % 2 == 0 ? entry.low : entry.high), samples, primary, days);
      },
      [&](int64_t at) {
        return !watch || watch("moving each assumption", static_cast<double>(at) / static_cast<double>(ends.size()));
      });
  if (!done) return std::nullopt;
  struct Turn {
    size_t conclusion, entry;
    double same, other;
  };
  std::vector<Turn> turns;
  for (size_t e = 0; e < entries.size(); ++e) {
    const Assumption& entry = *entries[e].entry;
    const Answers &low = ends[2 * e], &high = ends[2 * e + 1];
    const PolicySwing swing{
        entries[e].name, std::string(entries[e].help), entry.low, entry.high, low.days, high.days, low.dollars,
        high.dollars};
    if (swing.Width(1) > 0) result.swings.push_back(swing);
    for (size_t c = 0; c < result.conclusions.size(); ++c) {
      if (low.holds[c] != registered.holds[c]) turns.push_back({c, e, entry.value, entry.low});
      if (high.holds[c] != registered.holds[c]) turns.push_back({c, e, entry.value, entry.high});
    }
  }
  std::vector<double> found(turns.size());
  const bool turned = ParallelFor(threads, static_cast<int64_t>(turns.size()), [&](int64_t i) {
    Turn turn = turns[static_cast<size_t>(i)];
    for (int step = 0; step < kHalvings; ++step) {
      const double middle = Between(turn.same, turn.other);
      const Answers at = AnswersOf(model, With(registers, turn.entry, middle), samples, primary, days);
      (at.holds[turn.conclusion] == registered.holds[turn.conclusion] ? turn.same : turn.other) = middle;
    }
    found[static_cast<size_t>(i)] = Between(turn.same, turn.other);
  });
  if (!turned) return std::nullopt;
  for (size_t i = 0; i < turns.size(); ++i) {
    result.flips.push_back({result.conclusions[turns[i].conclusion].text, entries[turns[i].entry].name,
                            entries[turns[i].entry].entry->value, found[i]});
  }
  for (size_t c = 0; c < result.conclusions.size(); ++c) {
    if (std::ranges::none_of(turns, [&](const Turn& turn) { return turn.conclusion == c; })) {
      result.never.push_back(result.conclusions[c].text);
    }
  }
  const double day_value = registers.provider.kyc.day_value.value;
  std::ranges::stable_sort(result.swings, [&](const PolicySwing& a, const PolicySwing& b) {
    return a.Width(day_value) > b.Width(day_value);
  });
  return result;
}

}  // namespace retort::provider
