#include "teacher/provider/attackers.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace retort {
namespace {

constexpr double kMillion = 1e6;  // unit: tokens that a price is for

// `total` over the days from the first on, evenly, with the remainder early; at most `limit` a day.
std::vector<int64_t> Evenly(double total, int days, double limit) {
  std::vector<int64_t> daily;
  double before = 0;
  for (int d = 1; d <= days; ++d) {
    const double until = std::ceil(total * d / days);
    daily.push_back(static_cast<int64_t>(std::min(until - before, limit)));
    before = until;
  }
  return daily;
}

// `total` as early as the limit lets it.
std::vector<int64_t> AtOnce(double total, int days, double limit) {
  std::vector<int64_t> daily;
  daily.reserve(static_cast<size_t>(days));
  for (int d = 0; d < days; ++d) {
    daily.push_back(static_cast<int64_t>(std::clamp(total - d * limit, 0.0, limit)));
  }
  return daily;
}

double Dollars(const Campaign& campaign, const NeedleAssumptions& a) {
  const double request =
      (a.prompt_tokens.value * a.input_price.value + a.completion_tokens.value * a.output_price.value) / kMillion;
  if (campaign.plan.paid_by_others) return campaign.requests * request;
  return campaign.requests * (1 + campaign.decoys) * request +
         static_cast<double>(campaign.accounts) * a.account_price.value;
}

}  // namespace

std::vector<Campaign> Alternatives(std::string_view strategy, double requests, const Population& population,
                                   const DetectorPolicy& policy, const NeedleAssumptions& a) {
  assert(requests >= 1);
  const double limit = a.account_daily_limit.value;
  const int days = population.days();
  std::vector<Campaign> found;
  const auto add = [&](double accounts, std::vector<int64_t> daily, double decoys, double other_share, bool others) {
    found.push_back({.strategy = std::string(strategy),
                     .requests = requests,
                     .accounts = static_cast<int64_t>(std::ceil(std::max(1.0, accounts))),
                     .plan = {.daily = std::move(daily), .other_share = other_share, .paid_by_others = others},
                     .decoys = decoys});
    found.back().dollars = Dollars(found.back(), a);
  };
  const auto capped = [&](double volume, double decoys) {
    const double sent = requests * (1 + decoys), each = std::min(sent, std::max(1.0, volume));
    add(sent / each, Evenly(each, days, limit), decoys, decoys / (1 + decoys), false);
    found.back().plan.reworded = strategy == "reworded";
  };
  const auto median = static_cast<double>(population.volume().Quantile(a.cap_quantile.value));
  constexpr double kOne = 1;              // size: what the strategy is
  constexpr int kHalvings[] = {0, 1, 2};  // method: of what the distiller may choose between
  if (strategy == "one") {
    add(kOne, Evenly(requests, days, limit), 0, 0, false);
    add(kOne, AtOnce(requests, days, limit), 0, 0, false);
  } else if (strategy == "split" || strategy == "burst") {
    const double accounts = std::min(requests, a.alleged_16m_accounts.value), each = std::ceil(requests / accounts);
    add(accounts, strategy == "split" ? Evenly(each, days, limit) : AtOnce(each, days, limit), 0, 0, false);
  } else if (strategy == "capped" || strategy == "reworded") {
    capped(median, 0);
  } else if (strategy == "camouflage") {
    for (const int halvings : kHalvings) capped(median, std::ldexp(a.camouflage_high.value, -halvings));
  } else if (strategy == "drip") {
    capped(policy.least - 1, 0);
  } else {
    assert(strategy == "reseller");
    const auto volume = static_cast<double>(population.volume().Quantile(a.reseller_quantile.value));
    for (const int halvings : kHalvings) {
      const double share = std::ldexp(a.reseller_share.value, -halvings);
      add(requests / (volume * share), Evenly(volume, days, limit), 0, 1 - share, true);
    }
  }
  return found;
}

std::vector<double> ShareByDay(const Campaign& campaign) {
  std::vector<double> shares;
  double sent = 0;
  for (const int64_t today : campaign.plan.daily) {
    sent += static_cast<double>(today) * static_cast<double>(campaign.accounts) * (1 - campaign.plan.other_share);
    shares.push_back(std::min(1.0, sent / campaign.requests));
  }
  return shares;
}

namespace {

const std::vector<LoggedWriter>* LoggedDistillers(const TextWorld& world, bool reworded) {
  if (world.logged() == nullptr) return nullptr;
  return &world.logged()->of(reworded ? TextKind::kReworded : TextKind::kCollection);
}

}  // namespace

size_t DistillerTexts::Many(const TextWorld& world, bool reworded) {
  const std::vector<LoggedWriter>* logged = LoggedDistillers(world, reworded);
  return logged == nullptr ? std::numeric_limits<size_t>::max() : logged->size();
}

DistillerTexts::DistillerTexts(const TextWorld& world, bool reworded, CounterRandom& random)
    : DistillerTexts(world, reworded,
                     world.logged() == nullptr ? 0 : random.Below(static_cast<uint32_t>(Many(world, reworded))),
                     random) {}

DistillerTexts::DistillerTexts(const TextWorld& world, bool reworded, size_t which, CounterRandom& random)
    : world_(&world), reworded_(reworded) {
  if (const std::vector<LoggedWriter>* logged = LoggedDistillers(world, reworded)) {
    logged_ = &(*logged)[which];
  } else {
    form_.mix = world.distiller_mix();
    if (!reworded) form_.offset = world.DrawTemplate(random);
  }
}

TextSource DistillerTexts::Account(CounterRandom& random) const {
  TextSource text = form_;
  if (logged_ != nullptr) {
    const auto& accounts = logged_->accounts;
    const size_t which = accounts.size() < 2 ? 0 : random.Below(static_cast<uint32_t>(accounts.size()));
    text.logged = accounts[which];
  } else if (reworded_) {
    text.offset = world_->DrawStyle(random);
  }
  return text;
}

}  // namespace retort
