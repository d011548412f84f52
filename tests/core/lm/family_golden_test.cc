// The decoder against Transformers on tiny random checkpoints: goldens by scripts/golden/families.py.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/lm/checkpoint.h"
#include "core/lm/decoder.h"
#include "core/lm/safetensors.h"
#include "core/lm/tokenizer.h"
#include "core/lm/transformer.h"

namespace retort {
namespace {

// Or those that scripts/interop has just made.
std::filesystem::path Goldens(const char* usual) {
  const char* given = std::getenv("RETORT_GOLDEN");
  return given != nullptr ? given : usual;
}
const std::filesystem::path kGolden = Goldens(RETORT_SOURCE_DIR "/tests/core/lm/golden");

class FamilyGolden : public testing::TestWithParam<const char*> {
 protected:
  FamilyGolden()
      : folder_(kGolden / GetParam()),
        golden_(ParseJson(ReadFile(folder_ / "golden.json"), {})),
        model_(LoadCheckpoint(folder_)),
        sequences_(golden_["ids"].get<std::vector<std::vector<int>>>()) {}

  at::Tensor Ids() const {
    std::vector<int64_t> flat;
    for (const auto& row : sequences_) flat.insert(flat.end(), row.begin(), row.end());
    return at::tensor(flat, at::kLong).view({static_cast<int64_t>(sequences_.size()), -1});
  }

  std::filesystem::path folder_;
  nlohmann::json golden_;
  std::unique_ptr<Transformer> model_;
  std::vector<std::vector<int>> sequences_;
};

TEST_P(FamilyGolden, LogitsAgree) {
  const at::NoGradGuard no_grad;
  const at::Tensor logits = model_->Logits(model_->Hidden(Ids())).flatten();
  const auto expected = golden_["logits"].get<std::vector<float>>();
  ASSERT_EQ(logits.numel(), static_cast<int64_t>(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(logits[static_cast<int64_t>(i)].item<float>(), expected[i], 1e-4) << i;
  }
}

TEST_P(FamilyGolden, GradientsOfEveryParameterAgree) {
  model_->EnableGradients();
  const at::Tensor ids = Ids();
  const int64_t length = ids.size(1), vocab = model_->config().vocab_size;
  const at::Tensor logits = model_->Logits(model_->Hidden(ids));
  const at::Tensor loss = at::cross_entropy_loss(logits.narrow(1, 0, length - 1).reshape({-1, vocab}),
                                                 ids.narrow(1, 1, length - 1).reshape({-1}), {}, at::Reduction::Sum);
  EXPECT_NEAR(loss.item<double>(), golden_["loss"].get<double>(), 1e-3);
  loss.backward();
  // A second transformer over the gradient buffer gives the gradients their names.
  Transformer named(model_->config());
  const at::NoGradGuard no_grad;
  named.flat().copy_(model_->trainable().grad);
  const SafetensorsFile gradients(folder_ / "gradients.safetensors");
  for (const auto& [name, actual] : named.NamedParameters()) {
    const at::Tensor expected = gradients.Read(name, actual.sizes().vec());
    const double scale = expected.norm().item<double>();
    EXPECT_LT((actual - expected).norm().item<double>(), 1e-4 * scale) << name;
  }
}

TEST_P(FamilyGolden, ScoreTokensAgrees) {
  const auto expected = golden_["logprobs"].get<std::vector<double>>();
  const std::vector<std::vector<double>> scores = ScoreTokens(*model_, sequences_, 16);  // several passes
  size_t i = 0;
  for (const std::vector<double>& row : scores) {
    for (const double score : row) EXPECT_NEAR(score, expected[i++], 1e-4);
  }
  EXPECT_EQ(i, expected.size());
}

TEST_P(FamilyGolden, GreedyContinuationIsEqual) {
  Decoder decoder(*model_, 4);
  DecodeRequest request{.prompt = sequences_[0], .sampling = {.max_new_tokens = 20}};
  decoder.Submit(request);
  std::vector<int> ids;
  while (decoder.Step([&](const DecodeResult& result) { ids = result.ids; })) {
  }
  EXPECT_EQ(ids, golden_["greedy"].get<std::vector<int>>());
}

// What we write, we read: same numbers, and every name that the reference has.
TEST_P(FamilyGolden, RoundTrip) {
  const TempDir temp;
  SaveCheckpoint(*model_, temp.path() / "copy", folder_, "");
  EXPECT_EQ(LoadCheckpoint(temp.path() / "copy")->flat().equal(model_->flat()), true);
  EXPECT_EQ(ReadModelConfig(temp.path() / "copy" / "config.json"), model_->config());
  const SafetensorsFile written(temp.path() / "copy" / "model.safetensors");
  const SafetensorsFile reference(folder_ / "gradients.safetensors");
  EXPECT_EQ(written.Names(), reference.Names());
}

// The published weights, where they are: the float32 logits of scripts/golden/smollm2.py.
TEST(SmolLM2Golden, LogitsAgreeOnTenTexts) {
  const std::filesystem::path folder = RETORT_SOURCE_DIR "/models/SmolLM2-135M-Instruct";
  if (!exists(folder / "model.safetensors")) GTEST_SKIP() << "no SmolLM2 here: scripts/fetch-smollm2 gets it";
  const at::NoGradGuard no_grad;
  const auto model = LoadCheckpoint(folder);
  const auto tokenizer = LoadTokenizer(folder);
  const nlohmann::json golden = ParseJson(ReadFile(RETORT_SOURCE_DIR "/tests/core/lm/golden/smollm2-logits.json"), {});
  ASSERT_EQ(golden["cases"].size(), 10U);
  for (const nlohmann::json& text : golden["cases"]) {
    const auto ids = text["ids"].get<std::vector<int64_t>>();
    const std::vector<int> ours = tokenizer->EncodeWithSpecials(text["text"].get<std::string>());
    EXPECT_EQ(std::vector<int64_t>(ours.begin(), ours.end()), ids);
    const at::Tensor logits = model->Logits(model->Hidden(at::tensor(ids, at::kLong).unsqueeze(0))).squeeze(0);
    for (int64_t i = 0; i < static_cast<int64_t>(ids.size()); ++i) {
      const auto tokens = text["tokens"][i].get<std::vector<int64_t>>();
      const auto expected = text["logits"][i].get<std::vector<float>>();
      for (size_t k = 0; k < tokens.size(); ++k) {
        EXPECT_NEAR(logits[i][tokens[k]].item<float>(), expected[k], 1e-4) << text["text"] << " " << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, FamilyGolden,
                         testing::Values("llama-tied", "llama-untied", "llama-linear", "llama-dynamic", "llama-llama3",
                                         "llama-biased", "mistral-window", "mistral-full", "qwen2-tied", "qwen2-window",
                                         "qwen3", "qwen2-float16"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace retort
