// Each objective's loss of rows of logits: its value against an independent implementation, gradients against finite
// differences, the fused path against the plain one, limits, and what is exactly 0.
#include "student/divergence.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "tests/student/every_setting.h"

namespace retort {
namespace {

std::vector<NamedObjective> Divergences() {
  std::vector<NamedObjective> all = EveryObjective();
  std::erase_if(all, [](const NamedObjective& objective) { return !NeedsLiveTeacher(objective.config); });
  return all;
}

at::Tensor Random(int64_t rows, int64_t vocab, const std::string& name, double scale = 2) {
  RandomStream random(7, name);
  at::Tensor tensor = at::empty({rows, vocab}, at::kDouble);
  for (int64_t i = 0; i < tensor.numel(); ++i) tensor.view(-1)[i] = scale * random.Normal();
  return tensor;
}

double Value(const ObjectiveConfig& config, const at::Tensor& student, const at::Tensor& teacher) {
  return DivergenceSum(config, student, teacher).item<double>();
}

struct Fused {
  double loss;
  at::Tensor gradient;
};
Fused FusedOf(const ObjectiveConfig& config, const at::Tensor& student, const at::Tensor& teacher, float scale = 1) {
  at::Tensor logits = student.to(at::kFloat).clone(), taught = teacher.to(at::kFloat).contiguous();
  const auto factor = TemperatureScale(config);
  std::vector<float> scratch(static_cast<size_t>(logits.size(1)));
  const double loss =
      fused::DivergenceSum(DivergenceOf(config), logits.mutable_data_ptr<float>(), taught.const_data_ptr<float>(),
                           logits.size(0), logits.size(1), scale * static_cast<float>(factor), scratch.data());
  return {factor * loss, logits.to(at::kDouble)};
}

at::Tensor Gradient(const std::function<at::Tensor(const at::Tensor&)>& f, const at::Tensor& at) {
  at::Tensor x = at.clone().set_requires_grad(true);
  f(x).backward();
  return x.grad();
}

nlohmann::json Golden() {
  const char* given = std::getenv("RETORT_GOLDEN");  // that scripts/interop has just made
  const std::filesystem::path folder = given != nullptr ? given : RETORT_SOURCE_DIR "/tests/student/golden";
  return ParseJson(ReadFile(folder / "objectives.json"), {});
}

TEST(Divergence, AsTheIndependentImplementation) {
  const nlohmann::json golden = Golden();
  const auto rows = [](const nlohmann::json& json) {
    std::vector<double> flat;
    for (const auto& row : json) {
      for (const auto& value : row) flat.push_back(value.get<double>());
    }
    return at::tensor(flat, at::kDouble).view({static_cast<int64_t>(json.size()), -1});
  };
  const at::Tensor student = rows(golden["student"]), teacher = rows(golden["teacher"]);
  int seen = 0;
  for (const auto& entry : golden["divergences"]) {
    ObjectiveConfig config{.name = entry["name"], .temperature = entry["temperature"]};
    config.temperature_squared_scaling = entry["temperature_squared_scaling"];
    if (config.name == "jsd") config.beta = entry["mix"].get<double>();
    if (config.name.starts_with("skew")) config.alpha = entry["mix"].get<double>();
    const double expected = entry["loss"].get<double>();
    const at::Tensor gradient = rows(entry["gradient"]);
    EXPECT_NEAR(Value(config, student, teacher), expected, 1e-10) << entry.dump();
    const at::Tensor ours = Gradient([&](const at::Tensor& x) { return DivergenceSum(config, x, teacher); }, student);
    EXPECT_TRUE(at::allclose(ours, gradient, 1e-8, 1e-10)) << entry.dump();
    const Fused fused = FusedOf(config, student, teacher);
    EXPECT_NEAR(fused.loss, expected, 2e-6 * (1 + expected)) << entry.dump();
    EXPECT_TRUE(at::allclose(fused.gradient, gradient, 1e-5, 1e-6)) << entry.dump();
    ++seen;
  }
  EXPECT_GE(seen, 20);

  for (const auto& entry : golden["dpo"]) {
    ObjectiveConfig config{.name = "dpo"};
    config.beta = entry["beta"].get<double>();
    config.label_smoothing = entry["label_smoothing"].get<double>();
    const at::Tensor margins = at::tensor(entry["margins"].get<std::vector<double>>(), at::kDouble);
    EXPECT_NEAR(PreferenceSum(config, margins).item<double>(), entry["loss"].get<double>(), 1e-12);
  }
}

TEST(Divergence, GradientsAreThoseOfFiniteDifferences) {
  const at::Tensor student = Random(3, 7, "s"), teacher = Random(3, 7, "t");
  for (const auto& [told, config] : Divergences()) {
    SCOPED_TRACE(told);
    const at::Tensor gradient =
        Gradient([&, config = config](const at::Tensor& x) { return DivergenceSum(config, x, teacher); }, student);
    const Fused fused = FusedOf(config, student, teacher);
    constexpr double kStep = 1e-5;
    for (int64_t i = 0; i < student.numel(); ++i) {
      at::Tensor up = student.clone(), down = student.clone();
      up.view(-1)[i] += kStep;
      down.view(-1)[i] -= kStep;
      const double slope = (Value(config, up, teacher) - Value(config, down, teacher)) / (2 * kStep);
      EXPECT_NEAR(gradient.view(-1)[i].item<double>(), slope, 1e-8);
      EXPECT_NEAR(fused.gradient.view(-1)[i].item<double>(), slope, 1e-5);
    }
  }
}

TEST(Divergence, ZeroWhereStudentAndTeacherAreEqualAndPositiveElsewhere) {
  const at::Tensor logits = Random(5, 300, "same", 6);
  for (const auto& [told, config] : Divergences()) {
    SCOPED_TRACE(told);
    EXPECT_NEAR(Value(config, logits, logits), 0, 1e-12);
    const Fused fused = FusedOf(config, logits, logits);
    EXPECT_EQ(fused.loss, 0);
    EXPECT_LT(fused.gradient.abs().max().item<double>(), 1e-6);
    // Logits are known up to a constant of each row.
    EXPECT_NEAR(Value(config, logits + 5, logits), 0, 1e-12);
    for (int i = 0; i < 20; ++i) {
      const at::Tensor other = Random(5, 300, fmt::format("other{}", i), 3);
      EXPECT_GT(Value(config, other, logits), 0);
      EXPECT_GT(FusedOf(config, other, logits).loss, 0);
    }
  }
}

TEST(Divergence, TheMixtureTendsToNothingAtItsEndsWithoutAJump) {
  const at::Tensor student = Random(4, 20, "s"), teacher = Random(4, 20, "t");
  const auto jsd = [&](double beta) {
    ObjectiveConfig config{.name = "jsd"};
    config.beta = beta;
    EXPECT_NEAR(FusedOf(config, student, teacher).loss, Value(config, student, teacher), 2e-5);
    return Value(config, student, teacher);
  };
  EXPECT_EQ(jsd(0), 0);
  EXPECT_EQ(jsd(1), 0);
  const double forward = Value({.name = "fkl"}, student, teacher), reverse = Value({.name = "rkl"}, student, teacher);
  for (const double small : {1e-3, 1e-5}) {  // of first order in the small weight: its KL times that
    EXPECT_NEAR(jsd(small) / small, forward, 0.05 * forward) << small;
    EXPECT_NEAR(jsd(1 - small) / small, reverse, 0.05 * reverse) << small;
  }
  // Skewing by 0 is not to skew; by 1 it compares a distribution with itself.
  for (const auto& [skew, plain] : {std::pair{"skew_fkl", forward}, std::pair{"skew_rkl", reverse}}) {
    ObjectiveConfig config{.name = skew};
    config.alpha = 0;
    EXPECT_NEAR(Value(config, student, teacher), plain, 1e-10);
    EXPECT_NEAR(FusedOf(config, student, teacher).loss, plain, 1e-4);
    config.alpha = 1;
    EXPECT_NEAR(Value(config, student, teacher), 0, 1e-12);
    EXPECT_NEAR(FusedOf(config, student, teacher).loss, 0, 1e-5);
    config.alpha = 0.1;
    EXPECT_LT(Value(config, student, teacher), plain);
  }
}

TEST(Divergence, ValuesByHand) {
  // T = (1/2, 1/2), S = (1/4, 3/4).
  const at::Tensor teacher = at::zeros({1, 2}, at::kDouble);
  const at::Tensor student = at::tensor({0.0, std::log(3.0)}, at::kDouble).view({1, 2});
  EXPECT_NEAR(Value({.name = "fkl"}, student, teacher), 0.5 * std::log(4.0 / 3), 1e-12);
  EXPECT_NEAR(Value({.name = "rkl"}, student, teacher), 0.25 * std::log(0.5) + 0.75 * std::log(1.5), 1e-12);
  // M = (3/8, 5/8)
  const double jsd =
      0.5 * (0.5 * std::log(4.0 / 3) + 0.5 * std::log(0.8)) + 0.5 * (0.25 * std::log(2.0 / 3) + 0.75 * std::log(1.2));
  EXPECT_NEAR(Value({.name = "jsd"}, student, teacher), jsd, 1e-12);
}

TEST(Divergence, FarLogitsStayFiniteAndWrongOnesShow) {
  const at::Tensor student = Random(4, 50, "far s", 60), teacher = Random(4, 50, "far t", 60);
  for (const auto& [told, config] : Divergences()) {
    SCOPED_TRACE(told);
    const double expected = Value(config, student, teacher);
    const Fused fused = FusedOf(config, student, teacher);
    EXPECT_NEAR(fused.loss, expected, 1e-4 * (1 + expected));
    EXPECT_TRUE(fused.gradient.isfinite().all().item<bool>());
    for (const double wrong : {std::nan(""), static_cast<double>(INFINITY)}) {
      at::Tensor broken = teacher.clone();
      broken[1][3] = wrong;
      EXPECT_FALSE(std::isfinite(FusedOf(config, student, broken).loss));
      EXPECT_FALSE(std::isfinite(FusedOf(config, broken, teacher).loss));
    }
  }
}

}  // namespace
}  // namespace retort
