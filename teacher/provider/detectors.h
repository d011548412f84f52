// Five detectors as a provider would run them, day by day: volume (requests to date), PRADA and MMD (windows of one
// account's requests), linked MMD (requests pooled over a linkage group), and fused (the sum of the four rarities).
// They see requests and links only, never how these were made: everything they compare with is learnt from a sample of
// honest accounts that is not the one they are judged on. Thresholds come from the review capacity: as many honest
// alarms in a month as people can look at.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/config/describe.h"
#include "teacher/provider/population.h"
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
};

struct HonestScores {
  PerDetector<double> highest{};
  uint32_t group_size = 1;
};

class Detectors {
 public:
  Detectors(const DetectorPolicy& policy, const TextWorld& world, std::span<const Features> reference, uint64_t seed);

  const DetectorPolicy& policy() const { return policy_; }
  // Draws the requests of the windows.
  void Look(Traffic& traffic, History& history) const;
  void LookAtGroup(std::span<Traffic> members, History& history) const;

  // The largest score of each detector over the month; kNoScore where it had nothing to look at.
  PerDetector<double> Highest(const History& history) const;
  // Learns how rare scores are, in two steps on two samples of honest accounts: those of the four, then the fused
  // score, which Highest knows only after the first step. `alarm_share`: honest alarms that can be looked at in a
  // month, as a share of all accounts.
  void CalibrateParts(std::span<const HonestScores> sample);
  void CalibrateFused(std::span<const HonestScores> sample, double alarm_share);

  double threshold(Detector detector) const { return thresholds_[static_cast<size_t>(detector)]; }
  // First day on which a detector raises an alarm; 0: never.
  PerDetector<int> FirstAlarms(const History& history) const;
  double Rarity(Detector detector, double score) const;

 private:
  // Calls `at(day, scores so far)` on each day on which something changed.
  template <class At>
  void Walk(const History& history, At&& at) const;

  DetectorPolicy policy_;
  const TextWorld& world_;
  MmdDetector mmd_;
  PradaDetector prada_;
  PerDetector<std::optional<TailModel>> models_;
  PerDetector<double> thresholds_{};
};

}  // namespace retort
