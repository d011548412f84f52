#include "teacher/provider/routes.h"

#include <algorithm>
#include <cmath>

namespace retort {
namespace {

constexpr double kTokensPriced = 1e6;  // unit: prices are those of a million tokens
constexpr double kKilobytes = 1e6;     // unit: in a gigabyte

void AddAccounts(const RoundsWorld& world, const ProviderPolicy& policy, RouteIndex route, std::vector<Offer>& offers) {
  const bool own = route == kOwn;
  for (size_t tier = policy.tier; tier < kTierCount; ++tier) {
    const TierTerms& terms = world.tiers[tier];
    const double straw = tier + 1 == kTierCount ? world.straw_business_pay : world.straw_pay;
    Offer offer{.route = route,
                .tier = tier,
                .channel_price = own ? terms.price / terms.pass : straw,
                .request_price = world.list_price,
                .supply = own ? world.own_supply * terms.pass : world.straw_supply};
    for (const double daily : {std::min(terms.quota, world.stand_out), terms.quota}) {
      if (offer.daily == daily) continue;
      offer.daily = daily;
      offer.found = !policy.detects ? 0 : daily > world.stand_out ? world.found_above : world.found_below;
      offers.push_back(offer);
    }
  }
}

}  // namespace

RoundsWorld MakeWorld(const NeedleAssumptions& needle, const IdentityAssumptions& i, const AddressAssumptions& a) {
  RoundsWorld world;
  world.tiers = {{
      {i.email_price.value, i.email_pass.value, i.email_quota.value},
      {i.phone_price.value, i.phone_pass.value, i.phone_quota.value, i.phone_lost.value, i.phone_check.value},
      {i.document_price.value, i.document_pass.value, i.document_quota.value, i.document_lost.value,
       i.document_check.value},
      {i.liveness_price.value, i.liveness_pass.value, i.liveness_quota.value, i.liveness_lost.value,
       i.liveness_check.value},
      {i.business_price.value, i.business_pass.value, i.business_quota.value, i.business_lost.value,
       i.business_check.value},
  }};
  const double others = a.home_share.value + a.data_centre_share.value + a.vpn_share.value + a.mobile_share.value;
  const double all = std::max(1.0, others);  // where the four alone exceed everybody
  const double size = a.answer_size.value / kKilobytes;
  world.classes = {{
      {a.home_share.value / all, a.home_users.value, a.home_traffic.value * size, a.home_lag.value,
       a.home_addresses.value},
      {a.data_centre_share.value / all, a.data_centre_users.value, a.data_centre_traffic.value * size,
       a.data_centre_lag.value, a.data_centre_addresses.value},
      {a.vpn_share.value / all, a.vpn_users.value, a.vpn_traffic.value * size, a.vpn_lag.value, a.vpn_addresses.value},
      {std::max(0.0, 1 - others), a.residential_users.value, a.residential_traffic.value * size,
       a.residential_lag.value, a.residential_addresses.value},
      {a.mobile_share.value / all, a.mobile_users.value, a.mobile_traffic.value * size, a.mobile_lag.value,
       a.mobile_addresses.value},
  }};
  world.honest = needle.chat_accounts.value;
  world.round_days = i.round_days.value;
  world.horizon_days = i.horizon_days.value;
  world.day_value = i.day_value.value;
  world.patience = i.patience.value;
  world.revenue = i.revenue.value;
  world.list_price = (needle.prompt_tokens.value * needle.input_price.value +
                      needle.completion_tokens.value * needle.output_price.value) /
                     kTokensPriced;
  world.gigabytes = size;
  world.own_supply = i.own_supply.value;
  world.straw_pay = i.straw_pay.value;
  world.straw_business_pay = i.straw_business_pay.value;
  world.straw_supply = i.straw_supply.value;
  world.reseller_price = i.reseller_price.value;
  world.reseller_setup = i.reseller_setup.value;
  world.reseller_daily = i.reseller_daily.value;
  world.resellers = i.resellers.value;
  world.reseller_found = i.reseller_found.value;
  world.compliance = i.reseller_compliance.value;
  world.key_price = i.key_price.value;
  world.key_daily = i.key_daily.value;
  world.key_days = i.key_days.value;
  world.key_supply = i.key_supply.value;
  world.rival_price = i.rival_price.value;
  world.rival_need = i.rival_need.value;
  world.rival_daily = i.rival_daily.value;
  world.open_price = i.open_price.value;
  world.open_need = i.open_need.value;
  world.open_daily = i.open_daily.value;
  world.stand_out = i.stand_out.value;
  world.found_below = i.found_below.value;
  world.found_above = i.found_above.value;
  world.address_daily = a.address_daily.value;
  return world;
}

std::vector<Offer> Offers(const RoundsWorld& world, const ProviderPolicy& policy) {
  std::vector<Offer> offers;
  AddAccounts(world, policy, kOwn, offers);
  AddAccounts(world, policy, kStrawBuyer, offers);
  const double resellers = std::floor(world.resellers * (policy.resellers_vouch ? 1 - world.compliance : 1));
  if (resellers > 0) {
    offers.push_back({.route = kReseller,
                      .addressed = false,
                      .channel_price = world.reseller_setup,
                      .request_price = world.list_price * world.reseller_price,
                      .daily = world.reseller_daily,
                      .found = policy.detects ? world.reseller_found : 0,
                      .at_most = resellers});
  }
  if (world.key_supply > 0) {
    offers.push_back({.route = kStolenKey,
                      .channel_price = world.key_price,
                      .daily = world.key_daily,
                      .found = 1 / world.key_days,
                      .supply = world.key_supply});
  }
  offers.push_back({.route = kRival,
                    .addressed = false,
                    .request_price = world.list_price * world.rival_price,
                    .daily = world.rival_daily,
                    .at_most = 1,
                    .need_times = world.rival_need});
  offers.push_back({.route = kOpen,
                    .addressed = false,
                    .request_price = world.open_price,
                    .daily = world.open_daily,
                    .at_most = 1,
                    .need_times = world.open_need});
  return offers;
}

std::array<double, kAddressClasses> ServedByClass(const RoundsWorld& world, const ProviderPolicy& policy) {
  std::array<double, kAddressClasses> served{};
  for (size_t c = 0; c < kAddressClasses; ++c) {
    served[c] = world.honest * (1 - world.tiers[policy.tier].lost) * world.classes[c].honest_share;
  }
  return served;
}

double TurnedAwayByTier(const RoundsWorld& world, const ProviderPolicy& policy) {
  return world.honest * world.tiers[policy.tier].lost;
}

}  // namespace retort
