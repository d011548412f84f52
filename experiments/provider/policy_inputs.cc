#include "experiments/provider/policy_inputs.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/base/number.h"
#include "core/report/csv_rows.h"

namespace retort::provider {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMend = "give a folder of results as scripts/results makes it (results=...)";

// A number that may be empty.
double Optional(const CsvRow& row, std::string_view column) {
  const auto number = ParseNumber<double>(row.Text(column));
  return number ? *number : std::numeric_limits<double>::infinity();
}

double At(const std::vector<double>& draws, double p) {
  const auto last = static_cast<double>(draws.size() - 1);
  return draws[static_cast<size_t>(std::clamp(std::floor(p * static_cast<double>(draws.size())), 0.0, last))];
}

Kappa Ratio(const Need& none, const Need& defence, double n_none, double n_defence) {
  const bool above = std::isinf(n_defence), unknown_none = std::isinf(n_none);
  const bool below_none = n_none <= 0, below = n_defence <= 0;
  const double over = unknown_none ? none.largest : below_none ? none.smallest : n_none;
  const double under = above ? defence.largest : below ? defence.smallest : n_defence;
  Kappa kappa{.value = under / over};
  if ((above || below_none) && !below && !unknown_none) kappa.bound = Bound::kAtLeast;
  if ((below || unknown_none) && !above && !below_none) kappa.bound = Bound::kAtMost;
  if ((above || below_none) && (below || unknown_none)) kappa.bound = Bound::kUnknown;
  return kappa;
}

template <class Pick>
const NeedleSeen& Nearest(const std::vector<NeedleSeen>& rows, double requests, const Pick& better) {
  const auto far = [&](const NeedleSeen& row) { return std::abs(std::log(row.requests / requests)); };
  const NeedleSeen* best = nullptr;
  for (const NeedleSeen& row : rows) {
    if (best == nullptr || far(row) < far(*best) || (far(row) == far(*best) && better(row, *best))) best = &row;
  }
  return *best;
}

void ReadNeedle(const fs::path& folder, PolicyInputs& inputs) {
  const char* const columns[] = {"haystack", "requests",     "strategy",      "detector",
                                 "obtained", "obtained_low", "obtained_high", "dollars"};
  ForEachCsvRow(folder / "summary.csv", columns, kMend, [&](const CsvRow& row) {
    const auto found = std::ranges::find(kHaystacks, row.Text("haystack"));
    if (found == kHaystacks.end() || row.Text("detector") != "fused") return;
    inputs.needle[static_cast<size_t>(found - kHaystacks.begin())].rows.push_back(
        {.requests = row.Number("requests"),
         .strategy = row.Text("strategy"),
         .obtained = row.Number("obtained"),
         .obtained_low = row.Number("obtained_low"),
         .obtained_high = row.Number("obtained_high"),
         .dollars = row.Number("dollars")});
  });
  const char* const flagged[] = {"haystack", "detector", "honest_flagged", "honest_flagged_low", "honest_flagged_high"};
  ForEachCsvRow(folder / "haystacks.csv", flagged, kMend, [&](const CsvRow& row) {
    const auto found = std::ranges::find(kHaystacks, row.Text("haystack"));
    if (found == kHaystacks.end() || row.Text("detector") != "fused") return;
    inputs.needle[static_cast<size_t>(found - kHaystacks.begin())].honest_flagged = {
        row.Number("honest_flagged"), row.Number("honest_flagged_low"), row.Number("honest_flagged_high")};
  });
  for (size_t h = 0; h < kHaystacks.size(); ++h) {
    if (!inputs.needle[h].rows.empty()) continue;
    throw Error({.file = (folder / "summary.csv").string()},
                "has no rows of the haystack " + std::string(kHaystacks[h]) + " under the fused detector", kMend);
  }
}

void ReadFlops(const fs::path& file, FlopsInput& flops) {
  const char* const columns[] = {"level", "route", "what", "unit", "estimate"};
  ForEachCsvRow(file, columns, kMend, [&](const CsvRow& row) {
    if (row.Text("level") != "0.9" || row.Text("unit") != "FLOPs") return;
    const bool bare = row.Text("what") == "nothing that was there before",
               base = row.Text("what") == "the base's pretraining";
    if (row.Text("route") == "distillation" && bare) flops.distillation = row.Number("estimate");
    if (row.Text("route") == "distillation" && base) flops.distillation_with_base = row.Number("estimate");
    if (row.Text("route") == "training from scratch" && bare) flops.from_scratch = row.Number("estimate");
  });
  if (!(flops.distillation > 0 && flops.from_scratch > 0)) {
    throw Error({.file = file.string()}, "has no FLOPs of distillation and of training from scratch at level 0.9",
                kMend);
  }
}

void ReadWithheld(const fs::path& file, PolicyInputs& inputs) {
  const char* const columns[] = {"task", "statistic", "n", "mean"};
  ForEachCsvRow(file, columns, kMend, [&](const CsvRow& row) {
    if (row.Text("statistic") != "score") return;
    const std::string &task = row.Text("task"), &n = row.Text("n");
    if (task == "naive_none" && n == "64") inputs.withheld_base = row.Number("mean");
    if (task == "naive_refused" && n == "64") inputs.withheld_relearnt = row.Number("mean");
    if (task == "naive_open" && n == "0") inputs.withheld_open = row.Number("mean");
  });
}

void ReadShipped(const fs::path& folder, const std::string& experiment, std::vector<ShippedRow>& rows) {
  const char* const columns[] = {"volume", "among", "policy", "days", "dollars"};
  ForEachCsvRow(folder / experiment / "summary.csv", columns, kMend, [&](const CsvRow& row) {
    if (row.Text("among") != "paid") return;
    rows.push_back(
        {experiment, row.Text("volume"), row.Text("policy"), Optional(row, "days"), Optional(row, "dollars")});
  });
}

void ReadProvenance(const fs::path& file, std::vector<ProvenanceRow>& rows) {
  const char* const columns[] = {"task",     "role", "attacker", "percent",  "test",
                                 "students", "rate", "rate_low", "rate_high"};
  ForEachCsvRow(file, columns, kMend, [&](const CsvRow& row) {
    rows.push_back({.task = row.Text("task"),
                    .test = row.Text("test"),
                    .role = row.Text("role"),
                    .attacker = row.Text("attacker"),
                    .percent = row.Text("percent").empty() ? 0 : row.Number("percent"),
                    .students = row.Number("students"),
                    .rate = {row.Number("rate"), row.Number("rate_low"), row.Number("rate_high")}});
  });
}

}  // namespace

