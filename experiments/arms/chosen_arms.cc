#include "experiments/arms/chosen_arms.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>
#include <sstream>
#include <utility>

#include "core/base/error.h"
#include "experiments/design/derive.h"
#include "experiments/design/graded.h"

namespace retort::lab {
namespace {

constexpr std::string_view kLookedAt = "candidates", kThrownAway = "thrown_away_tokens";

void Measure(SampleSet& set, std::string_view name, double value) { set.manifest.measures[std::string(name)] = value; }

std::vector<size_t> Indices(size_t count) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  return order;
}

// Indices by rising `key`.
template <class Key>
std::vector<size_t> Rising(const std::vector<Key>& key) {
  std::vector<size_t> order = Indices(key.size());
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return key[a] < key[b]; });
  return order;
}

SampleSet Candidates(ArmContext& context, uint64_t seed) {
  return context.TeacherRows(static_cast<int>(context.Pool(seed).size()), seed);
}

// The first n in the order that `rule` gives all candidates.
SampleSet Choose(ArmContext& context, int n, uint64_t seed, std::string_view how, bool answers_looked_at,
                 const std::function<std::vector<size_t>(const std::vector<Sample>&)>& rule) {
  SampleSet all = Candidates(context, seed);
  if (static_cast<size_t>(n) > all.samples.size()) {
    throw Error(
        fmt::format("{} rows are to be chosen, but the pool of seed {} has {} candidates; raise "
                    "collect.pool_size or lower n",
                    n, seed, all.samples.size()));
  }
  const std::vector<size_t> order = rule(all.samples);
  SampleSet chosen{.manifest = std::move(all.manifest), .samples = {}};
  Usage thrown;
  for (size_t i = 0; i < order.size(); ++i) {
    Sample& candidate = all.samples[order[i]];
    if (i < static_cast<size_t>(n)) {
      chosen.samples.push_back(std::move(candidate));
    } else if (answers_looked_at) {
      thrown += candidate.usage;
    }
  }
  const size_t asked = answers_looked_at ? order.size() : chosen.samples.size();
  MeasureAsked(chosen, thrown, asked);
  Measure(chosen, kThrownAway, static_cast<double>(thrown.Total()));
  Measure(chosen, kLookedAt, static_cast<double>(order.size()));
  MarkDerived(chosen, how);
  return chosen;
}

}  // namespace

std::vector<size_t> ByNewWords(const std::vector<std::string>& texts) {
  std::vector<std::set<std::string>> words(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    std::istringstream stream(texts[i]);
    for (std::string word; stream >> word;) words[i].insert(word);
  }
  std::vector<size_t> order, left = Indices(texts.size());
  std::set<std::string> covered;
  while (!left.empty()) {
    const auto fresh = [&](size_t i) {
      return std::ranges::count_if(words[i], [&](const std::string& word) { return !covered.contains(word); });
    };
    const auto best = std::ranges::max_element(left, {}, fresh);  // of equals the first
    if (fresh(*best) == 0 && !covered.empty()) {
      covered.clear();
      continue;
    }
    covered.insert(words[*best].begin(), words[*best].end());
    order.push_back(*best);
    left.erase(best);
  }
  return order;
}

Arm Choosing(std::string name, std::string description, SampleSet (*rows)(ArmContext&, int n, uint64_t seed)) {
  return {.name = std::move(name),
          .description = std::move(description),
          .rows = rows,
          .wants = [](ArmContext& context, int /*n*/,
                      uint64_t seed) { return static_cast<int>(context.Pool(seed).size()); },
          .check = CheckChoice};
}

SampleSet RandomChoice(ArmContext& context, int n, uint64_t seed) {
  SampleSet set = context.TeacherRows(n, seed);
  Measure(set, kThrownAway, 0);
  Measure(set, kLookedAt, n);
  return set;
}

