// Requests as detectors see them: positions in a space of eight text features, which stand for an embedding of the
// prompt. Synthetic: a topic's place, a person's style, perhaps a template, and noise of one standard deviation; a
// follow-up lies near the request before it. Features of real request logs can take their place, since detectors read
// positions only.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "teacher/provider/counter_random.h"
#include "teacher/provider/needle_assumptions.h"

namespace retort {

// Sizes of the model world, not assumptions about this one: more of either change what distances mean, nothing else. As
// many features as text_features.h has measures of a prompt beside its trigrams.
inline constexpr int kFeatures = 8;  // size: of a request's position
inline constexpr int kTopics = 8;    // size: of the world
using Features = std::array<float, kFeatures>;
using TopicMix = std::array<double, kTopics>;  // sums to 1

// What detectors read of one account.
struct Requests {
  std::span<const int64_t> daily;  // so many on each day
  // The latest ones by the end of a day (1 = the first), as many as asked for: never more than there were.
  std::function<void(int day, std::span<Features>)> latest;
};

// Where topics lie, the last three the technical ones, and how honest people and distillers choose among them.
class TextWorld {
 public:
  TextWorld(const NeedleAssumptions& assumptions, double technical_share, uint64_t seed);

  const Features& centre(int topic) const { return centres_[static_cast<size_t>(topic)]; }
  TopicMix DrawHonestMix(CounterRandom& random) const;
  const TopicMix& distiller_mix() const { return distiller_mix_; }
  Features DrawStyle(CounterRandom& random) const;
  Features DrawTemplate(CounterRandom& random) const;  // a direction of the length template_shift
  double followup_share() const { return followup_share_; }
  float followup_spread() const { return followup_spread_; }

 private:
  std::array<Features, kTopics> centres_{};
  TopicMix honest_shares_{}, distiller_mix_{};
  double concentration_, followup_share_;
  float style_, template_shift_, followup_spread_;
};

// One writer.
struct TextSource {
  TopicMix mix{};
  Features offset{};  // style and template
  double followup_share = 0;

  void Draw(const TextWorld& world, CounterRandom& random, std::span<Features> requests) const;
};

}  // namespace retort
