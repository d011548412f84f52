// What a provider could see of whoever collected the rows of an experiment: requests by arm, and what the log of one
// run would hold. Volumes of honest people come from the assumption register.
#pragma once

#include <string>
#include <vector>

#include "core/report/own_section.h"
#include "teacher/provider/needle_assumptions.h"
#include "teacher/provider/request_log.h"

namespace retort::provider {

// Of one run: mean over seeds.
struct RowsAsked {
  std::string task, arm;
  int n = 0;
  double prompts = 0, tokens = 0;  // of the teacher
  bool through_api = false;        // a provider answered; else somebody who has the weights did
};

struct LoggedRun {
  std::string arm;
  int n = 0;
  std::vector<RequestRecord> records;  // empty: nothing to show
};

struct HonestVolume {
  double mean = 0, shape = 0, days = 0;  // requests of an account in so many days: Gamma(shape) with this mean
};
HonestVolume HonestVolumeOf(const NeedleAssumptions& assumptions);
// The share of honest accounts that send at least so many requests.
double HonestShareAtLeast(double requests, const HonestVolume& honest);

// `has_network`: whether the process that writes the page could reach anybody.
OwnSection RequestsSection(const std::vector<RowsAsked>& asked, const LoggedRun& logged, const HonestVolume& honest,
                           bool has_network);

}  // namespace retort::provider
