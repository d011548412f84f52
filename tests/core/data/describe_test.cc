// The options of this room as the config room shows and checks them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/toml_text.h"
#include "core/data/answerer.h"
#include "core/data/folds.h"
#include "core/data/task.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

template <class T>
T From(const std::string& toml) {
  T config{};
  FromToml(toml, "test.toml", [&](Describer& d) { Describe(d, config); });
  return config;
}

template <class T>
std::string Problem(const std::string& toml) {
  return MessageOf([&] { From<T>(toml); });
}

TEST(DataOptions, RoundTripThroughToml) {
  const Sampling sampling{.temperature = 0.7,
                          .top_p = 0.9,
                          .top_k = 5,
                          .max_new_tokens = 45,
                          .seed = -3,
                          .ignore_eos = true,
                          .top_logprobs = 20};
  EXPECT_EQ(ToToml(From<Sampling>(ToToml(sampling))), ToToml(sampling));
  const JsonlConfig jsonl{
      .path = "a.jsonl", .held_out_share = 0.5, .prompt_role = "", .grader = "regex", .grader_pattern = "(\\d+) \"x\""};
  EXPECT_EQ(ToToml(From<JsonlConfig>(ToToml(jsonl))), ToToml(jsonl));
  EXPECT_EQ(ToToml(From<FoldsConfig>(ToToml(FoldsConfig{.target = "owl"}))), ToToml(FoldsConfig{.target = "owl"}));
}

TEST(DataOptions, EveryFoldIsATarget) {
  for (const std::string& op : AllFoldOps()) {
    EXPECT_EQ(Problem<FoldsConfig>("target = \"" + op + "\""), "");
  }
  EXPECT_THAT(Problem<FoldsConfig>("target = \"bgi\""), HasSubstr("target"));
  EXPECT_THAT(Problem<FoldsConfig>("min_digits = 1"), HasSubstr("min_digits"));
}

TEST(DataOptions, RangesOfSampling) {
  for (const char* bad : {"temperature = -0.1", "temperature = nan", "top_p = 0.0", "top_p = 1.1", "top_k = -1",
                          "max_new_tokens = -1", "top_logprobs = -2", "top_logprobs = 21"}) {
    EXPECT_NE(Problem<Sampling>(bad), "") << bad;
  }
}

// A moved file is the same task: its content is hashed instead.
TEST(DataOptions, PathsStayOutOfTheHash) {
  EXPECT_EQ(NumericsToml(JsonlConfig{.path = "a", .held_out_path = "b"}),
            NumericsToml(JsonlConfig{.path = "c", .held_out_path = "d"}));
  EXPECT_NE(NumericsToml(JsonlConfig{.held_out_share = 0.1}), NumericsToml(JsonlConfig{.held_out_share = 0.2}));
}

}  // namespace
}  // namespace retort
