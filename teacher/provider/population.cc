#include "teacher/provider/population.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace retort {

Haystack MakeHaystack(const std::string& name, const std::string& rate, const NeedleAssumptions& a, int64_t accounts) {
  const bool api = name == "api";
  const Assumption& size = api ? a.api_accounts : name == "debate" ? a.debate_accounts : a.chat_accounts;
  const Assumption& gamma = api ? a.api_gamma_shape : a.honest_gamma_shape;
  const double shape = rate == "lognormal" ? a.honest_lognormal_sigma.value
                       : rate == "pareto"  ? a.honest_pareto_exponent.value
                                           : gamma.value;
  const double mean = (api ? a.api_monthly_mean : a.honest_monthly_mean).value;
  return {.name = name,
          .accounts = accounts > 0 ? accounts : static_cast<int64_t>(size.value),
          .volume = {.rate = rate, .mean = mean, .shape = shape},
          .technical_share = (api ? a.api_technical_share : a.technical_share).value};
}

void Traffic::Draw(const TextWorld& world, std::span<Features> requests) {
  if (other_share <= 0) return text.Draw(world, random, requests);
  if (world.logged() != nullptr) return DrawBetween(world, requests);
  size_t others = 0;
  for (size_t i = 0; i < requests.size(); ++i) others += random.Uniform() < other_share;
  other.Draw(world, random, requests.first(others));
  text.Draw(world, random, requests.subspan(others));
  for (size_t i = requests.size(); i > 1; --i) {
    std::swap(requests[i - 1], requests[random.Below(static_cast<uint32_t>(i))]);
  }
}

void Traffic::DrawBetween(const TextWorld& world, std::span<Features> requests) {
  std::vector<bool> others(requests.size());
  size_t count = 0;
  for (auto&& from_other : others) {
    from_other = random.Uniform() < other_share;
    count += from_other;
  }
  std::vector<Features> drawn(requests.size());
  const std::span<Features> of_others = std::span(drawn).first(count), own = std::span(drawn).subspan(count);
  other.Draw(world, random, of_others);
  text.Draw(world, random, own);
  size_t next_other = 0, next_own = 0;
  for (size_t i = 0; i < others.size(); ++i) requests[i] = others[i] ? of_others[next_other++] : own[next_own++];
}

std::vector<int64_t> SpreadOverDays(int64_t total, int days, double shape, CounterRandom& random) {
  std::vector<double> until(static_cast<size_t>(days));
  double sum = 0;
  for (double& x : until) x = sum += random.Gamma(shape);
  std::vector<int64_t> daily(until.size());
  if (!(sum > 0)) {  // every weight below the smallest double
    daily[random.Below(static_cast<uint32_t>(days))] = total;
    return daily;
  }
  constexpr int kMany = 16;  // method: requests a day beyond which the scatter of single ones no longer shows
  if (total > kMany * days) {
    int64_t before = 0;
    for (size_t d = 0; d < daily.size(); ++d) {
      const auto now = static_cast<int64_t>(std::llround(static_cast<double>(total) * (until[d] / sum)));
      daily[d] = now - before;
      before = now;
    }
    return daily;
  }
  for (int64_t i = 0; i < total; ++i) {
    const double u = random.Uniform() * sum;
    ++daily[static_cast<size_t>(std::min(std::upper_bound(until.begin(), until.end(), u), until.end() - 1) -
                                until.begin())];
  }
  return daily;
}

Requests RequestsOf(Traffic& traffic, const TextWorld& world) {
  return {.daily = traffic.daily,
          .latest = [&traffic, &world](int /*day*/, std::span<Features> requests) { traffic.Draw(world, requests); }};
}

Population::Population(Haystack haystack, const NeedleAssumptions& a, uint64_t seed, const std::string& month,
                       const LoggedTexts* logged)
    : haystack_(std::move(haystack)),
      world_(a, haystack_.technical_share, seed, logged),
      volume_(haystack_.volume),
      totals_(seed, "totals" + month),
      groups_(seed, "groups" + month),
      texts_(seed, "texts" + month),
      group_texts_(seed, "group texts" + month),
      days_(static_cast<int>(std::lround(a.horizon_days.value))),
      day_shape_(a.day_shape.value),
      linked_(a.linked_groups.value),
      group_exponent_(a.group_exponent.value),
      payment_(a.payment_share.value),
      template_(a.template_share.value),
      evaluator_(a.evaluator_share.value),
      evaluator_volume_(a.evaluator_volume.value) {
  assert(haystack_.accounts > 0);
}

Group Population::DrawGroup(CounterRandom& random) const {
  Group group;
  if (random.Uniform() >= linked_) return group;
  const double size = 2 * std::pow(random.OpenUniform(), -1 / group_exponent_);
  group.size = static_cast<uint32_t>(std::min(size, static_cast<double>(kBlock)));
  const double kind = random.Uniform();
  group.link = kind < payment_ ? Link::kPayment : kind < payment_ + template_ ? Link::kTemplate : Link::kAddress;
  group.evaluator = group.link == Link::kTemplate && random.Uniform() < evaluator_;
  return group;
}

Group Population::GroupOf(uint64_t account) const {
  Group found;
  ForEachGroup(account / kBlock, [&](const Group& group) {
    if (account >= group.first && account - group.first < group.size) found = group;
  });
  return found;
}

TextKind Population::DrawKind(CounterRandom& random) const {
  return random.Uniform() < haystack_.technical_share ? TextKind::kDeveloper : TextKind::kPupil;
}

TextSource Population::LoggedMember(const Group& group, CounterRandom& shared, CounterRandom& own) const {
  if (group.link == Link::kPayment) return world_.DrawLogged(DrawKind(shared), own);
  return world_.DrawLogged(group.evaluator ? TextKind::kEvaluator : TextKind::kDeveloper, shared);
}

TextSource Population::CustomerText(CounterRandom& random) const {
  return world_.logged() != nullptr ? world_.DrawLogged(TextKind::kDeveloper, random) : HonestText(random);
}

TextSource Population::HonestText(CounterRandom& random) const {
  if (world_.logged() != nullptr) return world_.DrawLogged(DrawKind(random), random);
  return {.mix = world_.DrawHonestMix(random),
          .offset = world_.DrawStyle(random),
          .followup_share = world_.followup_share()};
}

Traffic Population::HonestAccount(CounterRandom& random) const {
  Traffic traffic{.daily = SpreadOverDays(volume_(random.Next()), days_, day_shape_, random),
                  .text = HonestText(random)};
  traffic.random = CounterRandom(random.Next());
  return traffic;
}

Traffic Population::Open(uint64_t account, const Group& group) const {
  CounterRandom random = texts_.Open(account);
  Traffic traffic{.daily = SpreadOverDays(Total(account, group), days_, day_shape_, random),
                  .text = HonestText(random)};
  if (group.link == Link::kPayment || group.link == Link::kTemplate) {
    CounterRandom shared = group_texts_.Open(group.first);
    if (world_.logged() != nullptr) {
      traffic.text = LoggedMember(group, shared, random);
      traffic.random = CounterRandom(random.Next());
      return traffic;
    }
    traffic.text.mix = world_.DrawHonestMix(shared);
    if (group.link == Link::kTemplate) {
      const Features form = world_.DrawTemplate(shared);
      for (int j = 0; j < kFeatures; ++j) traffic.text.offset[j] = form[j];
    }
    if (group.evaluator) {
      traffic.text.mix = world_.distiller_mix();
      traffic.text.followup_share = 0;
    }
  }
  traffic.random = CounterRandom(random.Next());
  return traffic;
}

}  // namespace retort
