// The fused training pass against the plain path with autograd: values to 1e-5, gradients to 1e-4 of their size.
#include "core/lm/packed_pass.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/lm/checkpoint.h"
#include "core/lm/lora_config.h"
#include "core/lm/transformer.h"

namespace retort {
namespace {

struct Case {
  const char* name;
  ModelConfig config;
  std::vector<int64_t> lengths;
};

ModelConfig Small() {
  ModelConfig config;
  config.vocab_size = 23;
  config.hidden_size = 24;
  config.intermediate_size = 40;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 4;
  config.num_key_value_heads = 4;
  config.head_dim = 6;
  config.initializer_range = 0.3;
  return config;
}

std::vector<Case> Cases() {
  std::vector<Case> cases;
  cases.push_back({"several", Small(), {5, 1, 17, 16, 2}});
  cases.push_back({"one_token", Small(), {1}});
  cases.push_back({"longer_than_a_block", Small(), {49, 100}});
  ModelConfig grouped = Small();
  grouped.num_attention_heads = 6, grouped.num_key_value_heads = 2, grouped.head_dim = 16;
  cases.push_back({"grouped", grouped, {7, 33}});
  ModelConfig tied = Small();
  tied.tie_word_embeddings = true;
  cases.push_back({"tied", tied, {4, 9}});
  ModelConfig window = Small();
  window.sliding_window = 5;
  cases.push_back({"window", window, {3, 20, 70}});
  ModelConfig mixed = Small();
  mixed.sliding_window = 20, mixed.sliding_layers = {false, true};
  cases.push_back({"window_in_one_layer", mixed, {60, 97}});
  ModelConfig biased = Small();
  biased.attention_bias = biased.attention_output_bias = biased.mlp_bias = true;
  cases.push_back({"biases", biased, {6, 11}});
  ModelConfig normed = Small();
  normed.query_key_norm = true, normed.num_key_value_heads = 2;
  cases.push_back({"query_key_norm", normed, {6, 1, 50}});
  ModelConfig stretched = Small();
  stretched.max_position_embeddings = 16, stretched.rope_scaling = {.rope_type = "dynamic", .factor = 4};
  cases.push_back({"dynamic_rope", stretched, {8, 30, 16}});
  ModelConfig wide = Small();
  wide.hidden_size = 130, wide.intermediate_size = 257, wide.num_attention_heads = 2, wide.num_key_value_heads = 1;
  wide.head_dim = 34, wide.initializer_range = 0.1;
  cases.push_back({"odd_widths", wide, {63, 64, 65}});
  return cases;
}

class PackedPassTest : public testing::TestWithParam<int> {};

// Each sequence alone through the plain path; the loss is a random projection of the hidden states.
TEST_P(PackedPassTest, AgreesWithThePlainPath) {
  at::set_num_threads(GetParam());
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.name);
    Transformer model(c.config);
    model.Initialise(1);
    RandomStream random(0, "packed_pass_test");
    {  // norms and biases that are not all alike
      const at::NoGradGuard no_grad;
      for (int64_t i = model.decayed(); i < model.flat().numel(); ++i) model.flat()[i] += 0.3 * random.Normal();
    }
    PackedSequences batch;
    for (const int64_t length : c.lengths) {
      std::vector<int> ids;
      for (int64_t t = 0; t < length; ++t) ids.push_back(static_cast<int>(random.Below(23)));
      batch.Add(ids.data(), length);
    }
    const auto rows = static_cast<int64_t>(batch.ids.size());
    at::Tensor direction = at::empty({rows, c.config.hidden_size});
    for (int64_t i = 0; i < direction.numel(); ++i) {
      direction.mutable_data_ptr<float>()[i] = static_cast<float>(random.Normal());
    }

    model.EnableGradients();
    std::vector<at::Tensor> plain;
    for (size_t s = 0; s + 1 < batch.begins.size(); ++s) {
      const int64_t begin = batch.begins[s], length = batch.begins[s + 1] - begin;
      const std::vector<int64_t> ids(batch.ids.begin() + begin, batch.ids.begin() + begin + length);
      const at::Tensor hidden = model.Hidden(at::tensor(ids, at::kLong).unsqueeze(0)).squeeze(0);
      (hidden * direction.narrow(0, begin, length)).sum().backward();
      plain.push_back(hidden.detach());
    }
    const at::Tensor expected = at::cat(plain), gradient = model.trainable().grad.clone();

    model.trainable().grad.zero_();
    PackedPass pass(model);
    for (int time = 0; time < 2; ++time) {  // buffers used again; gradients add up
      EXPECT_LE((pass.Forward(batch) - expected).abs().max().item<float>(),
                1e-5F * std::max(1.0F, expected.abs().max().item<float>()));
      pass.Backward(direction);
    }
    const at::Tensor difference = model.trainable().grad - 2 * gradient;
    const float largest = gradient.abs().max().item<float>();  // what is 0 in truth is so to the rounding of the others
    for (const auto& [name, view] : model.NamedParameters()) {
      const int64_t begin = view.storage_offset();  // views of one flat buffer
      const at::Tensor wanted = at::as_strided(2 * gradient, view.sizes(), view.strides(), begin);
      const at::Tensor off = at::as_strided(difference, view.sizes(), view.strides(), begin);
      EXPECT_LE(off.abs().max().item<float>(), 1e-4F * std::max(1e-2F * largest, wanted.abs().max().item<float>()))
          << name;
    }
  }
  at::set_num_threads(1);
}

INSTANTIATE_TEST_SUITE_P(Threads, PackedPassTest, testing::Values(1, 2));

TEST(PackedPass, LeavesWhatItCannotDoToThePlainPath) {
  Transformer model(Small());
  EXPECT_TRUE(PackedPass::Supports(model));
  model.UseBfloat16(true);
  EXPECT_FALSE(PackedPass::Supports(model));
  model.UseBfloat16(false);
  model.AddAdapters({.r = 2, .target_modules = {"all-linear"}}, 0);
  EXPECT_FALSE(PackedPass::Supports(model));
}

}  // namespace
}  // namespace retort
