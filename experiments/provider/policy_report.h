// policy_table's page and data: every countermeasure against what it costs whom, what that stands on, and the one-page
// answer to the claims of the debate.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/report/data_table.h"
#include "core/report/page.h"
#include "experiments/provider/policy_sensitivity.h"

namespace retort::provider {

struct PolicyConfig {
  std::string results = "docs/results", task = "rules", arm = "teacher", mark = "published_r1_distill";
  std::string primary = "document";
  double delay_days = 30;
  int draws = 1000, threads = 2;
  int64_t seed = 0;
};
void Describe(Describer& d, PolicyConfig& c);

struct PolicyVolume {
  std::string name, grade;
  double samples = 0, requests = 0;
  Bound bound = Bound::kExact;
  std::vector<PolicyRow> rows;
};

// Owns what it points to, so that it can be copied.
struct PolicyReport {
  PolicyConfig config;
  PolicyRegisters registers;
  std::shared_ptr<const PolicyInputs> shared_inputs;
  const PolicyInputs& inputs;
  PolicyModel model;
  size_t primary = 0;                 // of the model's measures
  std::vector<PolicyVolume> volumes;  // the mark, then N90 as measured
  PolicySensitivity sensitivity;
  std::vector<std::string> what_ifs;
};

// Reads, draws, moves. nullopt where `watch` stopped it. Throws Error for files or names that are not there.
std::optional<PolicyReport> MakePolicyReport(const PolicyConfig& config, const PolicyRegisters& registers,
                                             const std::filesystem::path& results, const Watch& watch);

PageContent PolicyPage(const PolicyReport& report);
std::vector<DataTable> PolicyData(const PolicyReport& report);
std::string PolicyText(const PolicyReport& report);

// Of the cells of a row, the weakest grade of what they are made from.
struct CellGrades {
  std::string kappa, delay, short_of, honest, provider, evasion;
};
CellGrades GradesOf(const PolicyReport& report, const Countermeasure& measure);

}  // namespace retort::provider
