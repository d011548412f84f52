#include "teacher/provider/rounds.h"

#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>

namespace retort {
namespace {

constexpr double kThousand = 1000;       // unit: people_a_thousand
constexpr boost::uintmax_t kSteps = 50;  // method: to the moment at which the need is met
constexpr int kBits = 45;                // method: of that moment
constexpr double kLeft = 0.5;            // method: share of its addresses with which a class is left
constexpr double kSlack = 1e-9;          // method: of a comparison of what was sent with what is needed

// Requests of channels that begin at `live`, are refilled at `refill` a day and found at `found` a day each.
double Carried(double live, double refill, double found, double days) {
  if (!(found > 0)) return live * days + refill * days * days / 2;
  const double level = refill / found;
  return level * days - (live - level) * std::expm1(-found * days) / found;
}

double LiveAfter(double live, double refill, double found, double days) {
  if (!(found > 0)) return live + refill * days;
  const double level = refill / found;
  return level + (live - level) * std::exp(-found * days);
}

}  // namespace

double RoundsOutcome::Cost(const RoundsWorld& world) const {
  return dollars + world.day_value * std::max(0.0, days - world.patience);
}

bool Better(const RoundsOutcome& a, const RoundsOutcome& b, const RoundsWorld& world) {
  if (a.completed != b.completed) return a.completed;
  if (a.completed) return a.Cost(world) < b.Cost(world);
  if (a.obtained != b.obtained) return a.obtained > b.obtained;
  return a.dollars < b.dollars;
}

Rounds::Rounds(const RoundsWorld& world, const ProviderPolicy& policy, const Offer& offer, double need, double channels)
    : world_(world),
      policy_(policy),
      offer_(offer),
      need_(std::ceil(need * offer.need_times)),
      channels_(channels),
      served_(ServedByClass(world, policy)) {}

bool Rounds::Carries(size_t c) const {
  return !outcome_.class_blocked[c] && blocked_addresses_[c] < world_.classes[c].addresses * (1 - kLeft);
}

void Rounds::Refill(double days) {
  // Until as many are in use as are wanted, channels come as fast as they can be had; then what is found is replaced.
  const double found = offer_.found;
  jump_ = fill_ = 0;
  if (std::isinf(offer_.supply)) {
    jump_ = std::max(0.0, std::min(channels_ - live_, offer_.at_most - outcome_.channels));
    live_ += jump_;
    keep_ = std::min(live_ * found, (offer_.at_most - outcome_.channels - jump_) / days);
    return;
  }
  keep_ = std::min(channels_ * found, offer_.supply);
  if (live_ >= channels_) return;
  if (found > 0) {
    const double level = offer_.supply / found;
    fill_ = level > channels_ ? std::log((level - live_) / (level - channels_)) / found : days;
  } else {
    fill_ = (channels_ - live_) / offer_.supply;
  }
  fill_ = std::min(fill_, days);
}

double Rounds::SendFor(double days, size_t c) const {
  const double filling = std::min(days, fill_), keeping = days - filling, found = offer_.found;
  double carried = filling > 0 ? Carried(live_, offer_.supply, found, filling) : 0;
  if (keeping > 0) {
    const double live = fill_ > 0 ? LiveAfter(live_, offer_.supply, found, fill_) : live_;
    carried += Carried(live, keep_, found, keeping);
  }
  carried *= offer_.daily;
  if (!offer_.addressed) return carried;
  const double usable = Carries(c) ? world_.classes[c].addresses - blocked_addresses_[c] : 0;
  return std::min(carried, usable * world_.address_daily * days);
}

double Rounds::LeastCost() const { return outcome_.Cost(world_) + std::max(0.0, need_ - sent_) * offer_.request_price; }

void Rounds::Step(size_t c) {
  const double days = std::min(world_.round_days, world_.horizon_days - outcome_.days);
  Refill(days);
  double used = days;
  double sends = SendFor(days, c);
  const double remaining = need_ - sent_;
  if (sends >= remaining * (1 - kSlack)) {
    const auto missing = [&](double until) { return SendFor(until, c) - remaining; };
    if (missing(used) > 0) {
      const double start = 0;
      boost::uintmax_t steps = kSteps;
      used = boost::math::tools::toms748_solve(missing, start, used, -remaining, missing(used),
                                               boost::math::tools::eps_tolerance<double>(kBits), steps)
                 .second;
    }
    sends = remaining;
    outcome_.completed = true;
  }
  sent_ += sends;
  const double filling = std::min(used, fill_), keeping = used - filling;
  const double bought = jump_ + (filling > 0 ? offer_.supply * filling : 0) + keep_ * keeping;
  outcome_.channels += bought;
  outcome_.days += used;
  outcome_.obtained = std::min(1.0, sent_ / need_);
  outcome_.dollars += bought * offer_.channel_price + sends * offer_.request_price;
  if (kRoutes[offer_.route].here) outcome_.requests += sends;
  if (offer_.addressed) {
    outcome_.dollars += sends * world_.classes[c].traffic;
    outcome_.gigabytes += sends * world_.gigabytes;
  }
  const double found = policy_.detects && offer_.addressed ? -std::expm1(-offer_.found * used) : 0;
  seen_.push_back({c, sends * found, sends * found / (world_.address_daily * used)});
  if (filling > 0) live_ = LiveAfter(live_, offer_.supply, offer_.found, filling);
  live_ = LiveAfter(live_, keep_, offer_.found, keeping);
  if (policy_.people_a_thousand > 0) Block();
}

void Rounds::Block() {
  for (size_t c = 0; c < kAddressClasses; ++c) {
    const auto lag = static_cast<size_t>(std::ceil(world_.classes[c].lag_days / world_.round_days));
    if (seen_.size() <= lag) continue;
    const Seen& seen = seen_[seen_.size() - 1 - lag];
    if (seen.address_class != c) continue;
    known_requests_[c] += seen.requests;
    known_addresses_[c] += seen.addresses;
  }
  for (int block = 0; block < policy_.blocks_a_round; ++block) {
    // The best ratio of requests confirmed to honest people hit; of equals the first class, addresses before the whole.
    double best = 0, people = 0;
    size_t at = kAddressClasses;
    bool whole = false;
    for (size_t c = 0; c < kAddressClasses; ++c) {
      if (outcome_.class_blocked[c] || !(known_requests_[c] > 0)) continue;
      for (const bool all : {false, true}) {
        const double addresses = known_addresses_[c] - blocked_addresses_[c];
        if (!all && !(addresses > 0)) continue;
        const double hit = all ? served_[c] : std::min(served_[c], addresses * world_.classes[c].users);
        if (hit * kThousand > known_requests_[c] * policy_.people_a_thousand) continue;
        const double ratio = hit > 0 ? known_requests_[c] / hit : std::numeric_limits<double>::infinity();
        if (ratio <= best) continue;
        best = ratio;
        people = hit;
        at = c;
        whole = all;
      }
    }
    if (at == kAddressClasses) return;
    served_[at] -= people;
    outcome_.blocked[at] += people;
    if (whole) {
      outcome_.class_blocked[at] = true;
    } else {
      blocked_addresses_[at] = std::min(known_addresses_[at], world_.classes[at].addresses);
      known_addresses_[at] = blocked_addresses_[at];
    }
  }
}

}  // namespace retort
