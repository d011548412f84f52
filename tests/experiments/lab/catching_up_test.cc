#include "experiments/lab/catching_up.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/report/format.h"
#include "core/report/report.h"

namespace retort::lab {
namespace {

using testing::HasSubstr;

const std::filesystem::path kConfigs = std::filesystem::path(RETORT_SOURCE_DIR) / "configs";

// Six seeds whose `share` of 100 items are right at each size.
void AddCells(const std::string& task, const std::string& arm, const std::vector<std::pair<int, double>>& curve,
              double flops, double tokens, std::vector<CellResult>& cells) {
  for (uint64_t seed = 0; seed < 6; ++seed) {
    for (const auto& [n, share] : curve) {
      CellResult cell{.arm = arm, .n = n, .seed = seed, .task = task, .target = task, .metric = "exact_match"};
      const bool end = n == 0;
      // Seeds scatter about the mean, in one arm the other way round.
      const double about = 0.02 * (static_cast<double>(seed) - 2.5) * (arm == "from_scratch" ? -1 : 1);
      const double own = end ? share : share + about;
      for (int i = 0; i < 100; ++i)
        cell.items.push_back({.id = std::to_string(i), .score = i < std::lround(100 * own) ? 1.0 : 0.0});
      cell.means.score = own;
      cell.training_flops = end ? 0 : flops * n;
      cell.teacher_tokens = end ? 0 : static_cast<int64_t>(tokens * n);
      cell.run = task + arm + std::to_string(n) + std::to_string(seed);
      cells.push_back(std::move(cell));
    }
  }
}

class CatchingUpTest : public testing::Test {
 protected:
  CatchingUpTest() {
    AddCells("rules", "base", {{0, 0.1}}, 0, 0, cells_);
    AddCells("rules", "teacher_model", {{0, 0.9}}, 0, 0, cells_);
    AddCells("rules", "teacher", {{4, 0.3}, {8, 0.5}, {16, 0.7}}, 100, 10, cells_);  // half at 8
    // Its own base knows nothing; half of the gap of `rules` is at 64 all the same.
    AddCells("from scratch", "base", {{0, 0.0}}, 0, 0, cells_);
    AddCells("from scratch", "teacher_model", {{0, 0.9}}, 0, 0, cells_);
    AddCells("from scratch", "from_scratch", {{32, 0.2}, {64, 0.5}, {128, 0.8}}, 1000, 0, cells_);
    expenses_ = ReadExpenses(kConfigs, "catching_up");
    expenses_.entries.settings_tried.value = 2;
    const Summary summary = Summarise({.cells = cells_});
    teacher_ = FindRoute(summary, "distillation", "teacher", true).value();
    scratch_ = FindRoute(summary, "from scratch", "from_scratch", false).value();
  }
  CatchingUp World() const { return {cells_, "rules", expenses_, beginnings_, std::nullopt}; }

