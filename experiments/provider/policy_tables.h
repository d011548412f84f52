// The tables of policy_table.
#pragma once

#include <optional>

#include "core/report/table.h"
#include "experiments/provider/policy_report.h"

namespace retort::provider {

// All rows, or those of one adversary in one haystack.
Table PolicyTable(const PolicyReport& report, const PolicyVolume& volume, std::optional<Adversary> adversary,
                  std::optional<size_t> haystack);
Table KappaTable(const PolicyReport& report);
Table ComputeTable(const PolicyReport& report);
Table WithheldTable(const PolicyReport& report);
Table ProvenanceTable(const PolicyReport& report);  // what can be told afterwards
Table GradeTable(const PolicyReport& report);
Table TornadoTable(const PolicyReport& report);
Table FlipTable(const PolicyReport& report);
Table FileTable(const PolicyReport& report);

// "5.9", ">= 5.9 [>= 1.4, >= 9]", "1", "not reached".
std::string KappaText(const PolicyRow& row, const Countermeasure& measure);
// Of the days and dollars of a row: only an adaptive distiller answers a countermeasure with more requests, κ times as
// many, and what they take is known as far as κ is.
Bound DelayBound(const PolicyRow& row, const Countermeasure& measure, Adversary adversary);
std::string EvasionText(const PolicyRow& row);
std::vector<NamedAssumption> PolicyEntries(PolicyRegisters& registers, std::vector<RegisterEntry>& storage);

}  // namespace retort::provider
