// Draws over the registers, what a policy adds, and the prices at which the cheapest route changes.
#include "teacher/provider/rounds_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "teacher/provider/latin_hypercube.h"
#include "tests/teacher/provider/register.h"
#include "tests/teacher/provider/rounds_world.h"

namespace retort {
namespace {

const std::vector<ProviderPolicy> kLadder = {{.name = "nothing"},
                                             {.name = "phone", .tier = 1, .detects = true},
                                             {.name = "document", .tier = 2, .detects = true}};
ProviderRegisters Shipped() { return {Register(), IdentityRegister(), AddressRegister()}; }

TEST(LatinHypercube, EverySliceIsSeenOnceAndTheRangeIsKept) {
  const Assumption a{.low = 1, .high = 5, .value = 2};
  std::vector<double> draws = LatinDraws(a, "x", 200, 3);
  std::ranges::sort(draws);
  for (size_t i = 0; i < draws.size(); ++i) {
    EXPECT_GE(draws[i], EntryQuantile(a, static_cast<double>(i) / 200));
    EXPECT_LE(draws[i], EntryQuantile(a, static_cast<double>(i + 1) / 200));
  }
  EXPECT_EQ(LatinDraws(a, "x", 200, 3), LatinDraws(a, "x", 200, 3));
  EXPECT_NE(LatinDraws(a, "x", 200, 3), LatinDraws(a, "y", 200, 3));
  EXPECT_EQ(LatinDraws({.low = 7, .high = 7, .value = 7}, "x", 3, 1), std::vector<double>(3, 7));
}

TEST(LatinHypercube, QuantilesAreTheTriangles) {
  EXPECT_DOUBLE_EQ(TriangularQuantile(0, 1, 4, 0.25), 1);  // the share below the mode is (1 - 0) / (4 - 0)
  EXPECT_DOUBLE_EQ(TriangularQuantile(0, 1, 4, 1), 4);
  EXPECT_DOUBLE_EQ(TriangularQuantile(0, 0, 4, 0.75), 2);
  EXPECT_DOUBLE_EQ(TriangularQuantile(0, 4, 4, 0.25), 2);
  // A wide range is a triangle of logarithms.
  EXPECT_NEAR(EntryQuantile({.low = 1, .high = 10'000, .value = 100}, 0.5), 100, 1e-9);
  EXPECT_NEAR(EntryQuantile({.low = 0, .high = 100, .value = 50}, 0.5), 50, 1e-9) << "0 has no logarithm";
}

TEST(RoundsStudy, EveryCellIsTheBestUseAndThreadsChangeNothing) {
  const RoundsWorld world = ShippedWorld();
  const auto one = RunRounds(world, kLadder, {10, 1e5}, 1, {}), two = RunRounds(world, kLadder, {10, 1e5}, 2, {});
  for (size_t p = 0; p < kLadder.size(); ++p) {
    for (size_t n = 0; n < 2; ++n) {
      const Response *a = one->At(p, n).Of(Among::kPaid, world), *b = two->At(p, n).Of(Among::kPaid, world);
      EXPECT_EQ(a->outcome.dollars, b->outcome.dollars);
      EXPECT_EQ(a->outcome.days, b->outcome.days);
    }
  }
  EXPECT_EQ(one->Find(0, 11), nullptr);
  EXPECT_FALSE(RunRounds(world, kLadder, {10}, 1, [](const char*, double) { return false; }));
}

TEST(RoundsStudy, DoingNothingAddsNothing) {
  const auto all_effects = Effects(Shipped(), kLadder, {.samples = 1e5}, 50, 1, 2, {});
  const std::vector<PolicyEffect>& effects = Of(*all_effects, Among::kPaid);
  const PolicyEffect& nothing = effects.front();
  EXPECT_EQ(nothing.added_days.low, 0);
  EXPECT_EQ(nothing.added_days.high, 0);
  EXPECT_EQ(nothing.added_dollars.estimate, 0);
  EXPECT_EQ(nothing.turned_away.high, 0);
  EXPECT_EQ(nothing.provider_dollars.high, 0);
  const PolicyEffect& document = effects.back();
  EXPECT_NEAR(document.turned_away.estimate, 700e6 * 0.25, 1);
  EXPECT_LT(document.turned_away.low, document.turned_away.estimate);
  EXPECT_GT(document.turned_away.high, document.turned_away.estimate);
  double all = 0;
  for (const double share : document.chosen) all += share;
  EXPECT_NEAR(all, 1, 1e-9) << "in every draw one route is the cheapest";
}

TEST(RoundsStudy, DrawsOfNeedEnter) {
  EffectQuestion question{.samples = 100, .drawn = {10, 1e6}};
  const auto effects = Effects(Shipped(), kLadder, question, 40, 1, 2, {});
  EXPECT_LT(Of(*effects, Among::kPaid).front().dollars.low, 200);
  EXPECT_GT(Of(*effects, Among::kPaid).front().dollars.high, 1000);
}

TEST(RoundsStudy, AtTheBreakEvenTheRoutesCostTheSame) {
  const RoundsWorld world = ShippedWorld();
  for (const double need : {1e4, 8e5}) {
    const double price = BreakEvenAccount(world, kLadder[1], need, {BestUses(world, kLadder[1], need)}, Among::kPaid);
    ASSERT_GT(price, 0);
    ASSERT_TRUE(std::isfinite(price));
    for (const double times : {0.99, 1.01}) {
      RoundsWorld at = world;
      at.tiers[1].price = price * at.tiers[1].pass * times;
      for (size_t tier = 2; tier < kTierCount; ++tier) at.tiers[tier].price = 1e9;  // only this tier's own accounts
      const auto uses = BestUses(at, kLadder[1], need);
      EXPECT_EQ(Best(uses, at, Among::kPaid)->offer.route == kOwn, times < 1) << need << " " << times;
    }
  }
}

// Every entry that is drawn must be able to change something; one that cannot is dead weight, or a slip of the pen.
TEST(RoundsStudy, EveryEntryMoves) {
  ProviderRegisters base = Shipped();
  base.address.residential_lag.value = base.address.mobile_lag.value = 3;
  const std::vector<ProviderPolicy> policies = {
      {.name = "nothing"},
      {.name = "e-mail", .tier = 0, .detects = true},
      {.name = "phone", .tier = 1, .detects = true, .people_a_thousand = 1e3},
      {.name = "document", .tier = 2, .detects = true, .people_a_thousand = 1e12},
      {.name = "liveness", .tier = 3, .detects = true},
      {.name = "business", .tier = 4, .detects = true, .resellers_vouch = true}};
  const auto print = [&](const ProviderRegisters& r) {
    const RoundsWorld world = MakeWorld(r.needle, r.kyc, r.address);
    std::vector<double> all;
    for (const ProviderPolicy& policy : policies) {
      for (const Offer& offer : Offers(world, policy)) {
        // Q comes from needle's attempts and share. The larger is beyond other teachers, the smaller within reach.
        const double times = r.needle.attempts_per_sample.value / r.needle.accepted_share.value;
        for (size_t i = 0; i < 2 * kAddressClasses; ++i) {
          const double need = std::ceil((i % 2 == 0 ? 3e6 : 1e8) * times);
          const size_t c = i / 2;
          Rounds rounds(world, policy, offer, need, std::min(offer.at_most, 4096.0));
          while (!rounds.over() && (!offer.addressed || rounds.Carries(c))) rounds.Step(c);
          all.push_back(rounds.outcome().Cost(world));
          all.push_back(rounds.outcome().days);
          all.push_back(ProviderDollars(world, policy, TurnedAwayByBlocks(rounds.outcome())));
        }
      }
      all.push_back(TurnedAwayByTier(world, policy));
    }
    return all;
  };
  const std::vector<double> before = print(base);
  for (const RegisterEntry& entry : UsedEntries(base)) {
    const double value = entry.entry->value;
    bool moved = false;
    for (const double other : {entry.entry->low, entry.entry->high}) {
      entry.entry->value = other;
      moved |= print(base) != before;
    }
    entry.entry->value = value;
    EXPECT_TRUE(moved) << entry.name;
  }
}

}  // namespace
}  // namespace retort
