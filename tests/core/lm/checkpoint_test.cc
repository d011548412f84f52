// Checkpoints: what is written is read, and what is damaged or foreign is refused by name.
#include "core/lm/checkpoint.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <functional>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/lm/decoder.h"
#include "core/lm/safetensors.h"
#include "core/lm/transformer.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

ModelConfig TinyConfig() {
  return {.vocab_size = 5,
          .hidden_size = 4,
          .intermediate_size = 3,
          .num_hidden_layers = 3,
          .num_attention_heads = 2,
          .num_key_value_heads = 1,
          .head_dim = 2,
          .max_position_embeddings = 16,
          .eos_token_id = {2, 3}};
}

std::unique_ptr<Transformer> Saved(const fs::path& folder, ModelConfig config = TinyConfig()) {
  auto model = std::make_unique<Transformer>(config);
  model->Initialise(0);
  SaveCheckpoint(*model, folder, folder, "---\nlicense: mit\nname: \"tiny\"\n---\n# Tiny\nlicense: no\n");
  return model;
}

// Plain writes: the thousands of the hostile tests need no fsync.
void Write(const fs::path& path, std::string_view bytes) {
  fs::remove(path);
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

TEST(Checkpoint, RoundTripInEveryType) {
  for (const char* dtype : {"float32", "bfloat16", "float16"}) {
    const TempDir temp;
    ModelConfig config = TinyConfig();
    config.dtype = dtype;
    const auto model = Saved(temp.path(), config);
    const auto loaded = LoadCheckpoint(temp.path());
    EXPECT_EQ(loaded->config(), config);
    const auto type = std::string(dtype) == "float32"   ? at::kFloat
                      : std::string(dtype) == "float16" ? at::kHalf
                                                        : at::kBFloat16;
    EXPECT_TRUE(loaded->flat().equal(model->flat().to(type).to(at::kFloat))) << dtype;
  }
}

TEST(Checkpoint, NarrowMatricesAnswerAsWidenedOnesDo) {
  for (const bool tied : {false, true}) {
    const TempDir temp;
    ModelConfig config = TinyConfig();
    config.dtype = "bfloat16";
    config.tie_word_embeddings = tied;
    config.model_type = "qwen2", config.attention_bias = true;
    Saved(temp.path(), config);
    const auto wide = LoadCheckpoint(temp.path());
    const auto narrow = LoadCheckpoint(temp.path(), {.keep_narrow = true});
    EXPECT_FALSE(wide->narrow());
    EXPECT_TRUE(narrow->narrow());
    for (const size_t count : {1, 40}) {  // few rows and many: two ways to multiply
      const std::vector<std::vector<int>> texts(count, {0, 3, 1, 4, 2});
      EXPECT_THAT(ScoreTokens(*narrow, texts)[0],
                  testing::Pointwise(testing::DoubleNear(1e-6), ScoreTokens(*wide, texts)[0]));
    }
    const TempDir again;
    SaveCheckpoint(*narrow, again.path(), again.path(), "");
    EXPECT_EQ(ReadFile(again.path() / "model.safetensors"), ReadFile(temp.path() / "model.safetensors"));
    narrow->Widen();
    EXPECT_TRUE(narrow->flat().equal(wide->flat()));
    EXPECT_EQ(narrow->decayed(), wide->decayed());
  }
}

TEST(Checkpoint, OnlyWhatIsAllBfloat16StaysNarrow) {
  const TempDir temp;
  Saved(temp.path());  // float32
  EXPECT_FALSE(LoadCheckpoint(temp.path(), {.keep_narrow = true})->narrow());
}

TEST(Checkpoint, KeepLayersRenumbers) {
  const TempDir temp;
  const auto model = Saved(temp.path());
  const auto cut = LoadCheckpoint(temp.path(), {.keep_layers = {0, 2}});
  EXPECT_EQ(cut->config().num_hidden_layers, 2);
  EXPECT_TRUE(cut->blocks()[1].qkv.equal(model->blocks()[2].qkv));
  EXPECT_TRUE(cut->blocks()[1].post_norm.equal(model->blocks()[2].post_norm));
  EXPECT_THAT(MessageOf([&] { LoadCheckpoint(temp.path(), {.keep_layers = {3}}); }), HasSubstr("layers 0 to 2"));
}

TEST(Checkpoint, HashFollowsContentNotPlace) {
  const TempDir a, b, c;
  Saved(a.path());
  Saved(b.path());
  ModelConfig other = TinyConfig();
  other.rms_norm_eps = 1e-3;
  Saved(c.path(), other);
  EXPECT_EQ(HashCheckpoint(a.path()), HashCheckpoint(b.path()));
  EXPECT_NE(HashCheckpoint(a.path()), HashCheckpoint(c.path()));
}

TEST(Checkpoint, ModelCardFieldReadsFrontMatterOnly) {
  const TempDir temp;
  Saved(temp.path());
  EXPECT_EQ(ModelCardField(temp.path(), "license"), "mit");
  EXPECT_EQ(ModelCardField(temp.path(), "name"), "tiny");
  EXPECT_EQ(ModelCardField(temp.path(), "none"), "");
  EXPECT_EQ(ModelCardField(temp.path() / "nowhere", "license"), "");
}

TEST(Checkpoint, FindModelSaysWhereItLooked) {
  const TempDir temp;
  Saved(temp.path() / "models" / "m");
  EXPECT_EQ(FindModel("models/m", temp.path()), temp.path() / "models" / "m");
  EXPECT_THAT(MessageOf([&] { FindModel("models/SmolLM2-135M-Instruct", temp.path()); }),
              testing::AllOf(HasSubstr("config.json"), HasSubstr("scripts/fetch-smollm2")));
}

TEST(Checkpoint, ANameIsLookedUpInTheCacheOfHuggingFace) {
  const TempDir temp;
  const fs::path model = temp.path() / "models--org--tiny";
  Saved(model / "snapshots" / "0123abcd");
  WriteFileAtomic(model / "refs" / "main", "0123abcd");
  ASSERT_EQ(setenv("HF_HUB_CACHE", temp.path().c_str(), 1), 0);
  EXPECT_EQ(FindModel("org/tiny", "nowhere"), model / "snapshots" / "0123abcd");
  EXPECT_THAT(MessageOf([] { FindModel("org/other", "nowhere"); }), HasSubstr("Hugging Face cache"));
  EXPECT_THAT(MessageOf([] { FindModel("../tiny", "nowhere"); }), HasSubstr("no model here"));
  unsetenv("HF_HUB_CACHE");
}

TEST(Checkpoint, RefusesWhatIsNotALlama) {
  const TempDir temp;
  Saved(temp.path());
  const fs::path file = temp.path() / "config.json";
  const std::string good = ReadFile(file);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    Write(file, text.replace(at, from.size(), to));
    return MessageOf([&] { LoadCheckpoint(temp.path()); });
  };
  EXPECT_THAT(with("\"llama\"", "\"mamba\""), testing::AllOf(HasSubstr("config.json"), HasSubstr("model_type")));
  EXPECT_THAT(with("\"attention_bias\": false", "\"attention_bias\": true"), HasSubstr("q_proj.bias"));
  EXPECT_THAT(with("\"rope_type\": \"default\"", "\"rope_type\": \"yarn\""), HasSubstr("yarn"));
  EXPECT_THAT(with("\"vocab_size\": 5", "\"vocab_size\": 6"),
              testing::AllOf(HasSubstr("embed_tokens"), HasSubstr("[5, 4]")));
  EXPECT_THAT(with("\"vocab_size\": 5", "\"vocab_size\": \"5\""), HasSubstr("must be an integer"));
  EXPECT_THAT(with("\"vocab_size\": 5", "\"vocab_size\": -5"), HasSubstr("outside"));
  EXPECT_THAT(with("\"num_key_value_heads\": 1", "\"num_key_value_heads\": 3"), HasSubstr("does not divide"));
  EXPECT_THAT(with("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4"), HasSubstr("model.layers.3"));
  EXPECT_THAT(with("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 1000"), HasSubstr("is missing"));
}

