// needle's page and data: what was found, how sure it is, what was assumed. Everything that a reader sees is worded
// here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/report/data_table.h"
#include "core/report/page.h"
#include "experiments/provider/traffic_files.h"
#include "experiments/provider/volumes.h"
#include "teacher/provider/needle.h"
#include "teacher/provider/sensitivity.h"

namespace retort::provider {

// The comparison that the verdict is about, fixed beforehand in the config.
struct PrimaryContrast {
  std::string haystack = "chat", detector = "fused", strategy = "capped", against = "one", task = "rules",
              mark = "published_r1_distill", alleged = "alleged_28m8";
};
void Describe(Describer& d, PrimaryContrast& c);

struct NeedleReport {
  const NeedleConfig& config;
  const NeedleAssumptions& assumptions;
  const PrimaryContrast& primary;
  const NeedleResult& result;
  const std::vector<Mark>& marks;
  const std::optional<Need>& need;
  const std::optional<Sensitivity>& sensitivity;
  std::vector<std::string> what_ifs;       // overrides of the register
  std::vector<LoggedDetection> detection;  // in the log that measured texts are of
};

Probe ProbeOf(const PrimaryContrast& primary, const NeedleAssumptions& assumptions);  // at the mark
PageContent NeedlePage(const NeedleReport& report);
std::vector<DataTable> NeedleData(const NeedleReport& report);  // summary.csv, haystacks.csv, assumptions.csv
std::string NeedleText(const NeedleReport& report);             // for a terminal

}  // namespace retort::provider