  std::vector<CellResult> cells_;
  Expenses expenses_;
  Beginnings beginnings_{.base_flops = 1e6, .teacher_flops = 1e8, .teacher_parameters = 50};
  Route teacher_, scratch_;
};

TEST_F(CatchingUpTest, ABillHasTheStudentItsRivalsAndTheTeachersAnswers) {
  const Bill bill = BillAt(teacher_, 12, expenses_, beginnings_);
  EXPECT_DOUBLE_EQ(bill.training, 1200);            // between 800 and 1,600
  EXPECT_DOUBLE_EQ(bill.queries, 2 * 50 * 120);     // 2 a parameter and token
  EXPECT_DOUBLE_EQ(bill.tuning, 1200 + 400 + 800);  // another setting, and the sizes that did not do
  for (size_t i = 0; i < kPriceRows; ++i) {
    EXPECT_DOUBLE_EQ(bill.training_dollars[i], 3600 * expenses_.prices[i].flop);
    EXPECT_DOUBLE_EQ(bill.query_dollars[i], 120 * 50 * expenses_.prices[i].token_parameter);
  }
  EXPECT_LT(bill.training_dollars[0], bill.training_dollars[2]);
  EXPECT_EQ(BillAt(teacher_, 0, expenses_, beginnings_).flops(), 0);
  EXPECT_EQ(BillAt(scratch_, 64, expenses_, beginnings_).queries, 0);
}

TEST_F(CatchingUpTest, EveryRouteIsReadAgainstOneGap) {
  const CatchingUp world = World();
  EXPECT_NEAR(world.Samples(teacher_, 0.5)->from, 8, 1e-6);
  EXPECT_NEAR(world.Samples(scratch_, 0.5)->from, 64, 1e-6);
  const double mine = BillAt(teacher_, 8, expenses_, beginnings_).flops(),
               theirs = BillAt(scratch_, 64, expenses_, beginnings_).flops();
  const Ranged bill = *world.Ratio(teacher_, scratch_, 0.5, Counted::kBill, -1);
  EXPECT_NEAR(bill.from, mine / theirs, 1e-6);
  EXPECT_LT(bill.low, bill.from);
  EXPECT_GT(bill.high, bill.from);
  EXPECT_NEAR(world.Ratio(teacher_, scratch_, 0.5, Counted::kBase, -1)->from, (mine + 1e6) / theirs, 1e-6);
  EXPECT_NEAR(world.Ratio(teacher_, scratch_, 0.5, Counted::kTeacher, -1)->from, (mine + 1e6 + 1e8) / theirs, 1e-6);
  const double share = expenses_.entries.teacher_share.value;
  EXPECT_NEAR(world.Cost(teacher_, 0.5, Counted::kShare, -1)->from, mine + 1e6 + share * 1e8, 1e-3);
  EXPECT_NEAR(world.Cost(scratch_, 0.5, Counted::kTeacher, -1)->from, theirs, 1e-3);  // it asks nobody
}

TEST_F(CatchingUpTest, WhatIsNotReachedStaysOpen) {
  const CatchingUp world = World();
  const Ranged n = *world.Samples(teacher_, 0.9);
  EXPECT_EQ(n.from, 16);
  EXPECT_TRUE(std::isinf(n.to));
  EXPECT_THAT(ToString(n, Measured), HasSubstr("> 16"));
  const Ranged cost = *world.Cost(teacher_, 0.9, Counted::kBill, -1);
  EXPECT_DOUBLE_EQ(cost.from, BillAt(teacher_, 16, expenses_, beginnings_).flops());
  EXPECT_TRUE(std::isinf(cost.to));
  EXPECT_TRUE(std::isinf(world.Ratio(teacher_, scratch_, 0.9, Counted::kBill, -1)->to));
}

TEST_F(CatchingUpTest, WhatIsNotKnownIsNotReckonedWith) {
  beginnings_.base_flops.reset();
  const CatchingUp world = World();
  EXPECT_TRUE(world.Cost(teacher_, 0.5, Counted::kBill, -1));
  EXPECT_FALSE(world.Cost(teacher_, 0.5, Counted::kBase, -1));
  EXPECT_FALSE(world.Ratio(teacher_, scratch_, 0.5, Counted::kBase, 1));
}

TEST(Expenses, TheShippedRegistersAreReadAndRowsRise) {
  for (const char* name : {"catching_up", "catching_up_smollm2"}) {
    const Expenses expenses = ReadExpenses(kConfigs, name);
    EXPECT_LT(expenses.prices[0].flop, expenses.prices[1].flop) << name;
    EXPECT_LT(expenses.prices[1].flop, expenses.prices[2].flop) << name;
    EXPECT_LT(expenses.prices[0].token_parameter, expenses.prices[1].token_parameter) << name;
    EXPECT_LT(expenses.prices[1].token_parameter, expenses.prices[2].token_parameter) << name;
    // $2.49 an hour of 989.4e12 FLOPs a second, 40 % of them used.
    EXPECT_NEAR(expenses.prices[0].flop, 2.49 / 3600 / (0.4 * 989.4e12), 1e-24);
  }
  EXPECT_THROW(ReadExpenses(kConfigs, ""), Error);
  EXPECT_THROW(ReadExpenses(kConfigs, "no_such_register"), Error);
}

// What make_models counted stands in the cards of the models that experiments begin with.
TEST(Expenses, ShippedModelsSayWhatTheirTrainingTook) {
  for (const char* name : {"folds-base-0", "folds-base-3", "folds-teacher"}) {
    const std::filesystem::path model = kConfigs / "models" / name;
    const std::optional<double> flops = TrainingFlops(model);
    ASSERT_TRUE(flops) << name;
    const double tokens = *flops / (6 * ParameterCount(model));

    EXPECT_GT(tokens, 1e6) << name;
  }
  EXPECT_FALSE(TrainingFlops(kConfigs));
}

}  // namespace
}  // namespace retort::lab
