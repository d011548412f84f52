// config.json of each family as Transformers 4 and 5 write it, and what is refused by name.
#include "core/lm/model_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/json.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

Json Tiny(const char* model_type) {
  return {{"model_type", model_type}, {"vocab_size", 40},         {"hidden_size", 16},        {"intermediate_size", 24},
          {"num_hidden_layers", 3},   {"num_attention_heads", 4}, {"num_key_value_heads", 2}, {"head_dim", 4}};
}

ModelConfig Read(const Json& json, const Json& generation = {}) {
  const TempDir temp;
  WriteFileAtomic(temp.path() / "config.json", json.dump());
  if (!generation.is_null()) WriteFileAtomic(temp.path() / "generation_config.json", generation.dump());
  return ReadModelConfig(temp.path() / "config.json");
}

Json With(Json json, const char* key, const Json& value) {
  json[key] = value;
  return json;
}

std::string Problem(const Json& json) {
  return MessageOf([&] { Read(json); });
}

TEST(ModelConfig, BothNamesOfRotaryScalingMeanTheSame) {
  const Json llama3 = {
      {"factor", 8.0}, {"low_freq_factor", 1.0}, {"high_freq_factor", 4.0}, {"original_max_position_embeddings", 8192}};
  Json four = Tiny("llama"), five = Tiny("llama");
  four["rope_theta"] = 500000.0;
  four["rope_scaling"] = llama3;
  four["rope_scaling"]["rope_type"] = "llama3";
  five["rope_parameters"] = four["rope_scaling"];
  five["rope_parameters"]["rope_theta"] = 500000.0;
  EXPECT_EQ(Read(four), Read(five));
  EXPECT_EQ(Read(four).rope_scaling.factor, 8);
  EXPECT_EQ(Read(four).rope_theta, 500000);
  // The oldest name of the type.
  EXPECT_EQ(Read(With(Tiny("llama"), "rope_scaling", {{"type", "linear"}, {"factor", 2}})).rope_scaling.rope_type,
            "linear");
}

TEST(ModelConfig, WhatWeWriteWeRead) {
  const Json dynamic = {{"rope_type", "dynamic"}, {"factor", 4.0}, {"rope_theta", 1e6}};
  Json window = Tiny("qwen2");
  window["use_sliding_window"] = true;
  window["sliding_window"] = 5;
  window["max_window_layers"] = 2;
  for (const Json& json :
       {Tiny("llama"), Tiny("mistral"), Tiny("qwen2"), Tiny("qwen3"), With(Tiny("llama"), "rope_parameters", dynamic),
        With(With(Tiny("llama"), "attention_bias", true), "mlp_bias", true),
        With(Tiny("mistral"), "sliding_window", {}), window, With(Tiny("qwen3"), "eos_token_id", {1, 2})}) {
    const ModelConfig config = Read(json);
    EXPECT_EQ(Read(ParseJson(ToJson(config), {})), config) << json;
  }
}

TEST(ModelConfig, WindowsAreThoseOfTheFamily) {
  EXPECT_EQ(Read(Tiny("mistral")).Window(0), 4096);  // the class's own
  EXPECT_EQ(Read(With(Tiny("mistral"), "sliding_window", {})).Window(0), 0);
  EXPECT_EQ(Read(With(Tiny("qwen2"), "sliding_window", 7)).Window(2), 0);  // without use_sliding_window
  Json qwen = With(With(Tiny("qwen2"), "sliding_window", 7), "use_sliding_window", true);
  qwen["max_window_layers"] = 1;
  EXPECT_EQ(Read(qwen).Window(0), 0);
  EXPECT_EQ(Read(qwen).Window(1), 7);
  qwen["layer_types"] = {"sliding_attention", "full_attention", "full_attention"};
  EXPECT_EQ(Read(qwen).Window(0), 7);
  EXPECT_EQ(Read(qwen).Window(2), 0);
  // What the list says counts for Mistral too, and must fit what else is said.
  EXPECT_EQ(
      Read(With(Tiny("mistral"), "layer_types", {"full_attention", "full_attention", "full_attention"})).Window(0), 0);
  EXPECT_THAT(Problem(With(Tiny("qwen2"), "layer_types", {"full_attention", "full_attention", "sliding_attention"})),
              HasSubstr("there is no window"));
  qwen["layer_types"] = {"chunked_attention", "full_attention", "full_attention"};
  EXPECT_THAT(Problem(qwen), HasSubstr("chunked_attention"));
}

