// Texts as a gateway's request log had them, in place of assumed ones: for each account, the measures of its requests
// in their order, in standard deviations of the honest requests of the earlier month. Detectors learn from the earlier
// month and are tried on the later one, whose accounts are others. scripts/gateway_traffic.py makes the files from logs
// of build/serve; experiments/provider/traffic_files.h reads them.
//
// As many kinds of honest texts as there are accounts in the log: what is rarer than one of them is extrapolated by the
// detectors, and can be counted by nobody.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace retort {

// As many as text_features.h has measures of a prompt beside its trigrams.
inline constexpr int kFeatures = 8;  // size: of a request's position
using Features = std::array<float, kFeatures>;

// Honest people, then what distillers send: as their collector asks, and in the forms of honest people.
enum class TextKind : uint8_t { kPupil, kDeveloper, kEvaluator, kCollection, kReworded };
inline constexpr size_t kTextKinds = 5, kHonestKinds = 3;  // size: of the enumeration; the honest first
inline constexpr std::array<std::string_view, kTextKinds> kTextKindNames = {"pupil", "developer", "evaluator",
                                                                            "collection", "reworded"};

struct LoggedWriter {
  std::vector<std::vector<Features>> accounts;  // one, but for distillers who use several
  uint32_t place = 0;                           // among the honest writers of its month, or among its kind's distillers
};

class LoggedTexts {  // of a month
 public:
  std::vector<LoggedWriter>& of(TextKind kind) { return of_[static_cast<size_t>(kind)]; }
  const std::vector<LoggedWriter>& of(TextKind kind) const { return of_[static_cast<size_t>(kind)]; }
  size_t honest() const;    // writers
  size_t requests() const;  // of all

 private:
  std::array<std::vector<LoggedWriter>, kTextKinds> of_;
};

struct LoggedMonths {
  LoggedTexts earlier, later;

  // Turns measures into honest deviations of the earlier month, around its mean, and counts the writers' places.
  void Standardize();
};

}  // namespace retort
