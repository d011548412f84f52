// Low-rank adapters against PEFT (goldens by scripts/golden/lora.py), and what must hold of any.
#include "core/lm/lora.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/lm/checkpoint.h"
#include "core/lm/safetensors.h"
#include "core/lm/transformer.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Or those that scripts/interop has just made.
std::filesystem::path Goldens(const char* usual) {
  const char* given = std::getenv("RETORT_GOLDEN");
  return given != nullptr ? given : usual;
}
const fs::path kGolden = Goldens(RETORT_SOURCE_DIR "/tests/core/lm/golden");

std::unique_ptr<Transformer> Adapted(const fs::path& folder) {
  auto model = LoadCheckpoint(kGolden / "llama-tied");
  model->AddAdapters(ReadAdapterConfig(folder).config, 0);
  LoadAdapters(folder, *model->adapters());
  return model;
}

class LoraGolden : public testing::TestWithParam<const char*> {
 protected:
  LoraGolden() : folder_(kGolden / GetParam()), golden_(ParseJson(ReadFile(folder_ / "golden.json"), {})) {
    std::vector<int64_t> flat;
    for (const auto& row : golden_["ids"]) {
      for (const int64_t id : row.get<std::vector<int64_t>>()) flat.push_back(id);
    }
    ids_ = at::tensor(flat, at::kLong).view({static_cast<int64_t>(golden_["ids"].size()), -1});
  }
  void ExpectLogits(const Transformer& model) const {
    const at::NoGradGuard no_grad;
    const at::Tensor expected = at::tensor(golden_["logits"].get<std::vector<float>>());
    const at::Tensor difference = model.Logits(model.Hidden(ids_)).flatten() - expected;
    EXPECT_LT(difference.abs().max().item<float>(), 1e-4);
  }

  fs::path folder_;
  nlohmann::json golden_;
  at::Tensor ids_;
};

TEST_P(LoraGolden, LogitsAgree) { ExpectLogits(*Adapted(folder_)); }

TEST_P(LoraGolden, MergedLogitsAgree) { ExpectLogits(*LoadCheckpoint(folder_)); }

TEST_P(LoraGolden, GradientsOfEveryAdapterAgree) {
  const auto model = Adapted(folder_);
  model->EnableGradients();
  const int64_t length = ids_.size(1), vocab = model->config().vocab_size;
  at::cross_entropy_loss(model->Logits(model->Hidden(ids_)).narrow(1, 0, length - 1).reshape({-1, vocab}),
                         ids_.narrow(1, 1, length - 1).reshape({-1}), {}, at::Reduction::Sum)
      .backward();
  // Adapters over the gradient buffer give the gradients their names.
  const LoraAdapters named(model->config(), model->adapters()->config(), 0);
  const at::NoGradGuard no_grad;
  at::Tensor flat = named.flat();
  flat.copy_(model->trainable().grad);
  const SafetensorsFile gradients(folder_ / "gradients.safetensors");
  EXPECT_EQ(gradients.Names().size(), named.NamedParameters().size());
  for (const auto& [name, actual] : named.NamedParameters()) {
    const at::Tensor expected = gradients.Read(name, actual.sizes().vec());
    EXPECT_LT((actual - expected).norm().item<double>(), 1e-4 * expected.norm().item<double>()) << name;
  }
}

TEST_P(LoraGolden, RoundTrip) {
  const TempDir temp;
  const auto model = Adapted(folder_);
  SaveAdapters(*model->adapters(), temp.path(), (kGolden / "llama-tied").string());
  ExpectLogits(*LoadCheckpoint(temp.path()));
  EXPECT_EQ(SafetensorsFile(temp.path() / "adapter_model.safetensors").Names(),
            SafetensorsFile(folder_ / "adapter_model.safetensors").Names());
}

INSTANTIATE_TEST_SUITE_P(Cases, LoraGolden, testing::Values("lora-attention", "lora-all"),
                         [](const auto& test) { return std::string(test.param).substr(5); });

TEST(Lora, StartsAsTheModelThatItWas) {
  const at::NoGradGuard no_grad;
  const auto model = LoadCheckpoint(kGolden / "llama-tied");
  const at::Tensor ids = at::tensor(std::vector<int64_t>{5, 6, 7, 8}).view({1, 4});
  const at::Tensor before = model->Hidden(ids);
  model->AddAdapters({.r = 4, .target_modules = {"all-linear"}}, 0);
  EXPECT_TRUE(model->Hidden(ids).equal(before));
  const at::Tensor weights = model->flat().clone();
  model->MergeAdapters();
  EXPECT_TRUE(model->flat().equal(weights));
  EXPECT_EQ(model->adapters(), nullptr);
}

