// From finished students to what the three tests of provenance_probe.h say of them: who is flagged, how often that is
// right, and whether p values of untaught students are uniform.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/cell.h"
#include "core/stats/detection.h"
#include "core/stats/interval.h"
#include "experiments/design/config.h"
#include "experiments/provider/provenance_arms.h"

namespace retort::provider {

inline constexpr std::array<std::string_view, 3> kProvenanceTests = {"likelihood", "canaries", "watermark"};
inline constexpr size_t kTests = kProvenanceTests.size();

// What one test says of one student.
struct Finding {
  double score = 0;    // larger: more like a student of the teacher
  double p_value = 1;  // never too small
  double uniform = 1;  // the same with chance in place of caution: uniform for a student that was not taught
};

struct TriedStudent {
  const CellResult* cell = nullptr;
  bool calibrates = false;  // gives the threshold of the likelihood, and is in none of its rates
  std::array<std::optional<Finding>, kTests> findings;  // none: not tried, or no threshold
};

enum class Role { kTaught, kNull, kRelated };  // related: neither, such as students of the teacher's own descendants

struct TriedArm {
  std::string task, arm;
  Role role = Role::kRelated;
  std::optional<TaughtBy> taught;
  std::vector<TriedStudent> students;
};

// Arms in the order of the cells. The likelihood's threshold is each task's own. `gamma` as the watermark's.
std::vector<TriedArm> TryAll(const std::vector<CellResult>& cells, const lab::ProvenanceConfig& config, double gamma);

using Arms = std::vector<const TriedArm*>;
Arms Of(const std::vector<TriedArm>& arms, const std::string& task, Role role);
std::vector<std::string> Tasks(const std::vector<TriedArm>& arms);  // in their order

// What a test says of the students that count for it.
struct Rate {
  int64_t students = 0, flagged = 0;
  Interval Of() const { return ClopperPearson(flagged, students); }
};
Rate Flagged(const Arms& arms, size_t test, double alpha);
std::vector<Finding> Findings(const Arms& arms, size_t test);
std::vector<double> Uniform(const Arms& arms, size_t test);  // Finding::uniform of these
// Of the arm against all untaught students of its task; nullopt where either is missing.
std::optional<Interval> Area(const TriedArm& arm, const Arms& nulls, size_t test);

}  // namespace retort::provider