TEST(Checkpoint, RefusesTensorsThatTheArchitectureLacks) {
  const TempDir temp;
  const auto model = Saved(temp.path());
  auto tensors = model->NamedParameters();
  tensors.emplace_back("model.layers.1.self_attn.q_proj.bias", at::zeros({4}));
  WriteSafetensors(temp.path() / "model.safetensors", tensors, "float32");
  EXPECT_THAT(MessageOf([&] { LoadCheckpoint(temp.path()); }), HasSubstr("q_proj.bias"));
}

TEST(Checkpoint, RefusesAHeadThatIsNotTheEmbeddingItIsTiedTo) {
  const fs::path golden = RETORT_SOURCE_DIR "/tests/core/lm/golden/llama-tied";
  const TempDir temp;
  fs::copy(golden, temp.path() / "m");
  const auto model = LoadCheckpoint(golden);
  auto tensors = model->NamedParameters();
  tensors.emplace_back("lm_head.weight", model->embed().clone());
  WriteSafetensors(temp.path() / "m/model.safetensors", tensors, "float32");
  EXPECT_EQ(MessageOf([&] { LoadCheckpoint(temp.path() / "m"); }), "");
  tensors.back().second.add_(1);
  WriteSafetensors(temp.path() / "m/model.safetensors", tensors, "float32");
  EXPECT_THAT(MessageOf([&] { LoadCheckpoint(temp.path() / "m"); }), HasSubstr("tie_word_embeddings"));
}

