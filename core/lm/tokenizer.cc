#include "core/lm/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/lm/bpe_tokenizer.h"
#include "core/lm/json_node.h"
#include "core/lm/sentencepiece_model.h"
#include "core/lm/sentencepiece_tokenizer.h"
#include "core/lm/stream_decoder.h"

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

std::optional<bool> FlagField(const Json& json, const std::string& key, const fs::path& file) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::nullopt;
  if (!found->is_boolean()) throw Error({.file = file.string(), .place = "key " + key}, "is neither true nor false");
  return found->get<bool>();
}

// The same token may stand in several files; one id for two tokens, or two for one, is an error.
void AddToken(AddedToken token, const Where& where, std::vector<AddedToken>& added) {
  if (token.content.empty()) throw Error(where, fmt::format("the token with id {} is empty", token.id));
  for (const AddedToken& other : added) {
    if (other.id == token.id && other.content == token.content) return;
    if (other.id == token.id || other.content == token.content) {
      throw Error(where, fmt::format("{} has id {} here, and {} has id {}", Excerpt(token.content), token.id,
                                     Excerpt(other.content), other.id));
    }
  }
  added.push_back(std::move(token));
}

void ReadAddedDecoder(const JsonNode& node, std::vector<AddedToken>& added) {
  if (node.IsNull()) return;
  if (!node.json.is_object()) node.Fail("is not an object of ids and tokens");
  for (const auto& [key, value] : node.json.items()) {
    const JsonNode entry{value, node.file, node.path + "." + Excerpt(key)};
    int id = -1;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc() || end != key.data() + key.size() || id < 0 || id >= kMaxTokenId) {
      entry.Fail("is no token id");
    }
    const bool special = entry["special"].Flag(false);
    AddToken({.id = id,
              .content = entry["content"].Text(),
              .special = special,
              .normalized = entry["normalized"].Flag(!special),
              .lstrip = entry["lstrip"].Flag(false),
              .rstrip = entry["rstrip"].Flag(false),
              .single_word = entry["single_word"].Flag(false)},
             entry.where(), added);
  }
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

std::string Tokenizer::Decode(std::span<const int> ids) const {
  StreamDecoder decoder(*this);
  std::string text;
  for (const int id : ids) text += decoder.Push(id);
  return text + decoder.Finish();
}

TokenizerSettings ReadTokenizerSettings(const fs::path& folder) {
  TokenizerSettings settings;
  std::set<std::string> specials;
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
    const fs::path file = folder / name;
    if (!fs::exists(file)) continue;
    const Json json = ReadObject(file);
    if (settings.file.empty()) settings.file = file;
    if (!settings.bos) settings.bos = TokenField(json, "bos_token", file);
    if (!settings.eos) settings.eos = TokenField(json, "eos_token", file);
    if (!settings.pad) settings.pad = TokenField(json, "pad_token", file);
    if (!settings.adds_bos) settings.adds_bos = FlagField(json, "add_bos_token", file);
    if (!settings.legacy) settings.legacy = FlagField(json, "legacy", file);
    if (!settings.add_prefix_space) settings.add_prefix_space = FlagField(json, "add_prefix_space", file);
    for (const char* key : {"bos_token", "eos_token", "pad_token", "unk_token"}) {
      if (const auto token = TokenField(json, key, file)) specials.insert(*token);
    }
    if (const JsonNode list = JsonNode{json, file, ""}["additional_special_tokens"]; !list.IsNull()) {
      list.ForEach([&](const JsonNode& token) {
        specials.insert(token.json.is_object() ? token["content"].Text() : token.Text());
      });
    }
    ReadAddedDecoder(JsonNode{json, file, ""}["added_tokens_decoder"], settings.added);
  }
  for (const AddedToken& token : settings.added) settings.described.insert(token.id);
  if (const fs::path file = folder / "added_tokens.json"; fs::exists(file)) {
    const Json json = ReadObject(file);
    for (const auto& [content, id] : json.items()) {
      AddedToken token{.id = JsonNode{id, file, Excerpt(content)}.Id(), .content = content};
      token.special = specials.contains(content);
      AddToken(std::move(token), {.file = file.string()}, settings.added);
    }
  }
  std::sort(settings.added.begin(), settings.added.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  return settings;
}

std::unique_ptr<Tokenizer> LoadTokenizer(const fs::path& folder) {
  const TokenizerSettings settings = ReadTokenizerSettings(folder);
  if (fs::exists(folder / "tokenizer.json")) return LoadBpeTokenizer(folder / "tokenizer.json", settings);
  if (fs::exists(folder / "tokenizer.model")) return LoadSentencePieceTokenizer(folder / "tokenizer.model", settings);
  throw Error({.file = folder.string()}, "holds neither tokenizer.json nor tokenizer.model",
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
