// What the page says of students whose scores are known.
#include "experiments/provider/provenance_section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "experiments/provider/disclosure_section.h"

namespace retort::provider {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const lab::ProvenanceConfig kConfig{.alpha = 0.05,
                                    .test = "likelihood",
                                    .task = "rules",
                                    .arm = "taught_100",
                                    .nulls = {"references", "other_a"},
                                    .calibration = {"references"},
                                    .calibration_from = 10};

CellResult Student(const std::string& arm, uint64_t seed, std::map<std::string, double> extras) {
  CellResult cell{.arm = arm, .n = 100, .seed = seed, .task = "rules", .target = "big", .metric = "exact_match"};
  cell.extras = std::move(extras);
  cell.run = arm + std::to_string(seed);
  return cell;
}

// Taught ones stand out, untaught ones are noise, and the other family's lie between.
std::vector<CellResult> World() {
  std::vector<CellResult> cells;
  RandomStream random(1, "world");
  for (uint64_t seed = 0; seed < 50; ++seed) {
    cells.push_back(
        Student("references", seed, {{"likelihood", 0.1 * random.Uniform()}, {"canaries", random.Uniform()}}));
    if (seed >= 16) continue;
    cells.push_back(Student("taught_100", seed, {{"likelihood", 0.8}, {"canaries", 1e-6}}));
    cells.push_back(Student("other_a", seed, {{"likelihood", 0.3 * random.Uniform()}, {"canaries", random.Uniform()}}));
    cells.push_back(Student("descendant", seed, {{"likelihood", 0.7}}));
  }
  cells.push_back(Student("base", 0, {}));
  return cells;
}

const TriedArm& Of(const std::vector<TriedArm>& arms, const std::string& name) {
  return *std::ranges::find(arms, name, &TriedArm::arm);
}

TEST(TryAll, TakesTheThresholdFromStudentsThatNoRateCounts) {
  const std::vector<CellResult> cells = World();
  const std::vector<TriedArm> arms = TryAll(cells, kConfig, 0.25);
  ASSERT_THAT(arms, SizeIs(4));
  EXPECT_EQ(Of(arms, "references").role, Role::kNull);
  EXPECT_EQ(Of(arms, "descendant").role, Role::kRelated);
  EXPECT_EQ(Of(arms, "taught_100").taught->percent, 100);
  EXPECT_EQ(Flagged({&Of(arms, "references")}, 0, 0.05).students, 10) << "seeds from 10 on calibrate";
  EXPECT_EQ(Flagged({&Of(arms, "references")}, 1, 0.05).students, 50) << "canaries need no calibration";
  const Rate taught = Flagged({&Of(arms, "taught_100")}, 0, 0.05);
  EXPECT_EQ(taught.flagged, 16);
  EXPECT_EQ(Findings({&Of(arms, "taught_100")}, 0).front().p_value, 1.0 / 41);
  EXPECT_EQ(Flagged({&Of(arms, "taught_100")}, 0, 0.02).flagged, 0) << "40 students cannot give so small a p";
  EXPECT_EQ(Area(Of(arms, "taught_100"), {&Of(arms, "references")}, 0)->estimate, 1);
  EXPECT_FALSE(Area(Of(arms, "taught_100"), {&Of(arms, "references")}, 2)) << "no watermark was tried";
}

TEST(TryAll, AWatermarksPValuesAreMadeUniformByChance) {
  std::vector<CellResult> cells;
  RandomStream random(3, "green");
  for (uint64_t seed = 0; seed < 400; ++seed) {
    int green = 0;
    for (int i = 0; i < 20; ++i) green += random.Uniform() < 0.25 ? 1 : 0;
    cells.push_back(
        Student("references", seed,
                {{"watermark", BinomialTail(green, 20, 0.25)}, {"watermark_pairs", 20}, {"watermark_green", green}}));
  }
  const std::vector<TriedArm> arms = TryAll(cells, kConfig, 0.25);
  std::vector<double> cautious, uniform;
  for (const Finding& finding : Findings({&arms.front()}, 2)) {
    cautious.push_back(finding.p_value);
    uniform.push_back(finding.uniform);
    EXPECT_LE(finding.uniform, finding.p_value);
  }
  EXPECT_GT(AgainstUniform(uniform).p_value, 0.001);
  EXPECT_LT(AgainstUniform(cautious).p_value, 0.001) << "discrete: never too small, and so not uniform";
}

TEST(ProvenancePage, SaysWhoWasFlaggedAndKeepsTheRelatedApart) {
  const std::vector<CellResult> cells = World();
  const OwnSection section =
      ProvenanceSection(TryAll(cells, kConfig, 0.25), kConfig, {{"descendant", "folds-scholar"}});
  ASSERT_FALSE(section.verdicts.empty());
  EXPECT_THAT(section.verdicts.front(),
              HasSubstr("flags 16 of 16 (100 % [79, 100]) students that learnt 100 % of their rows"));
  EXPECT_THAT(section.verdicts.front(), HasSubstr("of 10 ("));
  EXPECT_THAT(section.verdicts, Contains(HasSubstr("16 of 16 students of descendant (folds-scholar)")));
  for (const char* word : {"theft", "undetectable", "proves", "prevents"}) {
    EXPECT_THAT(section.verdicts, Each(Not(HasSubstr(word))));
    EXPECT_THAT(section.page.paragraphs, Each(Not(HasSubstr(word))));
  }
  for (const char* term : {"AUC", "canaries", "watermark", "likelihood test", "paraphrase", "mixed teachers"}) {
    EXPECT_THAT(section.words, Contains(testing::Pair(term, Not(IsEmpty()))));
  }
  EXPECT_THAT(section.data.front().rows, SizeIs(7)) << "an arm and a test each";
  EXPECT_THAT(section.page.tables[1].rows.back()[1].text, HasSubstr("related: descendant"));
}

TEST(ProvenancePage, SaysNothingWhereNothingWasTried) {
  EXPECT_THAT(ProvenanceSection(TryAll({}, kConfig, 0.25), kConfig, {}).verdicts, IsEmpty());
  const std::vector<CellResult> cells = {Student("taught_100", 0, {{"likelihood", 0.5}})};
  const OwnSection section = ProvenanceSection(TryAll(cells, kConfig, 0.25), kConfig, {});
  EXPECT_THAT(section.verdicts, IsEmpty()) << "no student calibrates yet";
}

TEST(DisclosurePage, EveryCardWrittenHereHasWhatItsLicenceAsksFor) {
  const auto licences = ShippedLicences(RETORT_SOURCE_DIR "/configs");
  EXPECT_GE(licences.size(), 10u);
  const OwnSection section = DisclosureSection(licences);
  int owing = 0;
  for (const auto& row : section.page.tables.front().rows) {
    if (row[2].text == "no training on outputs" || row[2].text.starts_with("no training")) {
      EXPECT_THAT(row[3].text, HasSubstr("missing")) << row[0].text;
      continue;
    }
    EXPECT_EQ(row[3].text, "discloses") << row[0].text;
    if (row[2].text == "nothing") continue;
    ++owing;
    EXPECT_THAT(row[5].text, HasSubstr("missing")) << row[0].text;
  }
  EXPECT_GE(owing, 3);
}

}  // namespace
}  // namespace retort::provider