SampleSet Diverse(ArmContext& context, int n, uint64_t seed) {
  return Choose(context, n, seed, "chosen for words that are new", true, [](const std::vector<Sample>& candidates) {
    std::vector<std::string> texts;
    texts.reserve(candidates.size());
    for (const Sample& candidate : candidates) texts.push_back(Text(candidate.completion));
    return ByNewWords(texts);
  });
}

SampleSet Longest(ArmContext& context, int n, uint64_t seed) {
  return Choose(context, n, seed, "the longest", true, [](const std::vector<Sample>& candidates) {
    std::vector<int64_t> shortness;
    shortness.reserve(candidates.size());
    for (const Sample& candidate : candidates) {
      shortness.push_back(-static_cast<int64_t>(Text(candidate.completion).size()));
    }
    return Rising(shortness);
  });
}

SampleSet Hardest(ArmContext& context, int n, uint64_t seed) {
  return Choose(context, n, seed, "the least likely to the student", true, [&](const std::vector<Sample>& candidates) {
    return Rising(context.StartLikelihoods(candidates, seed));
  });
}

SampleSet Easiest(ArmContext& context, int n, uint64_t seed) {
  return Choose(context, n, seed, "the likeliest to the student", true, [&](const std::vector<Sample>& candidates) {
    std::vector<double> surprise = context.StartLikelihoods(candidates, seed);
    for (double& nats : surprise) nats = -nats;
    return Rising(surprise);
  });
}

SampleSet ByErrors(ArmContext& context, int n, uint64_t seed) {
  return Choose(context, n, seed, "those that the student gets wrong", false,
                [&](const std::vector<Sample>& candidates) {
                  const SampleSet own = context.StartRows(static_cast<int>(candidates.size()), seed);
                  const Graded truth(context, seed);
                  std::vector<std::pair<double, double>> score;
                  score.reserve(own.samples.size());
                  for (const Sample& answer : own.samples) {
                    const Grade grade = truth.Judge(answer).value_or(Grade{});
                    score.emplace_back(grade.score, grade.step_accuracy.value_or(0));
                  }
                  return Rising(score);
                });
}

SampleSet Written(ArmContext& context, int n, uint64_t seed) {
  SampleSet set = context.TeacherRows(n, seed);
  int64_t answers = 0;
  for (const Sample& row : set.samples) answers += row.usage.Total();
  const auto& counts = set.manifest.counts;
  const auto count = [&](const std::string& name) {
    const auto found = counts.find(name);
    return found == counts.end() ? 0.0 : static_cast<double>(found->second);
  };
  double dropped = 0;
  for (const auto& [name, number] : counts) {
    if (name.starts_with("written.dropped.")) dropped += static_cast<double>(number);
  }
  // Prompts are written in chunks, some for rows that a larger N has: each row bears its share of them.
  const double share = n / std::max(1.0, count("stored"));
  const double writing =
      std::max(0.0, share * static_cast<double>(set.manifest.usage.Total()) - static_cast<double>(answers));
  Measure(set, kTeacherTokens, writing);
  Measure(set, kPromptsAsked, n + share * count("written.asked"));
  Measure(set, kThrownAway, writing);
  Measure(set, kLookedAt, share * count("written.asked"));
  Measure(set, "dropped_share", dropped / std::max(1.0, count("written.asked")));
  return set;
}

void CheckWritten(const ExperimentConfig& config) {
  if (config.collect.prompts == "teacher") return;
  throw Error({.place = "collect.prompts"}, "is task, and an arm learns from prompts that the teacher writes",
              "set collect.prompts=teacher in the block of that arm; for digit folds also "
              "collect.written.instruction=\"\"");
}

void CheckChoice(const ExperimentConfig& config) {
  if (config.collect.attempts == 1 && config.collect.prompts == "task" && config.collect.filter.filters.empty()) return;
  throw Error({.place = "collect"},
              "filters, several attempts or written prompts would change what an arm chooses from",
              "leave collect.filter.filters=[] collect.attempts=1 collect.prompts=task");
}

}  // namespace retort::lab
