#include "experiments/cells/grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/base/error.h"
#include "core/data/cell.h"
#include "experiments/design/derive.h"
#include "tests/core/base/message_of.h"
#include "tests/experiments/cells/fixture.h"

namespace retort::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<std::string> Shapes(const std::vector<ExperimentConfig>& blocks) {
  std::vector<std::string> shapes;
  for (const ExperimentConfig& block : blocks) {
    std::string shape = TaskName(block.task) + " " + block.arms.front();
    for (const int n : block.n) shape += " " + std::to_string(n);
    shapes.push_back(shape + " x" + std::to_string(block.seeds));
  }
  return shapes;
}

class BlocksTest : public ::testing::Test {
 protected:
  std::vector<std::string> Load(const std::vector<std::string>& overrides) {
    return Shapes(LoadBlocks(fixture_.Parse(overrides)));
  }
  Fixture fixture_;
};

TEST_F(BlocksTest, AreTheMainConfigWithTheirOverrides) {
  EXPECT_THAT(Load({}), ElementsAre("rules teacher 4 16 x2", "add10 teacher 8 x2", "rules answers_only 16 x2"));
  const auto blocks = LoadBlocks(fixture_.Parse({}));
  EXPECT_EQ(std::get<TrainerConfig>(blocks[0].student.trainer).max_steps, 200);
  EXPECT_EQ(std::get<TrainerConfig>(blocks[1].student.trainer).max_steps, 400);
}

TEST_F(BlocksTest, AreLeftOutWhereTheCommandLineSetsOneOfTheirKeys) {
  EXPECT_THAT(Load({"task.target=big"}), ElementsAre("big teacher 4 16 x2", "big answers_only 16 x2"));
  EXPECT_THAT(Load({"n=[4,16,64]"}), ElementsAre("rules teacher 4 16 64 x2"));
  EXPECT_THAT(Load({"arms=[unrelated]"}), ElementsAre("rules unrelated 4 16 x2", "add10 unrelated 8 x2"));
  EXPECT_THAT(Load({"seeds=3"}),
              ElementsAre("rules teacher 4 16 x3", "add10 teacher 8 x3", "rules answers_only 16 x3"));
  EXPECT_THAT(Load({"student.trainer.max_steps=10"}), ElementsAre("rules teacher 4 16 x2", "rules answers_only 16 x2"));
  EXPECT_THAT(Load({"blocks=[]"}), ElementsAre("rules teacher 4 16 x2"));
}

TEST_F(BlocksTest, AChoiceOfAGroupMeetsTheKeysInIt) {
  fixture_.Write("task/one.toml", "kind = \"folds\"\ntarget = \"big\"\n");
  fixture_.Write("task/other.toml", "kind = \"folds\"\ntarget = \"rsub\"\n");
  fixture_.Write("grouped.toml", R"(
defaults = [{ task = "one" }, "_self_"]
n = [4]
arms = ["teacher"]
blocks = [["task.target=add10"]]
teacher.kind = "oracle"
)");
  EXPECT_THAT(Load({"--config-name=grouped"}), ElementsAre("big teacher 4 x4", "add10 teacher 4 x4"));
  EXPECT_THAT(Load({"--config-name=grouped", "task=other"}), ElementsAre("rsub teacher 4 x4"));
}

TEST_F(BlocksTest, ArmsWithSettingsOfTheirOwnPart) {
  const std::vector<std::string> words = {
      "arms=[teacher,answers_only,references]", "tuned.validation_items=30",
      "tuned.overrides=[[teacher,student.trainer.max_steps=7],[references,student.trainer.max_steps=7]]"};
  EXPECT_THAT(Load(words), ElementsAre("rules teacher 4 16 x2", "rules answers_only 4 16 x2", "add10 teacher 8 x2"));
  const auto blocks = LoadBlocks(fixture_.Parse(words));
  EXPECT_THAT(blocks[0].arms, ElementsAre("teacher", "references"));
  EXPECT_EQ(std::get<TrainerConfig>(blocks[0].student.trainer).max_steps, 7);
  EXPECT_TRUE(blocks[0].is_tuned);
  EXPECT_EQ(std::get<TrainerConfig>(blocks[1].student.trainer).max_steps, 200);
  EXPECT_FALSE(blocks[1].is_tuned);
  // The block sets that key itself.
  EXPECT_THAT(blocks[2].arms, ElementsAre("teacher", "answers_only", "references"));
  EXPECT_EQ(std::get<TrainerConfig>(blocks[2].student.trainer).max_steps, 400);
  EXPECT_FALSE(blocks[2].is_tuned);
}

