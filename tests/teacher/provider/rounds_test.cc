// The round-by-round simulator: closed forms, what a stronger policy may and may not do, the search for the best
// response against a plain enumeration, and honest people, none of whom may get lost.
#include "teacher/provider/rounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "core/base/random.h"
#include "tests/teacher/provider/rounds_world.h"

namespace retort {
namespace {

ProviderPolicy Nothing() { return {.name = "nothing"}; }
ProviderPolicy Asks(size_t tier) { return {.name = "asks", .tier = tier, .detects = true}; }
ProviderPolicy Blocks(double people) {
  return {.name = "blocks", .tier = 1, .detects = true, .people_a_thousand = people};
}

double CostOf(const RoundsWorld& world, const ProviderPolicy& policy, double need, Among among) {
  const auto uses = BestUses(world, policy, need);
  const Response* best = Best(uses, world, among);
  return best->outcome.completed ? best->outcome.Cost(world) : INFINITY;
}

TEST(Rounds, WithoutLossesTimeAndDollarsAreThoseOfTheFormula) {
  RoundsWorld world = ShippedWorld();
  const ProviderPolicy policy = Nothing();
  const Offer offer{.channel_price = 3, .request_price = 0.01, .daily = 100};
  Rounds rounds(world, policy, offer, 100'000, 8);
  while (!rounds.over()) rounds.Step(3);
  const RoundsOutcome& o = rounds.outcome();
  EXPECT_TRUE(o.completed);
  EXPECT_NEAR(o.days, 125, 1e-6);
  EXPECT_NEAR(o.dollars, 8 * 3 + 100'000 * (0.01 + world.classes[3].traffic), 1e-6);
  EXPECT_NEAR(o.gigabytes, 2, 1e-9) << "20 kB an answer";
  EXPECT_EQ(o.obtained, 1);
}

TEST(Rounds, LossesFollowTheDifferentialEquation) {
  RoundsWorld world = ShippedWorld();
  world.round_days = 5;
  world.horizon_days = 20;
  const ProviderPolicy policy = Asks(0);
  // Nothing can be had after the first round: 10 channels decay at .2 a day.
  const Offer offer{.daily = 10, .found = 0.2, .at_most = 10};
  Rounds rounds(world, policy, offer, 1e9, 10);
  while (!rounds.over()) rounds.Step(3);
  EXPECT_FALSE(rounds.outcome().completed);
  EXPECT_NEAR(rounds.outcome().requests, 10 * 10 * (1 - std::exp(-0.2 * 20)) / 0.2, 1e-6);
  EXPECT_EQ(rounds.outcome().channels, 10);
  // With enough supply, the ten are held and the replaced are paid for.
  const Offer held{.channel_price = 2, .daily = 10, .found = 0.2};
  Rounds steady(world, policy, held, 1e9, 10);
  while (!steady.over()) steady.Step(3);
  EXPECT_NEAR(steady.outcome().requests, 10 * 10 * 20, 1e-6);
  EXPECT_NEAR(steady.outcome().channels, 10 + 10 * 0.2 * 20, 1e-9);
  // Channels that come at 4 a day: live' = 4 - .2 live until there are ten, then they are held.
  const Offer slow{.channel_price = 2, .daily = 10, .found = 0.2, .supply = 4};
  Rounds filled(world, policy, slow, 1e9, 10);
  while (!filled.over()) filled.Step(3);
  const double until = std::log(20.0 / (20 - 10)) / 0.2;
  EXPECT_NEAR(filled.outcome().requests,
              10 * (20 * until - 20 * (1 - std::exp(-0.2 * until)) / 0.2 + 10 * (20 - until)), 1e-6);
  EXPECT_NEAR(filled.outcome().channels, 4 * until + 10 * 0.2 * (20 - until), 1e-9);
}

TEST(Rounds, WhatASmallStudentNeedsNoPolicyTouches) {
  const RoundsWorld world = ShippedWorld();
  for (size_t tier = 0; tier < kTierCount; ++tier) {
    const auto uses = BestUses(world, Asks(tier), 76);
    const Response* here = Best(uses, world, Among::kHere);
    ASSERT_TRUE(here->outcome.completed) << kTierNames[tier];
    EXPECT_LT(here->outcome.days, 2) << kTierNames[tier];
  }
  const auto blocked = BestUses(world, Blocks(1e12), 76);
  EXPECT_LT(Best(blocked, world, Among::kHere)->outcome.days, 2) << "over before the first block";
}

TEST(Rounds, AStrongerTierNeverMakesItCheaper) {
  const RoundsWorld world = ShippedWorld();
  for (const double need : {76.0, 1e4, 8e5, 1e7}) {
    for (const Among among : {Among::kPaid, Among::kHere, Among::kAll}) {
      double before = CostOf(world, Nothing(), need, among);
      for (size_t tier = 0; tier < kTierCount; ++tier) {
        const double cost = CostOf(world, Asks(tier), need, among);
        EXPECT_GE(cost, before * (1 - 1e-9)) << kTierNames[tier] << " " << need;
        before = cost;
      }
      ProviderPolicy vouch = Asks(kTierCount - 1);
      vouch.resellers_vouch = true;
      EXPECT_GE(CostOf(world, vouch, need, among), before * (1 - 1e-9));
    }
  }
}

TEST(Rounds, AStrongerPolicyChangesRouteAndDelay) {
  const RoundsWorld world = ShippedWorld();
  const double need = 8e5;
  const auto free = BestUses(world, Nothing(), need);
  const auto liveness = BestUses(world, Asks(3), need);
  const Response *a = Best(free, world, Among::kPaid), *b = Best(liveness, world, Among::kPaid);
  EXPECT_EQ(a->offer.route, kOwn);
  EXPECT_NE(a->offer.route, b->offer.route) << "dearer papers make another route the cheapest";
  EXPECT_GT(liveness[kOwn]->outcome.days, free[kOwn]->outcome.days + 1)
      << "fewer accounts are bought, and it takes longer";
  // Blocks of whole classes cost a long campaign something, and make it move.
  RoundsWorld slow = world;
  slow.own_supply = 20;
  const auto open = BestUses(slow, Asks(1), 2e7);
  const auto blocked = BestUses(slow, Blocks(1e9), 2e7);
  EXPECT_GT(blocked[kOwn]->outcome.Cost(slow), open[kOwn]->outcome.Cost(slow));
  EXPECT_NE(blocked[kOwn]->address_classes, open[kOwn]->address_classes);
}

TEST(Rounds, BlockingClassesMovesTheDistillerOnAndHitsHonestPeople) {
  RoundsWorld world = ShippedWorld();
  world.found_below = 0.01;
  world.own_supply = 20;  // slow enough to be seen
  const Offer offer = Offers(world, Blocks(1e9)).front();
  const Response use = BestUse(world, Blocks(1e9), offer, 3e6);
  EXPECT_GT(use.address_classes.size(), 1U);
  const double hit = std::accumulate(use.outcome.blocked.begin(), use.outcome.blocked.end(), 0.0);
  EXPECT_GT(hit, 1e6);
  // Ready to hit nobody, the provider blocks nothing that anybody uses.
  const Response none = BestUse(world, Blocks(1e-9), offer, 3e6);
  EXPECT_EQ(std::accumulate(none.outcome.blocked.begin(), none.outcome.blocked.end(), 0.0), 0);
}

TEST(Rounds, TheProviderBlocksTheBestRatioFirst) {
  RoundsWorld world = ShippedWorld();
  for (AddressTerms& terms : world.classes) terms.lag_days = 0;
  world.found_below = 0.05;
  const ProviderPolicy policy{.name = "one", .detects = true, .people_a_thousand = 1e12, .blocks_a_round = 1};
  const Offer offer{.daily = 100, .found = 0.05};
  Rounds rounds(world, policy, offer, 1e7, 100);
  rounds.Step(1);  // data centre: addresses with half a person each are a better ratio than the whole class
  EXPECT_FALSE(rounds.outcome().class_blocked[1]);
  const double addresses = 100.0 * 100 * 7 * (1 - std::exp(-0.05 * 7)) / (200 * 7);
  EXPECT_NEAR(rounds.outcome().blocked[1], addresses * 0.5, 1e-6);
  ProviderPolicy two = policy;
  two.blocks_a_round = 2;
  Rounds both(world, two, offer, 1e7, 100);
  both.Step(1);
  EXPECT_TRUE(both.outcome().class_blocked[1]) << "and then the rest of it";
  EXPECT_FALSE(both.Carries(1));
  EXPECT_TRUE(both.Carries(3));
}

TEST(Rounds, NoHonestPersonGetsLost) {
  const RoundsWorld world = ShippedWorld();
  for (size_t tier = 0; tier < kTierCount; ++tier) {
    ProviderPolicy policy = Blocks(1e8);
    policy.tier = tier;
    const Offer offer{.daily = 100, .found = 0.01};
    Rounds rounds(world, policy, offer, 1e9, 5000);
    for (size_t round = 0; !rounds.over(); ++round) {
      rounds.Step(round % kAddressClasses);
      double all = TurnedAwayByTier(world, policy);
      for (size_t c = 0; c < kAddressClasses; ++c) {
        EXPECT_GE(rounds.served()[c], -1e-6);
        all += rounds.served()[c] + rounds.outcome().blocked[c];
      }
      ASSERT_NEAR(all, world.honest, 1);
    }
  }
}

// Every plan by recursion, without any cut: classes in every order, channels in doublings.
Response Plainly(const RoundsWorld& world, const ProviderPolicy& policy, const Offer& offer, double need) {
  std::optional<Response> best;
  std::vector<size_t> order(kAddressClasses);
  std::iota(order.begin(), order.end(), 0);
  do {
    for (double channels = 1; channels <= offer.at_most; channels *= 2) {
      Rounds rounds(world, policy, offer, need, channels);
      for (const size_t c : order) {
        while (!rounds.over() && (!offer.addressed || rounds.Carries(c))) rounds.Step(c);
      }
      if (!best || Better(rounds.outcome(), best->outcome, world)) {
        best = Response{offer, channels, order, rounds.outcome()};
      }
      if (channels * offer.daily >= need * offer.need_times * 24) break;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return *best;
}

TEST(Rounds, TheSearchFindsWhatPlainEnumerationFinds) {
  RandomStream random(7, "worlds");
  for (int i = 0; i < 12; ++i) {
    RoundsWorld world = ShippedWorld();
    const auto times = [&] { return std::exp2(6 * random.Uniform() - 3); };
    world.horizon_days = 60;
    world.found_below *= 20 * times();
    world.day_value *= times();
    world.own_supply = 10 * times();
    for (AddressTerms& terms : world.classes) {
      terms.traffic *= times();
      terms.lag_days /= 7;
    }
    const ProviderPolicy policy = Blocks(std::pow(10, 3 + 6 * random.Uniform()));
    const double need = std::pow(10, 2 + 3 * random.Uniform());
    const std::vector<Offer> offers = Offers(world, policy);
    for (const Offer& offer : {offers.front(), offers[1], offers.back()}) {
      const Response found = BestUse(world, policy, offer, need), plain = Plainly(world, policy, offer, need);
      EXPECT_EQ(found.outcome.completed, plain.outcome.completed);
      EXPECT_DOUBLE_EQ(found.outcome.Cost(world), plain.outcome.Cost(world)) << i << " " << offer.daily;
      EXPECT_DOUBLE_EQ(found.outcome.obtained, plain.outcome.obtained);
      EXPECT_EQ(found.channels, plain.channels);
    }
  }
}

TEST(Rounds, TheShorterSearchFindsTheSameBest) {
  const RoundsWorld world = ShippedWorld();
  for (const double need : {50.0, 1e4, 8e5, 3e7}) {
    for (const ProviderPolicy& policy : {Nothing(), Asks(1), Asks(2), Asks(4), Blocks(1e9)}) {
      const auto all = BestUses(world, policy, need), some = BestOfGroups(world, policy, need);
      for (const Among among : kAmong) {
        const Response *a = Best(all, world, among), *b = Best(some, world, among);
        EXPECT_EQ(a->offer.route, b->offer.route) << need << " " << policy.tier;
        EXPECT_EQ(a->outcome.dollars, b->outcome.dollars);
        EXPECT_EQ(a->outcome.days, b->outcome.days);
      }
    }
  }
}

TEST(Rounds, ADistillerThatAdaptsIsNoWorseOff) {
  const RoundsWorld world = ShippedWorld();
  for (const double need : {1e3, 8e5}) {
    const auto free = BestUses(world, Nothing(), need);
    const Response plan = *Best(free, world, Among::kPaid);
    for (const ProviderPolicy& policy : {Asks(0), Asks(1), Asks(3), Blocks(1e6), Blocks(1e10)}) {
      const Response naive = Unadapted(world, policy, plan, need);
      const auto uses = BestUses(world, policy, need);
      EXPECT_FALSE(Better(naive.outcome, Best(uses, world, Among::kPaid)->outcome, world)) << policy.tier;
      EXPECT_GE(naive.offer.tier, naive.offer.route == kOwn ? policy.tier : 0);
    }
  }
}

TEST(Rounds, OtherTeachersSeeNoPolicy) {
  const RoundsWorld world = ShippedWorld();
  const auto free = BestUses(world, Nothing(), 8e5), strict = BestUses(world, Asks(4), 8e5);
  for (const size_t route : {kRival, kOpen}) {
    EXPECT_EQ(free[route]->outcome.dollars, strict[route]->outcome.dollars);
    EXPECT_EQ(strict[route]->outcome.requests, 0) << "no request that this provider could see";
  }
}

}  // namespace
}  // namespace retort
