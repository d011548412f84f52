#include "experiments/provider/provenance_data.h"

#include <optional>
#include <string>

namespace retort::provider {

DataTable RatesData(const std::vector<TriedArm>& arms, double alpha) {
  DataTable data{.file = "provenance.csv",
                 .about = "what a test says of an arm's students",
                 .columns = {{"task", "text", "as the tables name it", ""},
                             {"arm", "text", "kind of rows", ""},
                             {"role", "text", "taught, untaught or related", ""},
                             {"attacker", "text", "what the student's maker did", "where the teacher did not teach it"},
                             {"percent", "%", "rows from the teacher", "where the teacher did not teach it"},
                             {"test", "text", "likelihood, canaries or watermark", ""},
                             {"alpha", "p", "flagged from here down", ""},
                             {"students", "students", "tried", ""},
                             {"flagged", "students", "of them", ""},
                             {"rate", "share", "flagged", ""},
                             {"rate_low", "share", "lower end of its exact 95 % interval", ""},
                             {"rate_high", "share", "upper end of its exact 95 % interval", ""},
                             {"auc", "share", "against all untaught students of the task", "of untaught students"},
                             {"auc_low", "share", "lower end of its 95 % interval", "of untaught students"},
                             {"auc_high", "share", "upper end of its 95 % interval", "of untaught students"}},
                 .rows = {}};
  for (const TriedArm& arm : arms) {
    const Arms nulls = Of(arms, arm.task, Role::kNull);
    for (size_t test = 0; test < kTests; ++test) {
      const Rate rate = Flagged({&arm}, test, alpha);
      if (rate.students == 0) continue;
      const Interval of = rate.Of();
      const auto area = arm.role == Role::kNull ? std::nullopt : Area(arm, nulls, test);
      const auto part = [&](double Interval::*end) { return area ? DataField((*area).*end) : DataField(); };
      data.rows.push_back({arm.task, arm.arm,
                           arm.role == Role::kTaught ? "taught"
                           : arm.role == Role::kNull ? "untaught"
                                                     : "related",
                           arm.taught ? DataField(arm.taught->attacker) : DataField(),
                           arm.taught ? DataField(arm.taught->percent) : DataField(),
                           std::string(kProvenanceTests[test]), alpha, rate.students, rate.flagged, of.estimate, of.low,
                           of.high, part(&Interval::estimate), part(&Interval::low), part(&Interval::high)});
    }
  }
  return data;
}

DataTable StudentsData(const std::vector<TriedArm>& arms) {
  DataTable data{
      .file = "students.csv",
      .about = "what a test says of one student",
      .columns = {{"task", "text", "as the tables name it", ""},
                  {"arm", "text", "kind of rows", ""},
                  {"seed", "seed", "of the cell", ""},
                  {"run", "text", "runs/<run>/", ""},
                  {"test", "text", "likelihood, canaries or watermark", ""},
                  {"calibrates", "0 or 1", "the likelihood's threshold was taken from it", ""},
                  {"score", "", "larger: more like a student of the teacher; of canaries and watermark -p", ""},
                  {"p_value", "p", "never too small", "where it calibrates"}},
      .rows = {}};
  for (const TriedArm& arm : arms) {
    for (const TriedStudent& student : arm.students) {
      const CellResult& cell = *student.cell;
      if (student.calibrates) {
        data.rows.push_back(
            {arm.task, arm.arm, cell.seed, cell.run, "likelihood", 1, cell.extras.at("likelihood"), DataField()});
      }
      for (size_t test = 0; test < kTests; ++test) {
        if (!student.findings[test]) continue;
        const Finding& finding = *student.findings[test];
        data.rows.push_back({arm.task, arm.arm, cell.seed, cell.run, std::string(kProvenanceTests[test]), 0,
                             finding.score, finding.p_value});
      }
    }
  }
  return data;
}

DataTable UniformityData() {
  return {.file = "uniformity.csv",
          .about = "p values of untaught students against the uniform distribution",
          .columns = {{"task", "text", "as the tables name it", ""},
                      {"test", "text", "likelihood, canaries or watermark", ""},
                      {"which", "text", "which untaught students", ""},
                      {"students", "students", "tried", ""},
                      {"distance", "share", "Kolmogorov and Smirnov's", ""},
                      {"p_of_uniformity", "p", "of that distance, were they uniform", ""}},
          .rows = {}};
}

}  // namespace retort::provider
