// Results in lm-eval's layout: every place where its own readers look, beside a file that is checked in.
#include "core/report/lm_eval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/json.h"

namespace retort {
namespace {

using Json = nlohmann::json;

CellResult Cell() {
  CellResult cell{
      .arm = "teacher", .n = 16, .seed = 3, .task = "rules", .target = "big", .metric = "exact_match", .run = "abc"};
  for (int i = 0; i < 4; ++i) {
    cell.items.push_back({.id = "big/" + std::to_string(i),
                          .score = i == 0 ? 0.0 : 1.0,
                          .parsed = true,
                          .answer = "A" + std::to_string(i)});
  }
  cell.means = Average(cell.items);
  return cell;
}

LmEvalSetting Setting() {
  return {.model = "models/x", .sampling = {.max_new_tokens = 45}, .task_config = "kind = \"folds\"\n"};
}

std::vector<Item> Items() {
  std::vector<Item> items;
  for (int i = 0; i < 4; ++i)
    items.push_back({.id = "big/" + std::to_string(i), .prompt = {{"", "big 4729?"}}, .answer = "8"});
  return items;
}

// The kinds of value that lm-eval 0.4.13 itself writes at each place (result_schema.py).
TEST(LmEval, ResultsHaveTheHarnesssShape) {
  const CellResult cell = Cell();
  const Json file = ParseJson(LmEvalResults({&cell, 1}, Setting()), {.file = "lm_eval.json"});
  const Json expected =
      ParseJson(ReadFile(RETORT_SOURCE_DIR "/tests/core/report/lm_eval_shape.json"), {.file = "lm_eval_shape.json"});
  // Every key of the shape is there with a value of its kind; "*" stands for every task.
  const std::function<void(const Json&, const Json&, const std::string&)> check =
      [&](const Json& shape, const Json& value, const std::string& place) {
        if (shape.is_string()) {
          const std::string kind = shape.get<std::string>();
          EXPECT_TRUE((kind == "number" && value.is_number()) || (kind == "integer" && value.is_number_integer()) ||
                      (kind == "string" && value.is_string()) || (kind == "boolean" && value.is_boolean()) ||
                      (kind == "list" && value.is_array()))
              << place << " is " << value << ", not a " << kind;
          return;
        }
        ASSERT_TRUE(value.is_object()) << place;
        for (const auto& [key, inside] : shape.items()) {
          if (key == "*") {
            EXPECT_FALSE(value.empty()) << place;
            for (const auto& [task, entry] : value.items()) check(inside, entry, place + "." + task);
          } else {
            ASSERT_TRUE(value.contains(key)) << place << " lacks " << key;
            check(inside, value.at(key), place + "." + key);
          }
        }
      };
  check(expected, file, "file");
}

TEST(LmEval, NumbersAreTheCells) {
  const CellResult cell = Cell();
  const Json file = ParseJson(LmEvalResults({&cell, 1}, Setting()), {});
  const Json& results = file["results"]["rules"];
  EXPECT_EQ(results["exact_match,none"], 0.75);
  EXPECT_NEAR(results["exact_match_stderr,none"].get<double>(), std::sqrt(0.25 / 4), 1e-12);
  EXPECT_EQ(file["n-samples"]["rules"]["effective"], 4);
  EXPECT_EQ(file["higher_is_better"]["rules"]["exact_match"], true);
  EXPECT_EQ(file["configs"]["rules"]["metadata"]["run"], "abc");
  EXPECT_EQ(file["configs"]["rules"]["generation_kwargs"]["do_sample"], false);
}

TEST(LmEval, SampledScoresAndLikelihoods) {
  CellResult cell = Cell();
  for (ItemScore& item : cell.items) {
    item.sampled = SampledAnswers{.answers = {"A0", "A8"}, .scores = {0, 1}, .parsed = 2, .majority_right = false};
    item.score = 0.5;
  }
  cell.means = Average(cell.items);
  cell.extras = cell.means.sampled->Columns();
  Json file = ParseJson(LmEvalResults({&cell, 1}, Setting()), {});
  EXPECT_EQ(file["results"]["rules"]["exact_match,none"], 0.5);
  EXPECT_EQ(file["results"]["rules"]["pass@2,none"], 1);
  EXPECT_EQ(file["results"]["rules"]["maj@2,none"], 0);
  EXPECT_EQ(file["configs"]["rules"]["repeats"], 2);
  EXPECT_EQ(file["higher_is_better"]["rules"]["pass@2"], true);
  cell = Cell();
  cell.metric = "bits_per_byte";
  file = ParseJson(LmEvalResults({&cell, 1}, Setting()), {});
  EXPECT_EQ(file["higher_is_better"]["rules"]["bits_per_byte"], false);
  EXPECT_EQ(file["configs"]["rules"]["output_type"], "loglikelihood");
}

TEST(LmEval, CellsOfAnExperimentHaveNamesOfTheirOwn) {
  std::vector<CellResult> cells = {Cell(), Cell(), Cell()};
  cells[1].n = 64;
  cells[2].axes = {{"student.trainer.learning_rate", "0.003"}};
  const Json file = ParseJson(LmEvalResults(cells, Setting()), {});
  EXPECT_TRUE(file["results"].contains("rules_teacher_n16_seed3"));
  EXPECT_TRUE(file["results"].contains("rules_teacher_n64_seed3"));
  EXPECT_EQ(file["results"].size(), 3u);
}

TEST(LmEval, OneItemHasNoStandardError) {
  CellResult cell = Cell();
  cell.items.resize(1);
  EXPECT_EQ(ParseJson(LmEvalResults({&cell, 1}, Setting()), {})["results"]["rules"]["exact_match_stderr,none"], "N/A");
}

TEST(LmEval, SamplesHaveOneLineAnItem) {
  const CellResult cell = Cell();
  const std::string lines = LmEvalSamples(cell, Items(), Setting());
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 4);
  const Json first = ParseJson(lines.substr(0, lines.find('\n')), {});
  for (const char* key : {"doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics",
                          "doc_hash", "prompt_hash", "target_hash", "exact_match"}) {
    EXPECT_TRUE(first.contains(key)) << key;
  }
  EXPECT_EQ(first["resps"], Json::parse(R"([["A0"]])"));
  EXPECT_EQ(first["filtered_resps"], Json::parse(R"(["A0"])"));
  EXPECT_EQ(first["arguments"]["gen_args_0"]["arg_0"], "big 4729?");
  EXPECT_EQ(first["exact_match"], 0);
}

}  // namespace
}  // namespace retort
