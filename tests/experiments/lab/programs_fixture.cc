#include "tests/experiments/lab/programs_fixture.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "core/data/folds.h"
#include "core/lm/checkpoint.h"
#include "core/lm/tokenizer.h"
#include "core/lm/transformer.h"

namespace retort::lab {
namespace {

void MakeModel(const std::filesystem::path& folder, uint64_t seed, int hidden) {
  TrainCharacterTokenizer(kFoldCharacters, folder);
  const ModelConfig config{.vocab_size = LoadTokenizer(folder)->vocab_size(),
                           .hidden_size = hidden,
                           .intermediate_size = 2 * hidden,
                           .num_hidden_layers = 2,
                           .num_attention_heads = 2,
                           .num_key_value_heads = 1,
                           .head_dim = hidden / 2,
                           .max_position_embeddings = 128,
                           .tie_word_embeddings = true,
                           .bos_token_id = 1,
                           .pad_token_id = 0,
                           .eos_token_id = {2},
                           .initializer_range = 0.2};
  Transformer model(config);
  model.Initialise(seed);
  SaveCheckpoint(model, folder, folder, "---\nlicense: apache-2.0\n---\nTiny.\n");
}

}  // namespace

void ProgramsTest::SetUp() {
  MakeModel(path("tiny"), 1, 16);
  MakeModel(path("larger"), 2, 32);
}

CommandResult ProgramsTest::Run(const std::string& program, std::vector<std::string> words, const std::string& input) {
  words.insert(words.begin(), Program(program));
  return RunCommand(words, input);
}

std::vector<nlohmann::json> ProgramsTest::Lines(const std::string& output) {
  std::vector<nlohmann::json> lines;
  std::istringstream stream(output);
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

CommandResult ProgramsTest::CollectReferences(const std::string& folder, int n) const {
  return Run("collect",
             {"teacher=oracle", "task=folds", "task.target=big", "n=" + std::to_string(n), Key("output_dir", folder)});
}

std::vector<std::string> ProgramsTest::SmallGrid(const std::string& runs, const std::string& output) const {
  return {Key("teacher.model", "larger"),
          "student.init.model=[" + path("tiny").string() + "]",
          "student.trainer.max_steps=3",
          "student.trainer.per_device_train_batch_size=4",
          "n=[2,4]",
          "seeds=2",
          "evaluation.held_out=20",
          "evaluation.retained=5",
          "evaluation.sampling.max_new_tokens=8",
          "collect.sampling.max_new_tokens=8",
          Key("runs_dir", runs),
          Key("output_dir", output)};
}

}  // namespace retort::lab
