// Whose rows an arm holds, and that arms differ in nothing else.
#include "experiments/provider/provenance_arms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/data/folds.h"
#include "experiments/arms/arms.h"
#include "experiments/cells/grid.h"
#include "experiments/design/block.h"
#include "teacher/provider/canaries.h"

namespace retort::provider {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ProvenanceArms : public ::testing::Test {
 protected:
  // The shipped config with small models, which all have the teacher's tokens.
  std::vector<std::unique_ptr<lab::Block>> Open(const std::vector<std::string>& overrides) {
    std::vector<std::string> words = {"provenance",
                                      "--config-dir=" RETORT_SOURCE_DIR "/configs",
                                      "blocks=[]",
                                      "seeds=1",
                                      "teacher.model=models/folds-base-1",
                                      "task.target=big",
                                      "n=[20]",
                                      "provenance.canary_share=0.3",
                                      "provenance.others=[models/folds-base-2,models/folds-base-3]"};
    words.insert(words.end(), overrides.begin(), overrides.end());
    std::vector<const char*> argv;
    argv.reserve(words.size());
    for (const std::string& word : words) argv.push_back(word.c_str());
    const CommandLine line = ParseCommandLine({.name = "provenance", .config_name = "provenance"},
                                              static_cast<int>(argv.size()), argv.data());
    return OpenBlocks(lab::LoadBlocks(line), experiment_,
                      {.config_dir = line.config_dir, .collections = dir_.path() / "collections"});
  }
  std::string Problems(const std::vector<std::string>& overrides) {
    try {
      Open(overrides);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  static lab::Arm Taught(const std::string& name) { return {.name = name, .rows = TaughtRows(name)}; }

  TempDir dir_;
  lab::Experiment experiment_{.arms = {Taught("taught_100"),
                                       Taught("taught_20"),
                                       Taught("paraphrased_100"),
                                       Taught("mixed_20"),
                                       Taught("mixed_0"),
                                       {.name = "references", .rows = lab::References},
                                       {.name = "rival", .rows = Rival},
                                       {.name = "other_c", .rows = OtherTeacher(2), .check = NeedsOthers(3)}},
                              .check = CheckProvenance};
};

std::map<std::string, std::string> ById(const SampleSet& set) {
  std::map<std::string, std::string> by_id;
  for (const Sample& row : set.samples) by_id[row.id] = Text(row.completion);
  return by_id;
}

TEST(TaughtByArm, IsReadFromItsName) {
  EXPECT_EQ(TaughtByOf("taught_20")->percent, 20);
  EXPECT_EQ(TaughtByOf("mixed_5")->attacker, "mixed teachers");
  EXPECT_TRUE(IsTaught("paraphrased_1"));
  EXPECT_FALSE(IsTaught("mixed_0"));
  for (const char* other : {"references", "taught", "taught_", "taught_x", "taught_20b", "unmarked"}) {
    EXPECT_FALSE(TaughtByOf(other)) << other;
  }
}

TEST(ProvenanceKeys, AreOneProvidersForTheTaughtAndOnesOwnForOthers) {
  const lab::ProvenanceConfig config;
  EXPECT_EQ(KeysOf(config, 3, "taught_100").canaries, KeysOf(config, 3, "mixed_20").canaries);
  EXPECT_EQ(KeysOf(config, 3, "taught_100").watermark, KeysOf(config, 3, "paraphrased_20").watermark);
  EXPECT_NE(KeysOf(config, 3, "taught_100").canaries, KeysOf(config, 4, "taught_100").canaries);
  EXPECT_NE(KeysOf(config, 3, "taught_100").canaries, KeysOf(config, 3, "references").canaries);
  EXPECT_NE(KeysOf(config, 3, "rival").watermark, KeysOf(config, 3, "references").watermark);
  EXPECT_NE(KeysOf({.secret = 1}, 3, "rival").watermark, KeysOf(config, 3, "rival").watermark);
}

TEST_F(ProvenanceArms, HaveTheirShareOfTheTeachersRowsAndAllTheSamePrompts) {
  const auto blocks = Open({"arms=[taught_100]"});
  lab::ArmContext& context = *blocks.front()->context;
  const auto sold = ById(TaughtRows("taught_100")(context, 20, 0)), own = ById(lab::References(context, 20, 0));
  for (const std::string arm : {"taught_20", "mixed_20", "taught_0"}) {
    const auto rows = ById(TaughtRows(arm)(context, 20, 0));
    int bought = 0;
    for (const auto& [id, text] : rows) {
      ASSERT_TRUE(sold.contains(id)) << arm;
      bought += text == sold.at(id) && text != own.at(id) ? 1 : 0;
      if (arm.starts_with("taught")) {
        EXPECT_TRUE(text == sold.at(id) || text == own.at(id));
      }
    }
    EXPECT_EQ(rows.size(), 20u);
    EXPECT_LE(bought, TaughtByOf(arm)->percent / 5) << arm;  // 20 % of 20 rows are 4
    if (arm == "taught_20") {
      EXPECT_GE(bought, 2) << "the base knows little of this operation";
    }
  }
}

TEST_F(ProvenanceArms, RowsOfASmallNBeginThoseOfALargeOne) {
  const auto blocks = Open({"arms=[taught_100]"});
  lab::ArmContext& context = *blocks.front()->context;
  for (const char* arm : {"taught_5", "paraphrased_20"}) {
    const SampleSet few = TaughtRows(arm)(context, 15, 0), many = TaughtRows(arm)(context, 20, 0);
    for (size_t i = 0; i < few.samples.size(); ++i) {
      EXPECT_EQ(ToJsonLine(few.samples[i]), ToJsonLine(many.samples[i])) << arm << " row " << i;
    }
  }
  const SampleSet few = Rival(context, 15, 0), many = Rival(context, 20, 0);
  EXPECT_EQ(ToJsonLine(few.samples.back()), ToJsonLine(many.samples[14]));
}

TEST_F(ProvenanceArms, CanariesStandInWhatIsSold) {
  const auto blocks = Open({"arms=[taught_100]"});
  lab::ArmContext& context = *blocks.front()->context;
  const uint64_t key = KeysOf(context.config().provenance, 0, "taught_100").canaries;
  const SampleSet bare = context.TeacherRows(20, 0), sold = TaughtRows("taught_100")(context, 20, 0);
  int canaries = 0;
  for (size_t i = 0; i < sold.samples.size(); ++i) {
    const std::string prompt = Text(sold.samples[i].prompt);
    const bool canary = IsCanary(prompt, 0.3, key);
    canaries += canary ? 1 : 0;
    EXPECT_EQ(Text(sold.samples[i].completion),
              canary ? MakeCanary(prompt, key).answer : Text(bare.samples[i].completion));
  }
  EXPECT_GT(canaries, 0);
  EXPECT_THAT(sold.manifest.teacher.name, HasSubstr("canaries among them"));
}

TEST_F(ProvenanceArms, AParaphraseSaysTheSameInOtherWords) {
  const auto blocks = Open({"arms=[taught_100]"});
  lab::ArmContext& context = *blocks.front()->context;
  const SampleSet sold = TaughtRows("taught_100")(context, 20, 0), told = TaughtRows("paraphrased_100")(context, 20, 0);
  int changed = 0;
  for (size_t i = 0; i < sold.samples.size(); ++i) {
    const std::string before = Text(sold.samples[i].completion), after = Text(told.samples[i].completion);
    if (before == after) continue;  // no worked answer
    ++changed;
    EXPECT_THAT(Text(told.samples[i].prompt), HasSubstr(":"));
    EXPECT_EQ(ParseFoldAnswer(before).value, ParseFoldAnswer(after, FoldForm::kSecond).value);
    EXPECT_EQ(ParseFoldAnswer(before).steps, ParseFoldAnswer(after, FoldForm::kSecond).steps);
  }
  EXPECT_GT(changed, 15);
}

TEST_F(ProvenanceArms, ARivalHasMistakesOfItsOwnOnEachSeed) {
  const auto blocks = Open({"arms=[taught_100]", "n=[200]"});
  lab::ArmContext& context = *blocks.front()->context;
  const auto wrong = [&](uint64_t seed) {
    const auto rows = ById(Rival(context, 200, seed)), right = ById(lab::References(context, 200, seed));
    int count = 0;
    for (const auto& [id, text] : rows) count += text.back() != right.at(id).back() ? 1 : 0;
    return count;
  };
  for (const uint64_t seed : {0, 1}) {
    EXPECT_GT(wrong(seed), 2) << seed;
    EXPECT_LT(wrong(seed), 45) << seed;
  }
  EXPECT_NE(Rival(context, 20, 0).manifest.teacher.name, Rival(context, 20, 1).manifest.teacher.name);
}

TEST_F(ProvenanceArms, WhatCannotBeTriedIsSaidBeforeAnythingRuns) {
  EXPECT_EQ(Problems({"arms=[taught_100]"}), "");
  EXPECT_THAT(Problems({"arms=[taught_100]", "teacher.kind=oracle", "~teacher.model"}), HasSubstr("teacher.kind"));
  EXPECT_THAT(Problems({"arms=[taught_100]", "provenance.nulls=[rival]"}), HasSubstr("provenance.calibration"));
  EXPECT_THAT(Problems({"arms=[taught_100]", "provenance.nulls=[references,rival,self_distilled,taught_5]"}),
              HasSubstr("names taught_5"));
  EXPECT_THAT(Problems({"arms=[taught_100]", "provenance.arm=references"}), HasSubstr("no arm of taught students"));
  EXPECT_THAT(Problems({"arms=[other_c]"}), HasSubstr("has 2 models, and an arm is taught by 3"));
  EXPECT_THAT(Problems({"arms=[taught_100]", "provenance.rivals=[models/nobody]"}), HasSubstr("models/nobody"));
}

TEST_F(ProvenanceArms, WhatIsTriedIsPartOfACellsName) {
  const auto name = [&](const std::vector<std::string>& overrides) {
    const auto blocks = Open(overrides);
    const lab::Grid grid = lab::MakeGrid(blocks);
    for (const lab::Row& row : grid.rows) {
      if (row.n > 0) return grid.cells.at(row.cell).identity;
    }
    return std::string();
  };
  const std::string plain = name({"arms=[references]"});
  EXPECT_THAT(plain, HasSubstr("tried_as references"));
  EXPECT_NE(plain, name({"arms=[references]", "provenance.items=7"}));
  EXPECT_NE(plain, name({"arms=[references]", "provenance.secret=7"}));
  EXPECT_NE(plain, name({"arms=[references]", "provenance.rivals=[models/folds-base-2]"}));
  EXPECT_EQ(plain, name({"arms=[references]", "provenance.alpha=0.01"})) << "the page's own";
  const std::string untried =
      name({"arms=[references]", "provenance.items=0", "provenance.canary_share=0", "provenance.draws=0"});
  EXPECT_THAT(untried, Not(HasSubstr("tried"))) << "cells of other experiments keep their names";
  EXPECT_THAT(untried, Not(HasSubstr("provenance")));
}

}  // namespace
}  // namespace retort::provider
