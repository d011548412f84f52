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

struct SentencePieceModel {
  std::vector<SentencePiece> pieces;
  bool add_dummy_prefix = true, remove_extra_whitespaces = true;  // the library's defaults
  std::string unk_surface = " \u2047 ";                           // what an unknown token is decoded to
};

// Throws Error unless `bytes` is a whole ModelProto that is safe to give to the library, and asks for nothing that is
// not built: a denormalizer, or the space mark behind words.
SentencePieceModel ReadSentencePieceModel(std::string_view bytes, const Where& where);

// The same model without its dummy prefix.
std::string WithoutDummyPrefix(std::string_view model);

// 0 <pad>, 1 <s>, 2 </s>, 3 <unk>, then one piece for each character. Nothing is normalised.
std::string CharacterModel(std::string_view characters);

}  // namespace retort