TEST_F(BlocksTest, WhatWasTunedGivesWayToTheCommandLine) {
  const auto blocks = LoadBlocks(fixture_.Parse(
      {"blocks=[]", "student.trainer.max_steps=9", "tuned.overrides=[[teacher,student.trainer.max_steps=7]]"}));
  EXPECT_THAT(blocks, SizeIs(1));
  EXPECT_EQ(std::get<TrainerConfig>(blocks[0].student.trainer).max_steps, 9);
  EXPECT_FALSE(blocks[0].is_tuned);
}

TEST_F(BlocksTest, ProblemsOfAllBlocksAreToldAtOnce) {
  try {
    Load({R"(blocks=[["n=[0]"],["student.trainer.max_step=3"]])"});
    FAIL() << "swallowed bad blocks";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("blocks[0]"));
    EXPECT_THAT(error.what(), HasSubstr("blocks[1]"));
    EXPECT_THAT(error.what(), HasSubstr("max_steps"));
  }
}

// The teacher's answers, and their last words alone: arms that more than one name may have here.
SampleSet Answers(ArmContext& context, int n, uint64_t seed) { return context.TeacherRows(n, seed); }
SampleSet LastWords(ArmContext& context, int n, uint64_t seed) {
  SampleSet set = Answers(context, n, seed);
  for (Sample& sample : set.samples) SetCompletion(sample, LastWord(Text(sample.completion)));
  MarkDerived(set, "last words");
  return set;
}

class GridTest : public ::testing::Test {
 protected:
  Grid Make(const std::vector<std::string>& overrides) {
    const CommandLine command_line = fixture_.Parse(overrides);
    blocks_ = OpenBlocks(LoadBlocks(command_line), experiment_,
                         {.config_dir = command_line.config_dir, .collections = fixture_.path("collections")});
    return MakeGrid(blocks_);
  }
  std::string Problems(const std::vector<std::string>& overrides) {
    return MessageOf([&] { Make(overrides); });
  }
  static std::set<std::string> Hashes(const Grid& grid) {
    std::set<std::string> hashes;
    for (const auto& [hash, cell] : grid.cells) hashes.insert(hash);
    return hashes;
  }
  static std::set<std::string> Trained(const Grid& grid) {
    std::set<std::string> hashes;
    for (const auto& [hash, cell] : grid.cells) {
      if (cell.config.n > 0) hashes.insert(hash);
    }
    return hashes;
  }

  Fixture fixture_;
  Experiment experiment_{.arms = {{"teacher", "", Answers},
                                  {"answers_only", "", LastWords},
                                  {"references", "", Answers},
                                  {"unrelated", "", LastWords}}};
  std::vector<std::unique_ptr<Block>> blocks_;
};

TEST_F(GridTest, HasABaseAndATeacherForEachTaskAndSeed) {
  const Grid grid = Make({});
  // rules: 2 seeds x (base, teacher_model, 4, 16, answers_only 16); add10: 2 seeds x (base, teacher_model, 8)
  EXPECT_THAT(grid.rows, SizeIs(16));
  // add10 has one target: the teacher is measured once for both seeds, the bases once each.
  EXPECT_THAT(grid.cells, SizeIs(15));
  std::set<std::tuple<std::string, std::string, int, uint64_t>> keys;
  for (const Row& row : grid.rows) {
    EXPECT_TRUE(grid.cells.contains(row.cell));
    EXPECT_TRUE(keys.insert({row.task, row.arm, row.n, row.seed}).second) << "a row stands twice";
  }
}

TEST_F(GridTest, AnAddedNChangesNoOtherCell) {
  const std::set<std::string> small = Hashes(Make({"n=[4,16]"}));
  const std::set<std::string> large = Hashes(Make({"n=[4,8,16,32]"}));
  EXPECT_EQ(large.size(), small.size() + 4);
  for (const std::string& hash : small) EXPECT_TRUE(large.contains(hash));
}

TEST_F(GridTest, AnAddedSeedChangesNoOtherCell) {
  const std::set<std::string> two = Hashes(Make({"seeds=2"})), four = Hashes(Make({"seeds=4"}));
  for (const std::string& hash : two) EXPECT_TRUE(four.contains(hash));
}

