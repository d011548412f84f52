#include "teacher/provider/text_source.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace retort {
namespace {

constexpr int kTechnicalTopics = 3;  // size: of the model world, as the number of topics is

}  // namespace

TextWorld::TextWorld(const NeedleAssumptions& a, double technical_share, uint64_t seed, const LoggedTexts* logged)
    : concentration_(a.topic_concentration.value),
      followup_share_(a.followup_share.value),
      style_(static_cast<float>(a.account_style.value)),
      template_shift_(static_cast<float>(a.template_shift.value)),
      followup_spread_(static_cast<float>(a.followup_spread.value)),
      logged_(logged) {
  CounterRandom random = CounterStreams(seed, "topics").Open(0);
  for (Features& centre : centres_) {
    for (float& x : centre) x = static_cast<float>(a.topic_spread.value) * random.Noise();
  }
  constexpr int kEveryday = kTopics - kTechnicalTopics;
  double sum = 0;
  for (int k = 0; k < kEveryday; ++k) sum += honest_shares_[k] = std::pow(k + 1, -a.topic_zipf.value);
  for (int k = 0; k < kEveryday; ++k) honest_shares_[k] *= (1 - technical_share) / sum;
  for (int k = kEveryday; k < kTopics; ++k) honest_shares_[k] = technical_share / kTechnicalTopics;
  const int asked = std::clamp(static_cast<int>(std::lround(a.distiller_topics.value)), 1, kTopics);
  for (int k = kTopics - asked; k < kTopics; ++k) distiller_mix_[k] = 1.0 / asked;
}

TopicMix TextWorld::DrawHonestMix(CounterRandom& random) const {
  TopicMix mix{};
  double sum = 0;
  for (int k = 0; k < kTopics; ++k) sum += mix[k] = random.Gamma(concentration_ * honest_shares_[k]);
  if (!(sum > 0)) return honest_shares_;  // every draw below the smallest double
  for (double& share : mix) share /= sum;
  return mix;
}

Features TextWorld::DrawStyle(CounterRandom& random) const {
  Features style{};
  for (float& x : style) x = style_ * random.Noise();
  return style;
}

Features TextWorld::DrawTemplate(CounterRandom& random) const {
  Features direction{};
  float length = 0;
  for (float& x : direction) {
    x = random.Noise();
    length += x * x;
  }
  if (length > 0) {
    for (float& x : direction) x *= template_shift_ / std::sqrt(length);
  }
  return direction;
}

TextSource TextWorld::DrawLogged(TextKind kind, CounterRandom& random) const {
  const std::vector<LoggedWriter>& writers = logged_->of(kind);
  const LoggedWriter& writer = writers[random.Below(static_cast<uint32_t>(writers.size()))];
  const auto& accounts = writer.accounts;
  const size_t account = accounts.size() < 2 ? 0 : random.Below(static_cast<uint32_t>(accounts.size()));
  return {.logged = accounts[account], .writer = writer.place};
}

void TextSource::Draw(const TextWorld& world, CounterRandom& random, std::span<Features> requests) const {
  if (!logged.empty()) {
    for (size_t done = 0; done < requests.size();) {
      const size_t run = std::min(requests.size() - done, logged.size());
      const size_t start = random.Below(static_cast<uint32_t>(logged.size()));
      for (size_t i = 0; i < run; ++i) requests[done + i] = logged[(start + i) % logged.size()];
      done += run;
    }
    return;
  }
  const Features* before = nullptr;
  for (Features& request : requests) {
    if (before != nullptr && random.Uniform() < followup_share) {
      for (int j = 0; j < kFeatures; ++j) request[j] = (*before)[j] + world.followup_spread() * random.Noise();
    } else {
      double u = random.Uniform();
      int topic = 0;
      while (topic + 1 < kTopics && u >= mix[topic]) u -= mix[topic++];
      const Features& centre = world.centre(topic);
      for (int j = 0; j < kFeatures; ++j) request[j] = centre[j] + offset[j] + random.Noise();
    }
    before = &request;
  }
}

}  // namespace retort