TEST(Checkpoint, ShardsThatAreMissingOrPointOutside) {
  const TempDir temp;
  Saved(temp.path());
  fs::rename(temp.path() / "model.safetensors", temp.path() / "part.safetensors");
  EXPECT_THAT(MessageOf([&] { LoadCheckpoint(temp.path()); }), HasSubstr("neither model.safetensors nor"));
  Write(temp.path() / "model.safetensors.index.json", R"({"weight_map": {}})");
  EXPECT_THAT(MessageOf([&] { LoadCheckpoint(temp.path()); }), HasSubstr("or an empty one"));
  Write(temp.path() / "model.safetensors.index.json", R"({"weight_map": {"model.norm.weight": "gone.safetensors"}})");
  EXPECT_THAT(MessageOf([&] { LoadCheckpoint(temp.path()); }), HasSubstr("gone.safetensors"));
  Write(temp.path() / "model.safetensors.index.json",
        R"({"weight_map": {"model.norm.weight": "../part.safetensors"}})");
  EXPECT_THAT(MessageOf([&] { LoadCheckpoint(temp.path()); }), HasSubstr("no file of this folder"));
  Write(temp.path() / "model.safetensors.index.json", R"({"weight_map": {"model.norm.weight": "part.safetensors"}})");
  EXPECT_THAT(MessageOf([&] { LoadCheckpoint(temp.path()); }), HasSubstr("is missing"));
}

// Cut at every length and flipped at random: an Error or the tensors, never a crash, never a read outside the file.
TEST(Safetensors, SurvivesTruncationAndFlips) {
  const TempDir temp;
  const fs::path file = temp.path() / "t.safetensors";
  WriteSafetensors(file, {{"a", at::arange(6).view({2, 3}).to(at::kFloat)}, {"b", at::ones({4})}}, "bfloat16");
  const std::string good = ReadFile(file);
  ASSERT_LT(good.size(), 4096U);
  for (size_t length = 0; length < good.size(); ++length) {
    Write(file, std::string_view(good).substr(0, length));
    EXPECT_THROW(SafetensorsFile{file}, Error) << length;
  }
  RandomStream random(0, "checkpoint_test");
  int read = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string bad = good;
    for (uint64_t flips = 1 + random.Below(3); flips > 0; --flips) {
      bad[random.Below(bad.size())] = static_cast<char>(random.Below(256));
    }
    Write(file, bad);
    try {
      SafetensorsFile(file).Read("a", {2, 3});
      ++read;
    } catch (const Error&) {
    }
  }
  EXPECT_GT(read, 0);  // flips in the data alone leave a valid file
}

TEST(Safetensors, RefusesHeadersThatLie) {
  const TempDir temp;
  const fs::path file = temp.path() / "t.safetensors";
  const auto message = [&](const std::string& header, const std::string& data) {
    std::string bytes(8, '\0');
    const uint64_t size = header.size();
    std::memcpy(bytes.data(), &size, 8);
    Write(file, bytes + header + data);
    return MessageOf([&] { SafetensorsFile(file).Read("a", {1}); });
  };
  EXPECT_EQ(message(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "1234"), "");
  EXPECT_THAT(message(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", "12345678"), HasSubstr("shape"));
  EXPECT_THAT(message(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", "1234"), HasSubstr("outside"));
  EXPECT_THAT(message(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "1234"),
              HasSubstr("whole numbers"));
  EXPECT_THAT(message(R"({"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})", "1234"),
              HasSubstr("larger than the file"));
  EXPECT_THAT(message(R"({"a":{"dtype":"Q9","shape":[1],"data_offsets":[0,4]}})", "1234"), HasSubstr("dtype"));
  EXPECT_THAT(message(R"({"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}})", "1234"), HasSubstr("I32"));
  EXPECT_THAT(message(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "12345678"),
              HasSubstr("8 bytes of data"));
  EXPECT_THAT(message(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],)"
                      R"("data_offsets":[0,4]}})",
                      "1234"),
              HasSubstr("gaps"));
  EXPECT_THAT(message(R"({"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "1234"), HasSubstr("is missing"));
}

}  // namespace
}  // namespace retort