TEST_F(GridTest, WhatChangesNumbersChangesTheHash) {
  const std::set<std::string> before = Trained(Make({"n=[4]", "seeds=1"}));
  ASSERT_THAT(before, SizeIs(1));
  for (const std::string override :
       {"student.trainer.learning_rate=0.01", "student.init.keep_layers=[0]", "evaluation.held_out=41",
        "evaluation.metric=bits_per_byte", "task.max_digits=7", "task.target=rsub", "collect.pool_size=5"}) {
    std::vector<std::string> words = {"n=[4]", "seeds=1", override};
    if (override.find("bits_per_byte") != std::string::npos) continue;  // the oracle has no likelihoods
    EXPECT_NE(Trained(Make(words)), before) << override;
  }
  fixture_.Write("base-2/config.json", ReadFile(fixture_.path("base-0/config.json")));
  fixture_.Write("base-2/model.safetensors", "other weights");
  EXPECT_NE(Trained(Make({"n=[4]", "seeds=1", "student.init.model=[base-2]"})), before);
}

TEST_F(GridTest, WhatChangesNoNumberDoesNot) {
  const std::set<std::string> before = Hashes(Make({"n=[4]", "seeds=1"}));
  for (const std::string override :
       {"workers=1", "threads=2", "keep_checkpoints=true", "output_dir=elsewhere", "link_runs=false",
        "evaluation.smallest_gap=0.2", "student.trainer.save_steps=5", "collect.chunk=3", "evaluation.samples=1"}) {
    EXPECT_EQ(Hashes(Make({"n=[4]", "seeds=1", override})), before) << override;
  }
  // The same bytes under another name.
  fixture_.Write("copy/config.json", ReadFile(fixture_.path("base-0/config.json")));
  fixture_.Write("copy/model.safetensors", "weights of base-0");
  EXPECT_EQ(Hashes(Make({"n=[4]", "seeds=1", "student.init.model=[copy]"})), before);
}

TEST_F(GridTest, WeightsDrawnAnewAreAnotherStudentForEachSeed) {
  const std::vector<std::string> plain = {"n=[4]", "seeds=3", "task.target=add10"};
  std::vector<std::string> fresh = plain, unset = plain;
  fresh.emplace_back("student.init.from_scratch=1");
  unset.emplace_back("student.init.from_scratch=0");
  const std::set<std::string> before = Hashes(Make(plain));
  EXPECT_EQ(Hashes(Make(unset)), before);
  const auto bases = [](const Grid& grid) {
    std::set<std::string> hashes;
    for (const Row& row : grid.rows) {
      if (row.arm == kBaseArm) hashes.insert(row.cell);
    }
    return hashes;
  };
  EXPECT_THAT(bases(Make(plain)), SizeIs(2));  // seeds 0 and 2 begin with the same checkpoint
  const Grid grid = Make(fresh);
  EXPECT_THAT(bases(grid), SizeIs(3));
  for (const auto& [hash, cell] : grid.cells) {
    EXPECT_EQ(before.contains(hash), cell.config.arm == kTeacherModelArm) << cell.label;
  }
  EXPECT_THAT(Problems({"student.init.from_scratch=1", "warm_start.n=4"}), HasSubstr("from_scratch"));
  EXPECT_THAT(Problems({"student.init.from_scratch=2"}), HasSubstr("from_scratch"));
}

TEST_F(GridTest, AnExperimentsOwnCheckIsMadeBeforeAnythingRuns) {
  experiment_.check = [](const ExperimentConfig& config, const std::filesystem::path&) {
    if (config.assumptions != "known") throw Error("assumptions: there is no such register");
  };
  const std::string problems = Problems({"assumptions=other", "arms=[nobody]"});
  EXPECT_THAT(problems, HasSubstr("no such register"));
  EXPECT_THAT(problems, HasSubstr("nobody"));
  EXPECT_EQ(Problems({"assumptions=known"}), "");
}

TEST_F(GridTest, SeveralAnswersAnItemAreAnotherCellThanOne) {
  const std::vector<std::string> one = {"n=[4]", "seeds=1", "evaluation.sampling.temperature=1"};
  const Grid before = Make(one);
  for (const auto& [hash, cell] : before.cells) {
    EXPECT_THAT(cell.identity, Not(HasSubstr("samples = "))) << "runs of the time before there were several stay valid";
  }
  std::vector<std::string> four = one;
  four.emplace_back("evaluation.samples=4");
  for (const auto& [hash, cell] : Make(four).cells) EXPECT_FALSE(before.cells.contains(hash));
  EXPECT_THAT(Problems({"evaluation.samples=4"}), HasSubstr("temperature")) << "greedy answers are all the same";
  EXPECT_THAT(Problems({"evaluation.samples=0"}), HasSubstr("samples"));
}

