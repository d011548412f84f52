// Requests as detectors see them: positions in a space of eight text features. Either assumed: a topic's place, a
// person's style, perhaps a template, and noise of one standard deviation, a follow-up near the request before it. Or
// measured: an account writes as an account of a gateway's log did, whose requests it takes in runs, so that what
// follows up on what stays so. A run begins anywhere and goes on from the log's first request after its last, so that
// no request is twice in a window that is no longer than what was logged.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "teacher/provider/counter_random.h"
#include "teacher/provider/logged_texts.h"
#include "teacher/provider/needle_assumptions.h"

namespace retort {

// Size of the model world, no assumption about this one: more of them change what distances mean, nothing else.
inline constexpr int kTopics = 8;              // size: of the world
using TopicMix = std::array<double, kTopics>;  // sums to 1

// What detectors read of one account.
struct Requests {
  std::span<const int64_t> daily;  // so many on each day
  // The latest ones by the end of a day (1 = the first), as many as asked for: never more than there were.
  std::function<void(int day, std::span<Features>)> latest;
};

struct TextSource;

// Where topics lie, the last three the technical ones, and how honest people and distillers choose among them; or who
// writes as in a log.
class TextWorld {
 public:
  // `logged` must outlive it; null: texts as assumed.
  TextWorld(const NeedleAssumptions& assumptions, double technical_share, uint64_t seed,
            const LoggedTexts* logged = nullptr);

  const LoggedTexts* logged() const { return logged_; }
  TextSource DrawLogged(TextKind kind, CounterRandom& random) const;  // any of the log's

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
  const LoggedTexts* logged_;
};

// One writer.
struct TextSource {
  std::span<const Features> logged;  // in order; where there are some, the rest is not read
  uint32_t writer = 0;               // LoggedWriter::place
  TopicMix mix{};
  Features offset{};  // style and template
  double followup_share = 0;

  void Draw(const TextWorld& world, CounterRandom& random, std::span<Features> requests) const;
};

}  // namespace retort