TEST(Lora, TheSameSeedGivesTheSameBits) {
  const ModelConfig config = ReadModelConfig(kGolden / "llama-tied" / "config.json");
  const LoraConfig lora{.r = 2};
  EXPECT_TRUE(LoraAdapters(config, lora, 0).flat().equal(LoraAdapters(config, lora, 0).flat()));
  EXPECT_FALSE(LoraAdapters(config, lora, 0).flat().equal(LoraAdapters(config, lora, 1).flat()));
}

TEST(Lora, DropoutIsOfTrainingOnly) {
  const at::NoGradGuard no_grad;
  const ModelConfig config = ReadModelConfig(kGolden / "llama-tied" / "config.json");
  LoraAdapters adapters(config, {.r = 2, .lora_dropout = 0.5}, 0);
  adapters.flat().fill_(0.1);
  const at::Tensor x = at::ones({3, config.hidden_size});
  const Projection maps[] = {Projection::kQuery};
  const at::Tensor still = adapters.Delta(0, maps, x);
  adapters.Train(true);
  EXPECT_FALSE(adapters.Delta(0, maps, x).equal(still));
  adapters.Train(false);
  EXPECT_TRUE(adapters.Delta(0, maps, x).equal(still));
}

TEST(Lora, WhatIsNotBuiltIsRefusedByName) {
  const TempDir temp;
  nlohmann::json good = ParseJson(ReadFile(kGolden / "lora-all" / "adapter_config.json"), {});
  const auto with = [&](const char* key, const nlohmann::json& value) {
    nlohmann::json bad = good;
    bad[key] = value;
    WriteFileAtomic(temp.path() / "adapter_config.json", bad.dump());
    return MessageOf([&] { ReadAdapterConfig(temp.path()); });
  };
  EXPECT_EQ(with("r", 2), "");
  EXPECT_THAT(with("peft_type", "IA3"), HasSubstr("peft_type"));
  EXPECT_THAT(with("use_dora", true), HasSubstr("use_dora"));
  EXPECT_THAT(with("bias", "all"), HasSubstr("bias"));
  EXPECT_THAT(with("modules_to_save", {"lm_head"}), HasSubstr("modules_to_save"));
  EXPECT_THAT(with("rank_pattern", {{"q_proj", 4}}), HasSubstr("rank_pattern"));
  EXPECT_THAT(with("target_modules", {"embed_tokens"}), HasSubstr("embed_tokens"));
  EXPECT_EQ(with("init_lora_weights", "gaussian"), "");
  EXPECT_THAT(with("init_lora_weights", "pissa"), HasSubstr("init_lora_weights"));  // it changes the base
  EXPECT_THAT(with("frobnicate", true), HasSubstr("frobnicate"));
  EXPECT_THAT(with("base_model_name_or_path", ""), HasSubstr("is missing"));
  EXPECT_THAT(with("target_modules", nlohmann::json::array()), HasSubstr("is empty"));
  EXPECT_THAT(with("r", 0), HasSubstr("key r"));
  EXPECT_THAT(with("r", "two"), HasSubstr("key r"));
  const ModelConfig config = ReadModelConfig(kGolden / "llama-tied" / "config.json");
  EXPECT_THAT(MessageOf([&] { LoraAdapters(config, {.r = 2, .target_modules = {"w1"}}, 0); }), HasSubstr("\"w1\""));
}

TEST(Lora, AFolderThatIsModelAndAdaptersIsRefused) {
  const TempDir temp;
  fs::copy(kGolden / "llama-tied", temp.path() / "both");
  fs::copy(kGolden / "lora-all" / "adapter_config.json", temp.path() / "both" / "adapter_config.json");
  EXPECT_THAT(MessageOf([&] { LoadCheckpoint(temp.path() / "both"); }), HasSubstr("at once"));
}

TEST(Lora, AdaptersOfAnotherShapeAreRefused) {
  const TempDir temp;
  fs::copy(kGolden / "lora-all", temp.path() / "lora");
  fs::copy(kGolden / "llama-tied", temp.path() / "llama-tied");
  EXPECT_EQ(MessageOf([&] { LoadCheckpoint(temp.path() / "lora"); }), "");
  const std::string text = ReadFile(temp.path() / "lora/adapter_config.json");
  std::string wrong = text;
  wrong.replace(wrong.find("\"r\": 2"), 6, "\"r\": 3");
  WriteFileAtomic(temp.path() / "lora/adapter_config.json", wrong);
  EXPECT_THAT(MessageOf([&] { LoadCheckpoint(temp.path() / "lora"); }), HasSubstr("lora_A"));
  wrong = text;
  wrong.replace(wrong.find("../llama-tied"), 13, "../nowhere");
  WriteFileAtomic(temp.path() / "lora/adapter_config.json", wrong);
  EXPECT_THAT(MessageOf([&] { LoadCheckpoint(temp.path() / "lora"); }), HasSubstr("nowhere"));
}

}  // namespace
}  // namespace retort
