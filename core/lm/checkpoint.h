// Checkpoints in Hugging Face's layout: config.json, model.safetensors (or shards with an index),
// generation_config.json and the tokenizer's files; or PEFT's: adapter_config.json and adapter_model.safetensors, which
// are read with the base that they name and merged.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/lm/model_config.h"

namespace retort {

class Transformer;

struct LoadOptions {
  std::vector<int> keep_layers;  // these layers only, renumbered from 0; empty = all
  bool keep_narrow = false;      // matrices stay bfloat16 where the file has nothing else (Transformer::Widen)
};

// Throws Error for a missing tensor, a wrong shape or dtype, a file that is cut or lies about its offsets.
std::unique_ptr<Transformer> LoadCheckpoint(const std::filesystem::path& folder, const LoadOptions& options = {});

// Writes config.json, model.safetensors (in config.dtype) and generation_config.json; copies the tokenizer's files from
// `tokenizer_folder` and writes `model_card` as README.md unless empty. Each file is atomic; config.json comes last.
void SaveCheckpoint(const Transformer& model, const std::filesystem::path& folder,
                    const std::filesystem::path& tokenizer_folder, const std::string& model_card);

// sha256 over config.json, generation_config.json, the weight files and the tokenizer files: what identifies a model.
// Remembered per process.
std::string HashCheckpoint(const std::filesystem::path& folder);

// The folder of a model: `path` as given if it exists, else below `config_dir`, else, for "org/name", the snapshot in
// the local Hugging Face cache ($HF_HUB_CACHE, $HF_HOME/hub, ~/.cache/huggingface/hub). Throws Error that says where it
// looked and how to get the model.
std::filesystem::path FindModel(const std::string& path, const std::filesystem::path& config_dir);

// The folder with the tokenizer: `folder`, or that of the base where `folder` holds adapters without a tokenizer.
std::filesystem::path TokenizerFolder(const std::filesystem::path& folder);

// The value of a key in the front matter of a folder's README.md ("license"); empty if there is none.
std::string ModelCardField(const std::filesystem::path& folder, const std::string& key);

}  // namespace retort
