// Reads a tokenizer.json of Hugging Face `tokenizers`: the model and the added tokens. Only BPE is built, byte-level
// (GPT-2, Llama 3, Qwen, SmolLM2) or of characters with byte fallback (Llama 2, Mistral); anything else is refused by
// its name and JSON path, since a tokenizer that is nearly right is worse than none.
#include <fmt/format.h>

#include <array>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/utf8.h"
#include "core/lm/bpe_tokenizer.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// GPT-2's bytes_to_unicode: printable Latin-1 stands for itself, the other 68 bytes for U+0100 onwards.
const std::array<int, 0x144>& ByteOfCharacter() {  // -1: stands for no byte
  static const std::array<int, 0x144> table = [] {
    std::array<int, 0x144> bytes{};
    bytes.fill(-1);
    size_t next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
      bytes[printable ? static_cast<size_t>(byte) : next++] = byte;
    }
    return bytes;
  }();
  return table;
}

void PutToken(const JsonNode& node, int id, const std::string& token, BpeFile& out) {
  const auto i = static_cast<size_t>(id);
  if (out.tokens.size() <= i) out.tokens.resize(i + 1);
  if (!out.tokens[i].empty() && out.tokens[i] != token) node.Fail(fmt::format("id {} is that of two tokens", id));
  out.tokens[i] = token;
  out.ids.emplace(token, id);
}

void ReadModel(const JsonNode& model, BpeFile& out) {
  if (!model["type"].IsNull() && model.Type() != "BPE") model["type"].Unbuilt(fmt::format("a {} model", model.Type()));
  for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"}) model.RefuseUnlessEmpty(key);
  out.options.byte_fallback = model["byte_fallback"].Flag(false);
  if (out.options.byte_fallback && out.byte_level) model["byte_fallback"].Unbuilt("byte_fallback beside ByteLevel");
  if (!out.options.byte_fallback && !out.byte_level)
    model["byte_fallback"].Unbuilt("BPE of characters without byte_fallback");
  const JsonNode vocab = model["vocab"];
  if (!vocab.json.is_object()) vocab.Fail("is not an object of tokens and ids");
  out.tokens.reserve(vocab.json.size());
  out.ids.reserve(vocab.json.size());
  out.reachable.reserve(vocab.json.size());
  for (const auto& [token, value] : vocab.json.items()) {
    const JsonNode entry{value, vocab.file, "model.vocab." + token.substr(0, 80)};
    const int id = entry.Id();
    if (token.empty()) entry.Fail("is a token without text");
    PutToken(entry, id, token, out);
    if (!out.byte_level) {
      out.reachable.emplace(token, id);
    } else if (TokenText text = UndoByteLevel(token); text.byte_level) {
      out.reachable.emplace(std::move(text.bytes), id);
    }
  }
  const auto id_of = [&](const JsonNode& node, const std::string& token) {
    const auto found = out.ids.find(token);
    if (found == out.ids.end()) node.Fail(fmt::format("{} is not in the vocabulary", Excerpt(token)));
    return found->second;
  };
  out.merges.reserve(vocab.json.size());
  model["merges"].ForEach([&](const JsonNode& merge) {
    std::string left, right;
    if (merge.json.is_array() && merge.json.size() == 2 && merge.json[0].is_string() && merge.json[1].is_string()) {
      left = merge.json[0].get<std::string>();
      right = merge.json[1].get<std::string>();
    } else {
      const std::string pair = merge.Text();
      const size_t space = pair.find(' ');
      if (space == std::string::npos || pair.find(' ', space + 1) != std::string::npos) {
        merge.Fail("is not two tokens with a space between");
      }
      left = pair.substr(0, space);
      right = pair.substr(space + 1);
    }
    out.merges.push_back({id_of(merge, left), id_of(merge, right), id_of(merge, left + right)});
  });
  if (const JsonNode unk = model["unk_token"]; !unk.IsNull()) out.options.unk_id = id_of(unk, unk.Text());
  out.options.fuse_unk = model["fuse_unk"].Flag(false);
  out.options.ignore_merges = model["ignore_merges"].Flag(false);
}

// A token that is in the vocabulary has its id there; the others follow the largest, in the order of the list. The
// reference numbers them so whatever the file says; a file that says otherwise is refused.
void ReadAddedTokens(const JsonNode& list, BpeFile& out) {
  if (list.IsNull()) return;
  std::set<std::string> contents;
  int next = static_cast<int>(out.ids.size());
  list.ForEach([&](const JsonNode& entry) {
    AddedToken token;
    token.id = entry["id"].Id();
    token.content = entry["content"].Text();
    if (token.content.empty()) entry["content"].Fail("is empty");
    if (!contents.insert(token.content).second) entry["content"].Fail("stands twice");
    const auto known = out.ids.find(token.content);
    PutToken(entry["id"], token.id, token.content, out);
    if (const int right = known == out.ids.end() ? next : known->second; right != token.id) {
      entry["id"].Fail(fmt::format("is {}, and {} is the id that {} has", token.id, right, Excerpt(token.content)));
    }
    token.special = entry["special"].Flag(false);
    token.normalized = entry["normalized"].Flag(!token.special);
    token.lstrip = entry["lstrip"].Flag(false);
    token.rstrip = entry["rstrip"].Flag(false);
    token.single_word = entry["single_word"].Flag(false);
    next = std::max(next, token.id + 1);
    out.added.push_back(std::move(token));
  });
}

}  // namespace

TokenText UndoByteLevel(const std::string& token) {
  std::string bytes;
  for (std::string_view rest = token; !rest.empty();) {
    const Utf8Step step = NextUtf8(rest);
    const auto& table = ByteOfCharacter();
    const auto code = static_cast<size_t>(step.code_point);
    if (step.code_point < 0 || code >= table.size() || table[code] < 0) return {token, false};
    bytes += static_cast<char>(table[code]);
    rest.remove_prefix(step.length);
  }
  return {bytes, true};
}

std::optional<char> ByteOfFallback(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
  int byte = 0;
  for (const char c : token.substr(3, 2)) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
    byte = byte * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return static_cast<char>(byte);
}

void ReadBpeModel(const JsonNode& root, BpeFile& out) {
  ReadModel(root["model"], out);
  ReadAddedTokens(root["added_tokens"], out);
}

BpeFile ReadBpeFile(const fs::path& file) {
  const Json json = ParseJson(ReadFile(file, size_t{256} << 20), {.file = file.string()});
  const JsonNode root{json, file, ""};
  BpeFile out;
  out.path = file;
  ReadBpeSteps(root, out);
  ReadBpeModel(root, out);
  return out;
}

}  // namespace retort
