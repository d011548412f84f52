// The haystack: hundreds of millions of honest accounts, none of which is stored. Accounts are numbered; blocks of 65
// 536 hold whole linkage groups, so that a stream over a block sees each group together, and any account can be made
// anew alone: its block's groups, then its own streams. A group stands for the strongest link of its members (an
// address, a payment, a template); that people have several at once is left out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "teacher/provider/counter_random.h"
#include "teacher/provider/needle_assumptions.h"
#include "teacher/provider/text_source.h"
#include "teacher/provider/volume_sampler.h"

namespace retort {

struct Haystack {
  std::string name;  // "chat" | "api" | "debate"
  int64_t accounts = 0;
  VolumeModel volume;
  double technical_share = 0;
};
// `rate`: VolumeModel::rate. `accounts` > 0 replaces the register's number.
Haystack MakeHaystack(const std::string& name, const std::string& rate, const NeedleAssumptions& assumptions,
                      int64_t accounts = 0);

enum class Link : uint8_t { kNone, kAddress, kPayment, kTemplate };
struct Group {
  uint64_t first = 0;  // account
  uint32_t size = 1;
  Link link = Link::kNone;
  bool evaluator = false;  // asks what a distiller asks, and is honest
};

// One account's month: requests on each day, and who writes them. `other`, with `other_share` of the requests, is there
// for campaigns: decoys, or a reseller's own customers.
struct Traffic {
  std::vector<int64_t> daily;
  TextSource text, other;
  double other_share = 0;
  CounterRandom random{0};  // of the texts

  void Draw(const TextWorld& world, std::span<Features> requests);

 private:
  void DrawBetween(const TextWorld& world, std::span<Features> requests);  // each writer's in order
};
// Drawn when they are read. Both must outlive them.
Requests RequestsOf(Traffic& traffic, const TextWorld& world);

// `total` spread over days in proportion to weights that are Gamma(shape).
std::vector<int64_t> SpreadOverDays(int64_t total, int days, double shape, CounterRandom& random);

class Population {
 public:
  static constexpr uint64_t kBlock = 65536;  // size: accounts of a block; also the largest group

  // `month`: other accounts in the same world, whose topics lie where the seed puts them. `logged`: that month's texts,
  // which must outlive it; null: as assumed.
  Population(Haystack haystack, const NeedleAssumptions& assumptions, uint64_t seed, const std::string& month = {},
             const LoggedTexts* logged = nullptr);

  const Haystack& haystack() const { return haystack_; }
  const TextWorld& world() const { return world_; }
  const VolumeSampler& volume() const { return volume_; }
  int days() const { return days_; }
  uint64_t accounts() const { return static_cast<uint64_t>(haystack_.accounts); }
  uint64_t blocks() const { return (accounts() + kBlock - 1) / kBlock; }

  // Calls `visit(group)` for the groups of a block, in order of their accounts.
  template <class Visit>
  void ForEachGroup(uint64_t block, Visit&& visit) const {
    CounterRandom random = groups_.Open(block);
    const uint64_t end = std::min(accounts(), (block + 1) * kBlock);
    for (uint64_t first = block * kBlock; first < end;) {
      Group group = DrawGroup(random);
      group.first = first;
      group.size = static_cast<uint32_t>(std::min<uint64_t>(group.size, end - first));
      visit(static_cast<const Group&>(group));
      first += group.size;
    }
  }
  Group GroupOf(uint64_t account) const;

  int64_t Total(uint64_t account, const Group& group) const {
    const int64_t total = volume_(totals_.Key(account));
    return group.evaluator ? static_cast<int64_t>(static_cast<double>(total) * evaluator_volume_) : total;
  }
  Traffic Open(uint64_t account, const Group& group) const;
  // Honest people who are in no haystack: a decoy's model; a reseller's own customers; a member of a campaign's group.
  TextSource HonestText(CounterRandom& random) const;
  TextSource CustomerText(CounterRandom& random) const;
  Traffic HonestAccount(CounterRandom& random) const;

 private:
  Group DrawGroup(CounterRandom& random) const;
  TextKind DrawKind(CounterRandom& random) const;
  // In a log are no groups. Members of a payment are one kind of people; those of a template write as one account.
  TextSource LoggedMember(const Group& group, CounterRandom& shared, CounterRandom& own) const;

  Haystack haystack_;
  TextWorld world_;
  VolumeSampler volume_;
  CounterStreams totals_, groups_, texts_, group_texts_;
  int days_;
  double day_shape_, linked_, group_exponent_, payment_, template_, evaluator_, evaluator_volume_;
};

}  // namespace retort
