// The volumes that a provider's experiment asks about: a grid over the decades, and the marks on it, each with its
// grade: N90 as few_samples measured it here, sizes of published sets, volumes that providers allege.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/report/plot.h"
#include "experiments/provider/need.h"
#include "teacher/provider/needle_assumptions.h"

namespace retort::provider {

struct Mark {
  std::string name;             // "N90 of rules", "LIMO"
  double samples = 0;           // N; of alleged volumes as many as requests
  double requests = 0;          // Q = ⌈N a / y⌉
  Bound bound = Bound::kExact;  // where N90 is censored
  std::string grade;            // "measured here" | "published" | "alleged"
};

// N90 of every task and arm of a summary.csv that few_samples wrote. Throws Error for a file that is none, and for one
// whose N counts tokens.
struct MeasuredN90 {
  std::string task, arm;
  Bound bound = Bound::kExact;
  double n = 0;
};
std::vector<MeasuredN90> ReadN90(const std::filesystem::path& summary);

// Rising by requests. Of `measured`, only the arm `arm`.
std::vector<Mark> Marks(const NeedleAssumptions& assumptions, const std::vector<MeasuredN90>& measured,
                        const std::string& arm);
// The entry of that name, of so many samples or requests. Throws Error where it is no volume.
NamedAssumption VolumeEntry(const NeedleAssumptions& assumptions, const std::string& name);
// 10 to 10^8 in `per_decade` steps, the marks, and what was drawn.
std::vector<double> Volumes(int per_decade, const std::vector<Mark>& marks,
                            const std::vector<NeededRequests>& needed = {});

// Those of exactly so many requests, as a field of a table: "N90 of rules (measured here); ...".
std::string MarksAt(const std::vector<Mark>& marks, double requests);

// Of a plot over volumes.
PlotAxis VolumeAxis();
constexpr double kMarksApart = 1.8;  // a factor: nearer ones cannot be read
// Those far enough from each other, and from the one that is named `kept`, which stays.
std::vector<PlotMark> MarksOn(const std::vector<Mark>& marks, std::string_view kept = {});

}  // namespace retort::provider
