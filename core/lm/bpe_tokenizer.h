// Private to core/lm: the byte-level BPE tokenizer of a tokenizer.json, and the parts that its file is read into.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/lm/added_tokens.h"
#include "core/lm/bpe.h"
#include "core/lm/pre_tokenizer.h"
#include "core/lm/tokenizer.h"

namespace retort {

struct BpeFile {
  std::vector<std::string> token_bytes;  // by id; "" where there is none
  StringMap<int> ids_by_bytes;           // those that words can reach: written in the byte-level alphabet
  std::vector<BpeMerge> merges;
  BpeOptions options;
  std::vector<AddedToken> added;
  PreTokenizer pre_tokenizer;
  std::string leading_special;  // the token that the post-processor puts in front; empty = none
};
// Throws Error that names the JSON path of what is wrong or not built.
BpeFile ReadBpeFile(const std::filesystem::path& file);

std::unique_ptr<Tokenizer> LoadBpeTokenizer(const std::filesystem::path& file, const TokenizerSettings& settings);

}  // namespace retort