// The teacher as its clients meet it.
TEST_F(GridTest, PoliciesMakeAnotherTeacherWhereAnswersCanBeOthers) {
  const std::vector<std::string> words = {"n=[4]", "seeds=1"};
  const auto with = [&](const std::vector<std::string>& policies) {
    std::vector<std::string> all = words;
    all.insert(all.end(), policies.begin(), policies.end());
    return Make(all);
  };
  const auto teachers = [](const Grid& grid) {
    std::set<std::string> hashes;
    for (const Row& row : grid.rows) {
      if (row.arm == kTeacherModelArm) hashes.insert(row.cell);
    }
    return hashes;
  };
  const Grid bare = with({});
  EXPECT_EQ(Hashes(with({"policies.use=[log]", "policies.log.folder=" + fixture_.path("logs").string()})),
            Hashes(bare));
  const Grid cut = with({"policies.use=[logprobs]"});
  EXPECT_NE(teachers(cut), teachers(bare));
  EXPECT_EQ(Trained(cut), Trained(bare)) << "the same rows, whoever they come from";
  const Grid hidden = with({"policies.use=[hide_reasoning]", R"(policies.hide_reasoning.answer_pattern='(\S+)\s*$')"});
  EXPECT_NE(teachers(hidden), teachers(bare));
  EXPECT_NE(Trained(hidden), Trained(bare));
  EXPECT_THAT(Problems({"policies.use=[filter]"}), HasSubstr("policies.filter.patterns"));
  EXPECT_THAT(Problems({"policies.use=[filtre]"}), HasSubstr("filter"));
}

TEST_F(GridTest, BaseAndTeacherAreFixedByTheirTargetNotBySeedOrTrainer) {
  const Grid grid = Make({"task.target=add10", "seeds=4", "n=[8]"});
  std::set<std::string> bases, teachers;
  for (const Row& row : grid.rows) {
    if (row.arm == kBaseArm) bases.insert(row.cell);
    if (row.arm == kTeacherModelArm) teachers.insert(row.cell);
  }
  EXPECT_THAT(bases, SizeIs(2));
  EXPECT_THAT(teachers, SizeIs(1));
  const Grid other = Make({"task.target=add10", "seeds=4", "n=[8]", "student.trainer.max_steps=7"});
  for (const std::string& base : bases) EXPECT_TRUE(other.cells.contains(base));
}

TEST_F(GridTest, AllProblemsAreToldAtOnceAndNothingIsAsked) {
  const std::string problems = Problems({"arms=[teacher,techer]", "student.init.model=[base-0,nowhere]",
                                         "teacher.kind=local", "n=[]", "++teacher.model=no_model"});
  EXPECT_THAT(problems, HasSubstr("'techer'"));
  EXPECT_THAT(problems, HasSubstr("answers_only")) << "the arms that exist are listed";
  EXPECT_THAT(problems, HasSubstr("nowhere"));
  EXPECT_THAT(problems, HasSubstr("no_model"));
  EXPECT_THAT(problems, HasSubstr("n: is empty"));
  EXPECT_FALSE(std::filesystem::exists(fixture_.path("collections")));
}

TEST_F(GridTest, BlocksMayNotGiveARowTwoMeanings) {
  EXPECT_THAT(Problems({"blocks=[[\"student.trainer.max_steps=7\"]]"}), HasSubstr("different settings"));
  EXPECT_THAT(Problems({"blocks=[[\"task.max_digits=5\"]]"}), HasSubstr("different settings"));
  EXPECT_THAT(Problems({"blocks=[[\"student.init.keep_layers=[0]\"]]"}), HasSubstr("`group` of its own"));
  EXPECT_THAT(Problems({"blocks=[[\"n=[16]\"]]"}), IsEmpty()) << "the same row twice is one row";
}

TEST_F(GridTest, AGroupHasABaseAndATeacherOfItsOwn) {
  const Grid grid = Make({"n=[4]", R"(blocks=[["group=other","student.init.model=[base-1]"]])"});
  std::set<std::pair<std::string, std::string>> rows;
  for (const Row& row : grid.rows) rows.insert({row.task, row.arm});
  EXPECT_EQ(rows, (std::set<std::pair<std::string, std::string>>{{"rules", "base"},
                                                                 {"rules", "teacher"},
                                                                 {"rules", "teacher_model"},
                                                                 {"other", "base"},
                                                                 {"other", "teacher"},
                                                                 {"other", "teacher_model"}}));
}

