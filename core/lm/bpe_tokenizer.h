// Private to core/lm: the BPE tokenizer of a tokenizer.json, and the parts that its file is read into.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/lm/added_tokens.h"
#include "core/lm/bpe.h"
#include "core/lm/json_node.h"
#include "core/lm/normalizer.h"
#include "core/lm/pre_tokenizer.h"
#include "core/lm/tokenizer.h"

namespace retort {

struct BpeFile {
  std::filesystem::path path;
  bool byte_level = true;           // else of characters, with byte fallback
  std::vector<std::string> tokens;  // by id, as the file writes them; "" where there is none
  StringMap<int> ids;               // of all of them
  StringMap<int> reachable;         // those that words can reach, by their bytes or characters
  std::vector<BpeMerge> merges;
  BpeOptions options;
  std::vector<AddedToken> added;
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  bool drops_first_space = false;  // the decoder's Strip
  std::string leading_special;     // the token that the post-processor puts in front; empty = none
  int leading_id = -1;             // and what it says its id is
};
// Throws Error that names the JSON path of what is wrong or not built.
BpeFile ReadBpeFile(const std::filesystem::path& file);
// Its parts: model and added tokens; normalizer, pre-tokenizer, decoder and post-processor, which say `byte_level`.
void ReadBpeModel(const JsonNode& root, BpeFile& out);
void ReadBpeSteps(const JsonNode& root, BpeFile& out);

// The bytes that a token of the byte-level alphabet stands for; `byte_level` is false, and the bytes are the token's
// own UTF-8, where a character is outside that alphabet.
struct TokenText {
  std::string bytes;
  bool byte_level;
};
TokenText UndoByteLevel(const std::string& token);
std::optional<char> ByteOfFallback(std::string_view token);  // that of <0x0A>

std::unique_ptr<Tokenizer> LoadBpeTokenizer(const std::filesystem::path& file, const TokenizerSettings& settings);

}  // namespace retort
