// Private to core/lm: the tokenizer of a sentencepiece .model.
#pragma once

#include <filesystem>
#include <memory>

#include "core/lm/tokenizer.h"

namespace retort {

std::unique_ptr<Tokenizer> LoadSentencePieceTokenizer(const std::filesystem::path& file,
                                                      const TokenizerSettings& settings);

}  // namespace retort