TEST_F(GridTest, WhatElseIsScoredMakesAnotherCell) {
  const auto plain = Hashes(Make({})), also = Hashes(Make({"evaluation.also=[add5]"}));
  for (const std::string& hash : also) EXPECT_FALSE(plain.contains(hash));
  EXPECT_EQ(Hashes(Make({"evaluation.also=[]"})), plain);
  EXPECT_THAT(Problems({"evaluation.also=[add55]"}), HasSubstr("add55"));
}

TEST_F(GridTest, BadComparisonsOfGroupsAreToldBeforeAnythingRuns) {
  EXPECT_EQ(Problems({"compare=[[size,add10,rules]]", "facts=[[rules,FLOPs,\"2.1e13\"]]"}), "");
  EXPECT_THAT(Problems({"compare=[[size,add10]]"}), HasSubstr("compare[0]"));
  EXPECT_THAT(Problems({"facts=[[rules,FLOPs,many]]"}), HasSubstr("facts[0]"));
  EXPECT_THAT(Problems({"contrast.arm=teacher", "contrast.against=teacher", "contrast.against_task=add10"}),
              HasSubstr("contrast.n"));
}

TEST_F(GridTest, OnlyALocalTeacherHasLikelihoods) {
  EXPECT_THAT(Problems({"evaluation.metric=bits_per_byte"}), HasSubstr("only teacher.kind=local"));
}

TEST_F(GridTest, ADistanceFromTheTeacherIsAnotherCellAndNeedsALocalTeacher) {
  for (const auto& [hash, cell] : Make({"n=[4]", "seeds=1", "evaluation.teacher_kl=0"}).cells) {
    EXPECT_THAT(cell.identity, Not(HasSubstr("kl"))) << "runs of the time before it was measured stay valid";
  }
  EXPECT_EQ(Hashes(Make({"n=[4]", "seeds=1", "evaluation.teacher_kl=0"})), Hashes(Make({"n=[4]", "seeds=1"})));
  EXPECT_THAT(Problems({"evaluation.teacher_kl=20"}), HasSubstr("teacher.kind=local"));
}

TEST_F(GridTest, AnArmThatIsAskedInAWayOfItsOwnPartsFromTheOthers) {
  experiment_.arms[1].asks = [](ExperimentConfig& config) { config.collect.attempts = 3; };
  experiment_.arms[2].asks = [](ExperimentConfig& config) {
    if (config.collect.pool_size < 20) throw Error("references: too small a pool");
  };
  Make({"blocks=[]", "arms=[teacher,answers_only,unrelated,references]"});
  std::vector<std::pair<std::string, int>> asked;
  for (const auto& block : blocks_) asked.emplace_back(block->config.arms.front(), block->config.collect.attempts);
  EXPECT_THAT(asked, ElementsAre(std::pair("teacher", 1), std::pair("answers_only", 3), std::pair("unrelated", 1),
                                 std::pair("references", 1)));
  EXPECT_EQ(blocks_[0]->context, blocks_[2]->context) << "asked alike, they share the answers";
  EXPECT_NE(blocks_[0]->context, blocks_[1]->context);
  EXPECT_THAT(Problems({"blocks=[]", "arms=[references]", "collect.pool_size=16"}), HasSubstr("too small a pool"));
}

TEST_F(GridTest, AnArmMayWantMoreRowsThanItsN) {
  std::vector<int> wanted;
  experiment_.arms[0].wants = [&](ArmContext&, int n, uint64_t seed) {
    if (n > 100) throw Error("no so many");
    wanted.push_back(n + static_cast<int>(seed));
    return 40;
  };
  Make({"blocks=[]", "n=[4,8]"});
  EXPECT_THAT(wanted, ElementsAre(8, 9)) << "the largest N of each seed";
  EXPECT_EQ(blocks_[0]->context->TeacherRows(4, 0).manifest.counts.at("stored"), 40);
  std::filesystem::remove_all(fixture_.path("collections"));
  EXPECT_THAT(Problems({"blocks=[]", "n=[4,101]"}), HasSubstr("no so many"));
  EXPECT_FALSE(std::filesystem::exists(fixture_.path("collections"))) << "said before anything is asked";
}

TEST_F(GridTest, APoolThatIsTooSmallIsSaid) { EXPECT_THAT(Problems({"n=[600]"}), HasSubstr("pool_size")); }

}  // namespace
}  // namespace retort::lab
