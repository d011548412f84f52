#include "core/lm/tokenizer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/lm/bpe_tokenizer.h"
#include "core/lm/sentencepiece_model.h"
#include "core/lm/sentencepiece_tokenizer.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

Json ReadObject(const fs::path& file) {
  Json json = ParseJson(ReadFile(file, size_t{64} << 20), {.file = file.string()});
  if (!json.is_object()) throw Error({.file = file.string()}, "is not a JSON object");
  return json;
}

// A token is written as its text, or as an object with its text under "content".
std::optional<std::string> TokenField(const Json& json, const std::string& key, const fs::path& file) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::nullopt;
  const Json& value = found->is_object() && found->contains("content") ? (*found)["content"] : *found;
  if (!value.is_string()) throw Error({.file = file.string(), .place = "key " + key}, "is not a token's text");
  return value.get<std::string>();
}

}  // namespace

std::string Tokenizer::Hash() const {
  Sha256 hash;
  for (int id = 0; id < vocab_size(); ++id) {
    const std::string bytes = TokenBytes(id);
    hash.Update(fmt::format("{} {} ", bytes.size(), IsSpecial(id) ? 's' : 't')).Update(bytes);
  }
  return hash.Hex();
}

TokenizerSettings ReadTokenizerSettings(const fs::path& folder) {
  TokenizerSettings settings;
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
    const fs::path file = folder / name;
    if (!fs::exists(file)) continue;
    const Json json = ReadObject(file);
    if (settings.file.empty()) settings.file = file;
    if (!settings.bos) settings.bos = TokenField(json, "bos_token", file);
    if (!settings.eos) settings.eos = TokenField(json, "eos_token", file);
    if (!settings.pad) settings.pad = TokenField(json, "pad_token", file);
    const auto adds_bos = json.find("add_bos_token");
    if (adds_bos == json.end() || adds_bos->is_null()) continue;
    if (!adds_bos->is_boolean()) {
      throw Error({.file = file.string(), .place = "key add_bos_token"}, "is neither true nor false");
    }
    settings.adds_bos = adds_bos->get<bool>();
  }
  return settings;
}

std::unique_ptr<Tokenizer> LoadTokenizer(const fs::path& folder) {
  const TokenizerSettings settings = ReadTokenizerSettings(folder);
  if (fs::exists(folder / "tokenizer.model")) return LoadSentencePieceTokenizer(folder / "tokenizer.model", settings);
  if (fs::exists(folder / "tokenizer.json")) return LoadBpeTokenizer(folder / "tokenizer.json", settings);
  throw Error({.file = folder.string()}, "holds neither tokenizer.model nor tokenizer.json",
              "name the folder of a checkpoint in the Hugging Face layout");
}

void TrainCharacterTokenizer(std::string_view characters, const fs::path& folder) {
  const std::string model = CharacterModel(characters);
  const Json config = {{"tokenizer_class", "LlamaTokenizer"},
                       {"legacy", false},
                       {"add_prefix_space", false},
                       {"add_bos_token", true},
                       {"add_eos_token", false},
                       {"bos_token", "<s>"},
                       {"eos_token", "</s>"},
                       {"pad_token", "<pad>"},
                       {"unk_token", "<unk>"},
                       {"clean_up_tokenization_spaces", false}};
  WriteFileAtomic(folder / "tokenizer.model", model);
  WriteFileAtomic(folder / "tokenizer_config.json", config.dump(2) + "\n");
}

}  // namespace retort
