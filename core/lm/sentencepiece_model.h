// Private to core/lm: the protobuf of a sentencepiece .model, read strictly enough that the library, which trusts its
// files, cannot be crashed by one; and written, for models of single characters. A few fields by hand: the generated
// classes are not among the library's public headers, and its trainer stamps paths and options into the file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace retort {

enum class PieceType { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6 };

struct SentencePiece {
  std::string text;
  float score = 0;
  PieceType type = PieceType::kNormal;
};

// Throws Error unless `bytes` is a whole ModelProto that is safe to give to the library.
std::vector<SentencePiece> CheckSentencePieceModel(std::string_view bytes, const Where& where);

// 0 <pad>, 1 <s>, 2 </s>, 3 <unk>, then one piece for each character. Nothing is normalised.
std::string CharacterModel(std::string_view characters);

}  // namespace retort
