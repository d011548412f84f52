// The report of know_your_customer and of address_blocking: what was asked, what was computed, and what a page says of
// it. Both are one simulator (teacher/provider/rounds.h); they differ in their ladder of policies and in their words.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/report/data_table.h"
#include "core/report/page.h"
#include "experiments/provider/volumes.h"
#include "teacher/provider/rounds_study.h"

namespace retort::provider {

enum class RoundsKind { kIdentity, kAddresses };

struct RoundsConfig {
  std::string few_samples_summary, arm = "teacher", task = "rules";
  std::string mark = "published_r1_distill", alleged = "alleged_28m8";
  std::string policy;                                               // of the verdict: a name of the ladder
  std::vector<double> people_a_thousand = {1, 1e3, 1e5, 1e7, 1e9};  // of address_blocking's ladder
  int per_decade = 2, draws = 300, threads = 2;
  int64_t seed = 0;
};
void Describe(Describer& d, RoundsConfig& c);

std::vector<ProviderPolicy> Ladder(RoundsKind kind, const RoundsConfig& config);

// What the policies are worth at one volume.
struct VolumeEffects {
  std::string name;                  // "N90 of rules", "DeepSeek-R1-Distill"
  std::string grade;                 // "measured here" | "published" | "alleged"
  NeededRequests needed, low, high;  // as registered; low and high where N90 was drawn
  PolicyEffects effects;
};

// Break-even prices over the volumes of the decades.
struct BreakEvens {
  std::vector<double> needs;
  std::vector<std::string> names;           // of the columns
  std::vector<std::vector<double>> prices;  // by column, then need; 0: never, infinite: always
};
struct RoundsReport {
  RoundsKind kind;
  const RoundsConfig& config;
  const ProviderRegisters& registers;
  RoundsStudy study;
  std::vector<Mark> marks;
  std::vector<VolumeEffects> volumes;                 // measured (if any), published, alleged
  std::array<BreakEvens, kAmong.size()> break_evens;  // by Among
  size_t policy = 0;                                  // of the verdict
  std::vector<std::string> what_ifs;
};

// Runs all of it; nullopt where `watch` stopped it. Throws Error for names that are not there.
std::optional<RoundsReport> MakeRoundsReport(RoundsKind kind, const RoundsConfig& config,
                                             const ProviderRegisters& registers,
                                             const std::vector<MeasuredN90>& measured, const std::optional<Need>& need,
                                             const Watch& watch);

inline const BreakEvens& Of(const std::array<BreakEvens, kAmong.size()>& found, Among among) {
  return found[static_cast<size_t>(among)];
}

PageContent RoundsPage(const RoundsReport& report);
std::vector<DataTable> RoundsData(const RoundsReport& report);
std::string RoundsText(const RoundsReport& report);
// Overrides that change one of the registers: "kyc.phone_price.value=1".
std::vector<std::string> RegisterOverrides(const std::vector<std::string>& overrides);
// "kyc.phone_price=5" -> "kyc.phone_price.value=5": the short form of a what-if; other words stay.
std::string LongForm(const std::string& word);
// What `main` returns for argv with each word in its long form.
int WithLongForms(int argc, const char* const* argv, const std::function<int(const char* const*)>& main);

}  // namespace retort::provider