Kappa EstimatedKappa(const KappaInput& input) {
  return Ratio(input.none, input.defence, EstimatedN90(input.none), EstimatedN90(input.defence));
}

Kappa DrawnKappa(const KappaInput& input, double p_none, double p_defence) {
  return Ratio(input.none, input.defence, At(input.none.n90, p_none), At(input.defence.n90, p_defence));
}

const NeedleSeen& NeedleHaystack::Loud(double requests) const {
  return Nearest(rows, requests,
                 [](const NeedleSeen& a, const NeedleSeen& b) { return a.strategy == "one" && b.strategy != "one"; });
}

const NeedleSeen& NeedleHaystack::Best(double requests) const {
  return Nearest(rows, requests, [](const NeedleSeen& a, const NeedleSeen& b) {
    return a.obtained != b.obtained ? a.obtained > b.obtained : a.dollars < b.dollars;
  });
}

PolicyInputs ReadPolicyInputs(const fs::path& results, const std::string& task, const std::string& arm, uint64_t seed) {
  PolicyInputs inputs{.folder = results};
  inputs.need = ReadNeed(results / "few_samples" / "cells.csv", task, arm, seed);
  inputs.n90 = inputs.need.estimate.n;
  const char* const columns[] = {"task", "arm", "statistic", "n"};
  ForEachCsvRow(results / "few_samples" / "summary.csv", columns, kMend, [&](const CsvRow& row) {
    if (row.Text("task") != task || row.Text("arm") != arm || row.Text("statistic") != "n50") return;
    if (!row.Text("n").empty()) inputs.n50 = row.Number("n");
  });
  inputs.files.emplace_back("few_samples/cells.csv", "N90 and its bootstrap, N50");
  // Countermeasures that change answers. A further one is a row here.
  struct Row {
    const char *name, *experiment, *task, *none, *defence;
  };
  constexpr Row kRows[] = {
      {"hide probabilities, a task of chance", "signal_limits", "dice", "full_logits", "one_draw"},
      {"hide probabilities, a task of rules", "signal_limits", "rules", "full_logits", "one_draw"},
      {"hide reasoning", "signal_limits", "rules", "one_draw", "no_reasoning"},
      {"reword answers", "signal_limits", "rules", "one_draw", "paraphrase"},
  };
  for (const Row& row : kRows) {
    const fs::path file = results / row.experiment / "cells.csv";
    inputs.kappas.push_back({row.name, std::string(row.experiment) + "/cells.csv", row.task, row.none, row.defence,
                             ReadNeed(file, row.task, row.none, seed), ReadNeed(file, row.task, row.defence, seed)});
  }
  inputs.files.emplace_back("signal_limits/cells.csv", "N90 of each defence's own arm");
  ReadNeedle(results / "needle", inputs);
  inputs.files.emplace_back("needle/summary.csv, haystacks.csv", "what the fused detector ends, and whom it flags");
  ReadFlops(results / "catching_up_cost" / "costs.csv", inputs.flops);
  inputs.files.emplace_back("catching_up_cost/costs.csv", "FLOPs at N90, distilled and from scratch");
  ReadWithheld(results / "withheld_capability" / "summary.csv", inputs);
  inputs.files.emplace_back("withheld_capability/summary.csv", "scores after 64 own examples");
  const fs::path provenance = results / "provenance" / "provenance.csv";
  if (fs::exists(provenance)) {
    ReadProvenance(provenance, inputs.provenance);
    inputs.files.emplace_back("provenance/provenance.csv", "students flagged afterwards");
  }
  for (const char* experiment : {"know_your_customer", "address_blocking"}) {
    ReadShipped(results, experiment, inputs.shipped);
    inputs.files.emplace_back(std::string(experiment) + "/summary.csv", "held against what is reckoned here");
  }
  return inputs;
}

}  // namespace retort::provider
