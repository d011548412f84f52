// Five detectors as a provider would run them, day by day: volume (requests to date), PRADA and MMD (windows of one
// account's requests), linked MMD (requests pooled over a linkage group), and fused. They see requests and links only,
// never how these were made: everything they compare with is learnt from honest accounts of an earlier month, the
// volume detector from the totals of all, the others from a sample. Thresholds come from the review capacity: as many
// honest alarms in a month as people can look at.
//
// Fused takes the smallest of three p values: volume alone; volume, PRADA and MMD of the account together (by the sum
// of their -ln p, Fisher 1932, calibrated anew since they depend on each other); the group's. The first is there so
// that whoever is loud is seen, whatever the texts say: in a sum alone a loud account among thousands with strange
// texts drowns. A third of the reviews each (Bonferroni), then the common threshold is set by what the three raise
// together.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/config/describe.h"
#include "teacher/provider/tail_model.h"
#include "teacher/provider/text_detectors.h"

namespace retort {

enum class Detector : uint8_t { kVolume, kPrada, kMmd, kLinkedMmd, kFused };
inline constexpr size_t kDetectors = 5;
inline constexpr std::array<std::string_view, kDetectors> kDetectorNames = {"volume", "prada", "mmd", "linked_mmd",
                                                                            "fused"};
template <class T>
using PerDetector = std::array<T, kDetectors>;

// How the detectors look: policy of the provider, known to the distiller.
struct DetectorPolicy {
  int window = 64;      // requests of an account that are compared at a time, the latest
  int least = 32;       // of them at least
  int every_days = 2;   // between two windows of an account
  int group_days = 10;  // between two looks at a group
  int group_members = 8;
  int member_requests = 8;
};
void Describe(Describer& d, DetectorPolicy& c);

inline constexpr double kNoScore = -std::numeric_limits<double>::infinity();

// What the detectors measured of one account, in order of days (1 = the first).
struct History {
  struct Look {
    int day = 0;
    double prada = kNoScore, mmd = kNoScore;
  };
  struct GroupLook {
    int day = 0;
    double mmd = kNoScore;
  };
  std::vector<int64_t> to_date;  // requests by the end of each day
  std::vector<Look> looks;
  std::vector<GroupLook> group;  // of the account's group; empty without one
  uint32_t group_size = 1;
  uint32_t writer = 0;  // as whom of a log the account writes: for who counts alarms, no detector reads it
};

struct HonestScores {
  PerDetector<double> highest{};  // fused unknown before calibration
  uint32_t group_size = 1;
};

struct Alarms {
  PerDetector<int> day{};    // first alarm; 0: never
  bool fused_group = false;  // fused rang for the account's group, not for the account
};

class Detectors {
 public:
  // `reference`: requests of honest people.
  Detectors(const DetectorPolicy& policy, std::span<const Features> reference, uint64_t seed);

  const DetectorPolicy& policy() const { return policy_; }
  void Look(const Requests& requests, History& history) const;
  // `phase`: groups take turns, a group_days-th of them on a day.
  void LookAtGroup(std::span<const Requests> members, int phase, History& history) const;

  // The largest score of each detector over the month; kNoScore where it had nothing to look at.
  PerDetector<double> Highest(const History& history) const;
  // Learns how rare scores are. `volumes`: logarithms of the month's totals of `accounts` honest accounts; `sample`:
  // scores of some of them. `alarm_share`: honest alarms that can be looked at in a month, as a share of all accounts;
  // a group is one. `writers`: TailModel's.
  void Calibrate(std::vector<TailModel::Weighted> volumes, double accounts, std::span<const HonestScores> sample,
                 double alarm_share, double writers = 0);

  double threshold(Detector detector) const { return thresholds_[static_cast<size_t>(detector)]; }
  Alarms FirstAlarms(const History& history) const;
  double Rarity(Detector detector, double score) const;  // 0 where there was nothing to look at

 private:
  // Calls `at(day, scores so far)` on each day on which something changed.
  template <class At>
  void Walk(const History& history, At&& at) const;
  double OwnRarity(const PerDetector<double>& scores) const;  // of the account, without its group

  DetectorPolicy policy_;
  MmdDetector mmd_;
  PradaDetector prada_;
  PerDetector<std::optional<TailModel>> models_;
  std::optional<TailModel> together_;  // sum of the rarities of volume, prada, mmd
  PerDetector<double> thresholds_{};
};

}  // namespace retort