TEST(ModelConfig, ContradictionsOfTheTwoNamesAreErrors) {
  Json both = With(Tiny("llama"), "rope_parameters", {{"rope_type", "default"}, {"rope_theta", 1000}});
  both["rope_scaling"] = {{"rope_type", "linear"}, {"factor", 3}};
  EXPECT_THAT(Problem(both), HasSubstr("contradicts rope_parameters"));
}

TEST(ModelConfig, NamesFromTheFileStayOnOneLine) {
  EXPECT_EQ(Problem(With(Tiny("llama"), "a\nb\x1b[31m", true)).find_first_of("\n\x1b"), std::string::npos);
}

TEST(ModelConfig, GenerationConfigSaysWhatEndsAnAnswer) {
  const Json config = With(Tiny("llama"), "eos_token_id", 5);
  EXPECT_EQ(Read(config).eos_token_id, std::vector<int>{5});
  EXPECT_EQ(Read(config, {{"eos_token_id", {5, 6}}}).eos_token_id, (std::vector<int>{5, 6}));
  EXPECT_EQ(Read(config, {{"temperature", 0.6}}).eos_token_id, std::vector<int>{5});
}

TEST(ModelConfig, WhatMayChangeTheNumbersIsRefusedByName) {
  EXPECT_EQ(Problem(With(Tiny("llama"), "use_cache", true)), "");
  EXPECT_EQ(Problem(With(Tiny("llama"), "some_new_feature", false)), "");
  EXPECT_THAT(Problem(With(Tiny("llama"), "some_new_feature", true)), HasSubstr("some_new_feature"));
  EXPECT_THAT(Problem(With(Tiny("llama"), "logit_scale", 0.5)), HasSubstr("logit_scale"));
  EXPECT_THAT(Problem(With(Tiny("gemma"), "vocab_size", 40)), HasSubstr("llama, mistral, qwen2, qwen3"));
  EXPECT_THAT(Problem(With(Tiny("llama"), "architectures", {"LlamaForSequenceClassification"})),
              HasSubstr("LlamaForSequenceClassification"));
  EXPECT_THAT(Problem(With(Tiny("llama"), "rope_scaling", {{"rope_type", "yarn"}, {"factor", 4}})), HasSubstr("yarn"));
  EXPECT_THAT(Problem(With(Tiny("llama"), "rope_scaling", {{"rope_type", "linear"}})),
              HasSubstr("rope_scaling.factor"));
  EXPECT_THAT(
      Problem(With(Tiny("llama"), "rope_parameters", {{"rope_type", "default"}, {"partial_rotary_factor", 0.5}})),
      HasSubstr("partial_rotary_factor"));
  EXPECT_THAT(Problem(With(Tiny("llama"), "quantization_config", {{"bits", 4}})), HasSubstr("quantised"));
  EXPECT_THAT(Problem(With(Tiny("qwen2"), "attention_bias", false)), HasSubstr("attention_bias"));
  EXPECT_THAT(Problem(With(Tiny("mistral"), "mlp_bias", true)), HasSubstr("mlp_bias"));
  EXPECT_THAT(Problem(With(Tiny("llama"), "hidden_act", "gelu")), HasSubstr("silu"));
  EXPECT_THAT(Problem(With(Tiny("llama"), "eos_token_id", {{"a", 1}})), HasSubstr("eos_token_id"));
}

}  // namespace
}  // namespace retort
