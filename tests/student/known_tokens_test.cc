// The loss over the tokens that are known and one bucket for the rest: its value against an independent implementation,
// gradients against finite differences, the fused path against the plain one, and that it is a bound.
#include "student/known_tokens.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/fused/known_tokens.h"
#include "student/divergence.h"

namespace retort {
namespace {

at::Tensor Random(int64_t rows, int64_t vocab, const std::string& name, double scale = 2) {
  RandomStream random(7, name);
  at::Tensor tensor = at::empty({rows, vocab}, at::kDouble);
  for (int64_t i = 0; i < tensor.numel(); ++i) tensor.view(-1)[i] = scale * random.Normal();
  return tensor;
}

double Full(const at::Tensor& student, const at::Tensor& teacher) {
  return DivergenceSum({.name = "fkl"}, student, teacher).item<double>();
}

nlohmann::json Golden() {
  const char* given = std::getenv("RETORT_GOLDEN");  // that scripts/interop has just made
  const std::filesystem::path folder = given != nullptr ? given : RETORT_SOURCE_DIR "/tests/student/golden";
  return ParseJson(ReadFile(folder / "objectives.json"), {});
}

KnownTokens TopOf(const at::Tensor& teacher, int k) {  // one row
  const at::Tensor p = at::softmax(teacher, 0);
  const auto [top, ids] = p.topk(k);
  KnownTokens known;
  double mass = 0;
  for (int i = 0; i < k; ++i) {
    known.ids.push_back(static_cast<int>(ids[i].item<int64_t>()));
    known.probabilities.push_back(static_cast<float>(top[i].item<double>()));
    mass += top[i].item<double>();
  }
  known.rest = static_cast<float>(1 - mass);
  return known;
}

double FusedKnown(const at::Tensor& row, const KnownTokens& known, at::Tensor* gradient = nullptr) {
  at::Tensor logits = row.to(at::kFloat).clone();
  const double loss =
      fused::KnownTokensDivergence(logits.mutable_data_ptr<float>(), logits.numel(), known.ids.data(),
                                   known.probabilities.data(), static_cast<int64_t>(known.ids.size()), known.rest, 1);
  if (gradient != nullptr) *gradient = logits.to(at::kDouble);
  return loss;
}

TEST(KnownTokens, AsTheIndependentImplementation) {
  const nlohmann::json golden = Golden();
  const auto& topk = golden["topk"];
  std::vector<double> flat;
  for (const auto& row : golden["student"]) {
    for (const auto& value : row) flat.push_back(value.get<double>());
  }
  std::vector<KnownTokens> known;
  for (const auto& row : topk["rows"]) {
    known.push_back(
        {row["ids"].get<std::vector<int>>(), row["probabilities"].get<std::vector<float>>(), row["rest"].get<float>()});
  }
  const at::Tensor student = at::tensor(flat, at::kDouble).view({static_cast<int64_t>(known.size()), -1});
  const at::Tensor targets = at::zeros({student.size(0)}, at::kLong);
  EXPECT_NEAR(KnownTokensSum(student, known, targets).item<double>(), topk["loss"].get<double>(), 1e-6);
}

// The data-processing inequality: merging tokens into one bucket can only lose divergence. FACTS of other treatments
// (the teacher's mass made 1 again, both made 1, the sum cut off): none of them is such a bound.
TEST(KnownTokens, TheTailBucketIsALowerBoundThatRisesWithK) {
  for (int draw = 0; draw < 20; ++draw) {
    const at::Tensor student = Random(1, 200, fmt::format("s{}", draw)),
                     teacher = Random(1, 200, fmt::format("t{}", draw));
    const double full = Full(student, teacher);
    double last = 0;
    for (const int k : {1, 2, 5, 10, 50, 199}) {
      const double bound = FusedKnown(student[0], TopOf(teacher[0], k));
      EXPECT_GE(bound, last - 1e-5) << k;
      EXPECT_LE(bound, full + 1e-5) << k;
      last = bound;
    }
    EXPECT_NEAR(last, full, 1e-3);
  }
}

TEST(KnownTokens, OtherTreatmentsOfTheRestAreNoBounds) {
  const nlohmann::json golden = Golden()["tail"];
  const auto value = [&](const char* key) { return golden[key].get<double>(); };
  EXPECT_LT(value("tail_bucket"), value("full"));
  EXPECT_GT(value("teacher_renormalised"), value("full"));
  const at::Tensor student = at::tensor(golden["student"].get<std::vector<double>>(), at::kDouble);
  const at::Tensor teacher = at::tensor(golden["teacher"].get<std::vector<double>>(), at::kDouble);
  EXPECT_NEAR(Full(student.unsqueeze(0), teacher.unsqueeze(0)), value("full"), 1e-9);
  EXPECT_NEAR(FusedKnown(student, TopOf(teacher, golden["k"])), value("tail_bucket"), 1e-5);
}

TEST(KnownTokens, ZeroAtEqualityAndGradientsByFiniteDifferences) {
  const at::Tensor student = Random(1, 9, "s")[0], teacher = Random(1, 9, "t")[0];
  const at::Tensor targets = at::zeros({1}, at::kLong);
  for (const int k : {1, 3, 8}) {
    SCOPED_TRACE(k);
    const std::vector<KnownTokens> same = {TopOf(student, k)}, known = {TopOf(teacher, k)};
    EXPECT_NEAR(KnownTokensSum(student.unsqueeze(0), same, targets).item<double>(), 0, 1e-7);
    EXPECT_NEAR(FusedKnown(student, same[0]), 0, 1e-6);
    at::Tensor fused;
    EXPECT_NEAR(FusedKnown(student, known[0], &fused),
                KnownTokensSum(student.unsqueeze(0), known, targets).item<double>(), 1e-6);
    constexpr double kStep = 1e-5;
    for (int64_t i = 0; i < student.numel(); ++i) {
      at::Tensor up = student.clone(), down = student.clone();
      up[i] += kStep;
      down[i] -= kStep;
      const double slope = (KnownTokensSum(up.unsqueeze(0), known, targets).item<double>() -
                            KnownTokensSum(down.unsqueeze(0), known, targets).item<double>()) /
                           (2 * kStep);
      EXPECT_NEAR(fused[i].item<double>(), slope, 1e-6);
    }
  }
}

}  // namespace
}  // namespace retort
