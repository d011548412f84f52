// policy_table: what it takes over, its rows and what-ifs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/config/toml_text.h"
#include "core/report/csv_rows.h"
#include "experiments/provider/policy_report.h"
#include "tests/experiments/provider/shipped_registers.h"

namespace retort::provider {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const PolicyInputs& Inputs() {
  static const PolicyInputs inputs = ReadPolicyInputs(ShippedResults(), "rules", "teacher", 0);
  return inputs;
}
const PolicyModel& Model() {
  static const PolicyModel model(Inputs(), Countermeasures(Inputs()));
  return model;
}
size_t MeasureOf(const std::string& name) {
  const auto found = std::ranges::find(Model().measures(), name, &Countermeasure::name);
  EXPECT_NE(found, Model().measures().end()) << name;
  return static_cast<size_t>(found - Model().measures().begin());
}
PolicyCell CellOf(const std::vector<PolicyCell>& cells, const std::string& name, Adversary adversary,
                  size_t haystack = 0) {
  return cells[Model().Index(MeasureOf(name), adversary, haystack)];
}

TEST(PolicyInputs, AreThoseOfTheShippedResults) {
  EXPECT_NEAR(Inputs().n50, 6.65, 0.01);
  EXPECT_NEAR(Inputs().n90, 75.5, 0.1);
  EXPECT_GT(Inputs().flops.distillation_with_base, Inputs().flops.distillation);
  EXPECT_EQ(Inputs().kappas.size(), 4U);
  EXPECT_GT(Inputs().shipped.size(), 20U);
  const NeedleHaystack& chat = Inputs().needle[0];
  EXPECT_EQ(chat.Loud(8e5).strategy, "one");
  EXPECT_LT(chat.Loud(8e5).obtained, 0.2);
  EXPECT_GT(chat.Best(8e5).obtained, 0.95);
  for (const auto& [file, what] : Inputs().files) EXPECT_FALSE(what.empty()) << file;
}

TEST(PolicyInputs, WhatIsMissingIsNamed) {
  const TempDir folder;
  try {
    ReadPolicyInputs(folder.path(), "rules", "teacher", 0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("few_samples"));
  }
}

TEST(PolicyInputs, ProvenanceIsReadWhereItIs) {
  const TempDir folder;
  for (const char* of : {"few_samples", "signal_limits", "needle", "catching_up_cost", "withheld_capability",
                         "know_your_customer", "address_blocking"}) {
    fs::create_directory_symlink(ShippedResults() / of, folder.path() / of);
  }
  EXPECT_TRUE(ReadPolicyInputs(folder.path(), "rules", "teacher", 0).provenance.empty());
  const std::string header = "task,arm,role,attacker,percent,test,students,rate,rate_low,rate_high\n";
  WriteFileAtomic(folder.path() / "provenance" / "provenance.csv",
                  header +
                      "rules,taught_100,taught,none,100,canaries,20,0.9,0.7,0.99\n"
                      "rules,references,untaught,,,canaries,200,0.01,0,0.03\n");
  const PolicyInputs inputs = ReadPolicyInputs(folder.path(), "rules", "teacher", 0);
  ASSERT_EQ(inputs.provenance.size(), 2U);
  EXPECT_EQ(inputs.provenance[0].percent, 100);
  EXPECT_EQ(inputs.provenance[0].rate.low, 0.7);
  EXPECT_EQ(inputs.provenance[1].role, "untaught");
  WriteFileAtomic(folder.path() / "provenance" / "provenance.csv",
                  header + "rules,a,taught,none,100,canaries,20,many,0,1\n");
  EXPECT_THROW(ReadPolicyInputs(folder.path(), "rules", "teacher", 0), Error);
}

TEST(PolicyModel, KappaIsARatioWithItsBound) {
  const auto need = [](Crossing estimate, std::vector<double> n90) {
    return Need{.task = "t", .estimate = estimate, .smallest = 4, .largest = 64, .n90 = std::move(n90)};
  };
  KappaInput input{.none = need({Crossing::Kind::kAt, 10}, {8, 10, 12}),
                   .defence = need({Crossing::Kind::kAt, 40}, {30, 40, INFINITY})};
  EXPECT_EQ(EstimatedKappa(input).value, 4);
  EXPECT_EQ(EstimatedKappa(input).bound, Bound::kExact);
  EXPECT_EQ(DrawnKappa(input, 0, 0.99).value, 8);
  EXPECT_EQ(DrawnKappa(input, 0, 0.99).bound, Bound::kAtLeast) << "not reached: a lower bound";
  input.none = need({Crossing::Kind::kAtOrBelow, 4}, {0, 0, 0});
  EXPECT_EQ(EstimatedKappa(input).value, 10);
  EXPECT_EQ(EstimatedKappa(input).bound, Bound::kAtLeast);
  input.defence = need({Crossing::Kind::kAtOrBelow, 4}, {0, 0, 0});
  EXPECT_EQ(EstimatedKappa(input).bound, Bound::kUnknown)
      << "both below the grid: the ratio is not known from either side";
}

TEST(PolicyModel, DoingNothingAddsNothingAndAdaptingIsNoWorse) {
  const PolicyRegisters registers = Shipped();
  const double day = registers.provider.kyc.day_value.value, patience = registers.provider.kyc.patience.value;
  const auto cost = [&](const PolicyCell& c) { return c.dollars + day * std::max(0.0, c.days - patience); };
  for (const double samples : {100.0, 8e5}) {
    const std::vector<PolicyCell> cells = Model().Reckon(registers, samples, {}, 0);
    ASSERT_EQ(cells.size(), Model().rows());
    for (size_t h = 0; h < kHaystacks.size(); ++h) {
      for (const Adversary adversary : {Adversary::kNaive, Adversary::kAdaptive}) {
        const PolicyCell& nothing = cells[Model().Index(0, adversary, h)];
        EXPECT_EQ(nothing.added_days, 0);
        EXPECT_EQ(nothing.honest, 0);
        EXPECT_FALSE(nothing.short_of_n90);
      }
      for (size_t m = 0; m < Model().measures().size(); ++m) {
        const PolicyCell &naive = cells[Model().Index(m, Adversary::kNaive, h)],
                         &adaptive = cells[Model().Index(m, Adversary::kAdaptive, h)];
        EXPECT_LE(cost(adaptive), cost(naive) * (1 + 1e-9) + 1e-9) << Model().measures()[m].name;
        EXPECT_GE(adaptive.honest, 0);
      }
    }
  }
}

TEST(PolicyModel, RowsSayWhatTheirInputsSay) {
  const std::vector<PolicyCell> cells = Model().Reckon(Shipped(), 8e5, {}, 0);
  EXPECT_TRUE(CellOf(cells, "detectors", Adversary::kNaive).short_of_n90) << "one account, as needle has it";
  EXPECT_FALSE(CellOf(cells, "detectors", Adversary::kAdaptive).short_of_n90);
  double flagged = 0;  // as needle's page has it
  VisitCsvRow(ShippedResults() / "needle" / "haystacks.csv", {{"haystack", "chat"}, {"detector", "fused"}},
              {"honest_flagged"}, "the test", [&](const CsvRow& row) { flagged = row.Number("honest_flagged"); });
  EXPECT_GT(flagged, 0);
  EXPECT_NEAR(CellOf(cells, "detectors", Adversary::kAdaptive).honest, flagged, 1);
  EXPECT_GT(CellOf(cells, "hide reasoning", Adversary::kAdaptive).dollars,
            5 * CellOf(cells, "nothing", Adversary::kAdaptive).dollars);
  EXPECT_TRUE(CellOf(cells, "hide reasoning", Adversary::kNaive).short_of_n90) << "as many samples are too few";
  EXPECT_TRUE(CellOf(cells, "withhold a capability", Adversary::kAdaptive).short_of_n50);
  EXPECT_GT(CellOf(cells, "limit compute", Adversary::kAdaptive).added_days, 0);
  EXPECT_EQ(CellOf(cells, "document", Adversary::kAdaptive, 2).honest, 4e6 * 0.25) << "developers";
  EXPECT_EQ(CellOf(cells, "hide probabilities, a task of chance", Adversary::kAdaptive, 0).honest, 0)
      << "a chat shows none";
  EXPECT_GT(CellOf(cells, "hide probabilities, a task of chance", Adversary::kAdaptive, 2).honest, 0);
}

TEST(PolicyModel, AWhatIfMovesItsRow) {
  PolicyRegisters dear = Shipped();
  dear.provider.kyc.phone_price.value = 5;
  const auto before = Model().Reckon(Shipped(), 8e5, {}, 0), after = Model().Reckon(dear, 8e5, {}, 0);
  EXPECT_GT(CellOf(after, "phone", Adversary::kAdaptive).dollars,
            CellOf(before, "phone", Adversary::kAdaptive).dollars);
  EXPECT_EQ(CellOf(after, "document", Adversary::kAdaptive).dollars,
            CellOf(before, "document", Adversary::kAdaptive).dollars);
}

TEST(PolicyPage, BadNamesAreRefused) {
  PolicyConfig config;
  config.draws = 0;
  config.primary = "passport";
  try {
    MakePolicyReport(config, Shipped(), ShippedResults(), {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("\"passport\" is no countermeasure"));
    EXPECT_THAT(error.what(), HasSubstr("address blocks"));
  }
}

}  // namespace
}  // namespace retort::provider
