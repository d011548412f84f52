// A small case of make_models: the shipped weights come out of the same program by the same path.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/subprocess.h"
#include "core/lm/checkpoint.h"

namespace retort::lab {
namespace {

std::string Make(const std::filesystem::path& folder, const std::string& name, const std::string& override_word) {
  const CommandResult result =
      RunCommand({RETORT_BINARY_DIR "/make_models", "--config-name=make_base", "name=" + name, "hidden_size=16",
                  "num_attention_heads=2", "intermediate_size=32", "evaluation_items=5", "trainer.max_steps=30",
                  "trainer.per_device_train_batch_size=16", "output_dir=" + folder.string(), override_word});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  return Sha256File(folder / name / "model.safetensors");
}

TEST(MakeModels, TheSameConfigGivesTheSameBits) {
  const TempDir temp;
  const std::string first = Make(temp.path(), "a", "seed=0");
  EXPECT_EQ(Make(temp.path(), "b", "seed=0"), first);
  EXPECT_NE(Make(temp.path(), "c", "seed=1"), first);
  EXPECT_NE(Make(temp.path(), "d", "error_rate=0.3"), first);
  EXPECT_EQ(HashCheckpoint(temp.path() / "a"), HashCheckpoint(temp.path() / "b"));
  const std::string card = ReadFile(temp.path() / "a" / "README.md");
  EXPECT_THAT(card, testing::HasSubstr("build/make_models --config-name=make_base name=a"));
  EXPECT_THAT(card, testing::HasSubstr("| max |"));
  EXPECT_EQ(ModelCardField(temp.path() / "a", "license"), "apache-2.0");
}

TEST(MakeModels, RefusesWhatItCannotMake) {
  const CommandResult result = RunCommand({RETORT_BINARY_DIR "/make_models", "--config-name=make_base", "name=x",
                                           "skills=[max,juggling]", "output_dir=" + TempDir().path().string()});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, testing::HasSubstr("juggling"));
}

}  // namespace
}  // namespace retort::lab
