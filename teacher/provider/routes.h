// What a distiller can choose from: the tiers of identity that a provider may ask for, the classes of addresses from
// which requests come, and the routes to a teacher, each with what it costs and carries under a policy. A model for
// reckoning; nothing here opens an account or hides an address.
#pragma once

#include <array>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "teacher/provider/address_assumptions.h"
#include "teacher/provider/identity_assumptions.h"
#include "teacher/provider/needle_assumptions.h"

namespace retort {

inline constexpr std::string_view kTierNames[] = {"e-mail", "phone", "document", "liveness", "business"};
inline constexpr size_t kTierCount = std::size(kTierNames);
inline constexpr std::string_view kAddressNames[] = {"home country", "data centre", "VPN", "residential", "mobile"};
enum AddressIndex : size_t { kHome, kDataCentre, kVpn, kResidential, kMobile };
inline constexpr size_t kAddressClasses = std::size(kAddressNames);

enum RouteIndex : size_t { kOwn, kStrawBuyer, kReseller, kStolenKey, kRival, kOpen };
struct Route {
  std::string_view name, what;
  bool here;  // its requests reach this provider
  bool pays;  // the distiller does
};
inline constexpr Route kRoutes[] = {
    // by RouteIndex
    {"own", "accounts that the distiller opens, with forged papers where papers are asked for", true, true},
    {"straw buyer", "real people who open an account and hand it over", true, true},
    {"reseller", "customers who pass requests on", true, true},
    {"stolen key", "keys of others, who pay for it", true, false},
    {"rival teacher", "another provider's teacher", false, true},
    {"open weights", "an open teacher: no provider sees a request", false, true},
};
inline constexpr size_t kRouteCount = std::size(kRoutes);

struct TierTerms {
  double price = 0;  // dollars an attempt
  double pass = 1;   // share of forged attempts
  double quota = 0;  // requests a day and account
  double lost = 0;   // share of honest people, beside the first tier
  double check = 0;  // dollars a person, for the provider, beside the first tier
};

struct AddressTerms {
  double honest_share = 0;
  double users = 0;      // honest people an address
  double traffic = 0;    // dollars a request
  double lag_days = 0;   // from an account's end to what can be blocked
  double addresses = 0;  // that a distiller can come by
};

// The registers as plain numbers.
struct RoundsWorld {
  std::array<TierTerms, kTierCount> tiers;
  std::array<AddressTerms, kAddressClasses> classes;  // honest shares sum to 1
  double honest = 0;                                  // people
  double round_days = 0, horizon_days = 0, day_value = 0, patience = 0, revenue = 0, list_price = 0, gigabytes = 0;
  double own_supply = 0, straw_pay = 0, straw_business_pay = 0, straw_supply = 0;
  double reseller_price = 0, reseller_setup = 0, reseller_daily = 0, resellers = 0, reseller_found = 0, compliance = 0;
  double key_price = 0, key_daily = 0, key_days = 0, key_supply = 0;
  double rival_price = 0, rival_need = 0, rival_daily = 0, open_price = 0, open_need = 0, open_daily = 0;
  double stand_out = 0, found_below = 0, found_above = 0, address_daily = 0;
};
RoundsWorld MakeWorld(const NeedleAssumptions& needle, const IdentityAssumptions& identity,
                      const AddressAssumptions& address);

// What the provider does; known to everybody.
struct ProviderPolicy {
  std::string name;
  size_t tier = 0;               // asked of everyone, of kTierNames
  bool detects = false;          // accounts and resellers are found and ended
  bool resellers_vouch = false;  // resellers must know their customers
  double people_a_thousand = 0;  // honest people it is ready to block for a thousand confirmed requests; 0: no blocks
  int blocks_a_round = 2;        // size: of its effort
};

// One way to get answers: channels (accounts, resellers, keys) that are bought, carry requests, and are found.
struct Offer {
  RouteIndex route = kOwn;
  size_t tier = 0;                                           // of its accounts
  bool addressed = true;                                     // the provider sees the distiller's addresses
  double channel_price = 0, request_price = 0;               // dollars
  double daily = 0;                                          // requests a channel
  double found = 0;                                          // a day and channel
  double supply = std::numeric_limits<double>::infinity();   // channels a day
  double at_most = std::numeric_limits<double>::infinity();  // channels, ever
  double need_times = 1;                                     // requests, beside those to this teacher
};

// Every offer under the policy, in the order of kRoutes: accounts of the tier asked for and of those above, each as
// fast as its quota allows and as fast as does not stand out.
std::vector<Offer> Offers(const RoundsWorld& world, const ProviderPolicy& policy);

// Honest people by class who are still served once the policy's tier is asked for.
std::array<double, kAddressClasses> ServedByClass(const RoundsWorld& world, const ProviderPolicy& policy);
double TurnedAwayByTier(const RoundsWorld& world, const ProviderPolicy& policy);  // people

}  // namespace retort
