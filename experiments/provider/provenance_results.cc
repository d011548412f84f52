#include "experiments/provider/provenance_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/base/random.h"

namespace retort::provider {
namespace {

std::optional<double> Extra(const CellResult& cell, const std::string& name) {
  const auto found = cell.extras.find(name);
  return found == cell.extras.end() ? std::nullopt : std::optional(found->second);
}

// Of this student and test: a number in [0, 1) that is the same each time.
double Chance(const CellResult& cell, std::string_view test) {
  return RandomStream(cell.seed, fmt::format("provenance/{}/{}/{}", cell.task, cell.arm, test)).Uniform();
}

std::optional<Finding> Watermarked(const CellResult& cell, double gamma) {
  const auto p = Extra(cell, "watermark"), pairs = Extra(cell, "watermark_pairs"),
             green = Extra(cell, "watermark_green");
  if (!p || !pairs || !green) return std::nullopt;
  const double above = BinomialTail(static_cast<int64_t>(*green) + 1, static_cast<int64_t>(*pairs), gamma);
  return Finding{.score = -*p, .p_value = *p, .uniform = above + Chance(cell, "watermark") * (*p - above)};
}

bool Names(const std::vector<std::string>& arms, const std::string& arm) {
  return std::ranges::find(arms, arm) != arms.end();
}

}  // namespace

std::vector<TriedArm> TryAll(const std::vector<CellResult>& cells, const lab::ProvenanceConfig& config, double gamma) {
  const auto calibrates = [&](const CellResult& cell) {
    return Names(config.calibration, cell.arm) && cell.seed >= static_cast<uint64_t>(config.calibration_from) &&
           Extra(cell, "likelihood");
  };
  std::map<std::string, std::vector<double>> thresholds;  // scores of students that calibrate, by task
  for (const CellResult& cell : cells) {
    if (const auto score = Extra(cell, "likelihood"); score && calibrates(cell))
      thresholds[cell.task].push_back(*score);
  }
  std::vector<TriedArm> arms;
  for (const CellResult& cell : cells) {
    if (cell.n == 0) continue;
    TriedStudent student{.cell = &cell, .calibrates = calibrates(cell), .findings = {}};
    if (const auto score = Extra(cell, "likelihood"); score && !student.calibrates) {
      if (const auto known = thresholds.find(cell.task); known != thresholds.end()) {
        student.findings[0] = Finding{.score = *score,
                                      .p_value = RankPValue(known->second, *score),
                                      .uniform = RankPValue(known->second, *score, Chance(cell, "likelihood"))};
      }
    }
    if (const auto p = Extra(cell, "canaries"))
      student.findings[1] = Finding{.score = -*p, .p_value = *p, .uniform = *p};
    student.findings[2] = Watermarked(cell, gamma);
    if (std::ranges::none_of(student.findings, [](const auto& f) { return f.has_value(); }) && !student.calibrates)
      continue;
    auto arm = std::ranges::find_if(arms, [&](const TriedArm& a) { return a.task == cell.task && a.arm == cell.arm; });
    if (arm == arms.end()) {
      const std::optional<TaughtBy> taught = IsTaught(cell.arm) ? TaughtByOf(cell.arm) : std::nullopt;
      const Role role = taught ? Role::kTaught : Names(config.nulls, cell.arm) ? Role::kNull : Role::kRelated;
      arm = arms.insert(arm, {.task = cell.task, .arm = cell.arm, .role = role, .taught = taught, .students = {}});
    }
    arm->students.push_back(student);
  }
  return arms;
}

Arms Of(const std::vector<TriedArm>& arms, const std::string& task, Role role) {
  Arms found;
  for (const TriedArm& arm : arms) {
    if (arm.task == task && arm.role == role) found.push_back(&arm);
  }
  return found;
}

std::vector<std::string> Tasks(const std::vector<TriedArm>& arms) {
  std::vector<std::string> tasks;
  for (const TriedArm& arm : arms) {
    if (std::ranges::find(tasks, arm.task) == tasks.end()) tasks.push_back(arm.task);
  }
  return tasks;
}

std::vector<Finding> Findings(const Arms& arms, size_t test) {
  std::vector<Finding> findings;
  for (const TriedArm* arm : arms) {
    for (const TriedStudent& student : arm->students) {
      if (student.findings[test]) findings.push_back(*student.findings[test]);
    }
  }
  return findings;
}

std::vector<double> Uniform(const Arms& arms, size_t test) {
  std::vector<double> values;
  for (const Finding& finding : Findings(arms, test)) values.push_back(finding.uniform);
  return values;
}

Rate Flagged(const Arms& arms, size_t test, double alpha) {
  Rate rate;
  for (const Finding& finding : Findings(arms, test)) {
    ++rate.students;
    rate.flagged += finding.p_value <= alpha ? 1 : 0;
  }
  return rate;
}

std::optional<Interval> Area(const TriedArm& arm, const Arms& nulls, size_t test) {
  std::vector<double> found, others;
  for (const Finding& finding : Findings({&arm}, test)) found.push_back(finding.score);
  for (const Finding& finding : Findings(nulls, test)) others.push_back(finding.score);
  if (found.empty() || others.empty()) return std::nullopt;
  return AreaUnderCurve(found, others);
}

}  // namespace retort::provider
