#include "core/lm/sentencepiece_model.h"

#include <fmt/format.h>

#include <bit>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

#include "core/base/utf8.h"

namespace retort {
namespace {

// Field numbers of sentencepiece_model.proto.
enum ModelField { kPieces = 1, kTrainerSpec = 2, kNormalizerSpec = 3, kDenormalizerSpec = 5 };
enum PieceField { kPiece = 1, kScore = 2, kType = 3 };
enum TrainerField {
  kModelType = 3,
  kVocabSize = 4,
  kSpaceAsSuffix = 24,
  kUnkId = 40,
  kBosId = 41,
  kEosId = 42,
  kPadId = 43,
  kUnkSurface = 44
};
enum NormalizerField { kName = 1, kCharsMap = 2, kAddDummyPrefix = 3, kRemoveExtraWhitespaces = 4 };

constexpr int kBpeModel = 2;
constexpr size_t kMaxPieces = size_t{1} << 22;
constexpr size_t kMaxPieceBytes = 4096;  // the library's trie recurses once for each byte

// One field after the other of a protobuf message.
class Wire {
 public:
  Wire(std::string_view bytes, const Where& where) : bytes_(bytes), where_(where) {}

  uint64_t field = 0, kind = 0;
  uint64_t number = 0;    // of a varint or fixed field
  std::string_view text;  // of a length-delimited one

  bool Next() {
    if (bytes_.empty()) return false;
    const uint64_t key = Varint();
    field = key >> 3;
    kind = key & 7;
    if (field == 0 || field > 0x1FFFFFFF) Fail("holds a field without number");
    if (kind == 0) {
      number = Varint();
    } else if (kind == 1 || kind == 5) {
      const std::string_view fixed = Take(kind == 1 ? 8 : 4);
      number = 0;
      std::memcpy(&number, fixed.data(), fixed.size());
    } else if (kind == 2) {
      text = Take(Varint());
    } else {
      Fail(fmt::format("holds a field of kind {}", kind));
    }
    return true;
  }
  void Expect(uint64_t wanted) const {
    if (kind != wanted) Fail(fmt::format("field {} has the wrong kind", field));
  }
  [[noreturn]] void Fail(const std::string& problem) const {
    throw Error(where_, fmt::format("no whole sentencepiece model: {}", problem), "copy or download it again");
  }

 private:
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) break;
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    Fail("it ends within a number");
  }
  std::string_view Take(uint64_t size) {
    if (size > bytes_.size()) Fail(fmt::format("it ends {} bytes early", size - bytes_.size()));
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
  const Where& where_;
};

SentencePiece ReadPiece(std::string_view bytes, size_t id, const Where& where) {
  Wire wire(bytes, where);
  SentencePiece piece;
  while (wire.Next()) {
    if (wire.field == kPiece) {
      wire.Expect(2);
      piece.text = wire.text;
    } else if (wire.field == kScore) {
      wire.Expect(5);
      piece.score = std::bit_cast<float>(static_cast<uint32_t>(wire.number));
    } else if (wire.field == kType) {
      wire.Expect(0);
      if (wire.number < 1 || wire.number > 6) wire.Fail(fmt::format("piece {} has no known type", id));
      piece.type = static_cast<PieceType>(wire.number);
    }
  }
  if (piece.text.empty() || piece.text.size() > kMaxPieceBytes || piece.text.find('\0') != std::string::npos ||
      !IsUtf8(piece.text)) {
    wire.Fail(fmt::format("piece {} is empty, over {} bytes, holds a zero byte or is no UTF-8", id, kMaxPieceBytes));
  }
  const auto is_hex = [](unsigned char c) { return std::isdigit(c) != 0 || (c >= 'A' && c <= 'F'); };
  if (piece.type == PieceType::kByte && !(piece.text.size() == 6 && piece.text.starts_with("<0x") &&
                                          is_hex(piece.text[3]) && is_hex(piece.text[4]) && piece.text[5] == '>')) {
    wire.Fail(fmt::format("piece {} is no byte such as <0x0A>", id));
  }
  if (!std::isfinite(piece.score)) wire.Fail(fmt::format("the score of piece {} is not finite", id));
  return piece;
}

// A charsmap is a double-array trie (Darts-clone: the unit's bits as in its DoubleArrayUnit) and the replacement texts
// that its leaves point into, each with a zero at its end. Every step that a walk could take must stay inside.
void CheckCharsMap(const Wire& spec, std::string_view map) {
  if (map.empty()) return;
  uint32_t trie_bytes = 0;
  if (map.size() > 4) std::memcpy(&trie_bytes, map.data(), 4);
  if (trie_bytes < 4 || trie_bytes % 4 != 0 || trie_bytes >= map.size() - 4 || map.back() != '\0') {
    spec.Fail("the normaliser's table is cut");
  }
  const std::string_view texts = map.substr(4 + trie_bytes);
  if (!IsUtf8(texts)) spec.Fail("the normaliser's table holds broken UTF-8");
  std::vector<uint32_t> units(trie_bytes / 4);
  std::memcpy(units.data(), map.data() + 4, trie_bytes);
  if ((units[0] & 0x80000000u) != 0) spec.Fail("the normaliser's table begins with a leaf");
  for (size_t i = 0; i < units.size(); ++i) {
    const uint32_t unit = units[i];
    if ((unit & 0x80000000u) != 0) {
      if ((unit & 0x7FFFFFFFu) >= texts.size()) spec.Fail("the normaliser's table points past its end");
      continue;
    }
    const size_t offset = (unit >> 10) << ((unit & (1u << 9)) >> 6);
    if (((i ^ offset) | 0xFF) >= units.size()) spec.Fail("the normaliser's table points past its end");
    const bool has_leaf = (unit & (1u << 8)) != 0;
    if (has_leaf && (units[i ^ offset] & 0x7FFFFFFFu) >= texts.size()) {
      spec.Fail("the normaliser's table points past its end");
    }
  }
}

void ReadNormalizerSpec(std::string_view bytes, const Where& where, SentencePieceModel& model) {
  Wire wire(bytes, where);
  while (wire.Next()) {
    if (wire.field == kCharsMap) {
      wire.Expect(2);
      CheckCharsMap(wire, wire.text);
    } else if (wire.field == kAddDummyPrefix) {
      wire.Expect(0);
      model.add_dummy_prefix = wire.number != 0;
    } else if (wire.field == kRemoveExtraWhitespaces) {
      wire.Expect(0);
      model.remove_extra_whitespaces = wire.number != 0;
    }
  }
}

void RefuseDenormalizer(std::string_view bytes, const Where& where) {
  Wire wire(bytes, where);
  while (wire.Next()) {
    if (wire.field == kCharsMap && !(wire.kind == 2 && wire.text.empty())) {
      throw Error(where, "a denormalizer is not supported");
    }
  }
}

void ReadTrainerSpec(std::string_view bytes, const Where& where, SentencePieceModel& model) {
  Wire wire(bytes, where);
  while (wire.Next()) {
    if (wire.field == kUnkSurface) {
      wire.Expect(2);
      if (!IsUtf8(wire.text)) wire.Fail("what it shows for an unknown token is no UTF-8");
      model.unk_surface = wire.text;
    } else if (wire.field == kSpaceAsSuffix && wire.number != 0) {
      wire.Expect(0);
      throw Error(where, "treat_whitespace_as_suffix is not supported");
    }
  }
}

void PutVarint(uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}
void PutNumber(int field, uint64_t value, std::string& out) {
  PutVarint(static_cast<uint64_t>(field) << 3, out);
  PutVarint(value, out);
}
void PutText(int field, std::string_view text, std::string& out) {
  PutVarint(static_cast<uint64_t>(field) << 3 | 2, out);
  PutVarint(text.size(), out);
  out += text;
}
void PutFloat(int field, float value, std::string& out) {
  PutVarint(static_cast<uint64_t>(field) << 3 | 5, out);
  const auto bits = std::bit_cast<uint32_t>(value);
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(bits >> shift);
}

}  // namespace

SentencePieceModel ReadSentencePieceModel(std::string_view bytes, const Where& where) {
  Wire wire(bytes, where);
  SentencePieceModel model;
  while (wire.Next()) {
    if (wire.field == kPieces) {
      wire.Expect(2);
      if (model.pieces.size() >= kMaxPieces) wire.Fail(fmt::format("it has over {} pieces", kMaxPieces));
      model.pieces.push_back(ReadPiece(wire.text, model.pieces.size(), where));
    } else if (wire.field == kTrainerSpec) {
      wire.Expect(2);
      ReadTrainerSpec(wire.text, where, model);
    } else if (wire.field == kNormalizerSpec) {
      wire.Expect(2);
      ReadNormalizerSpec(wire.text, where, model);
    } else if (wire.field == kDenormalizerSpec) {
      wire.Expect(2);
      RefuseDenormalizer(wire.text, where);
    }
  }
  if (model.pieces.empty()) wire.Fail("it has no pieces");
  return model;
}

// A message that stands twice is merged, and of a field the later value counts.
std::string WithoutDummyPrefix(std::string_view model) {
  std::string normalizer, out(model);
  PutNumber(kAddDummyPrefix, 0, normalizer);
  PutText(kNormalizerSpec, normalizer, out);
  return out;
}

std::string CharacterModel(std::string_view characters) {
  std::vector<SentencePiece> pieces = {{"<pad>", 0, PieceType::kControl},
                                       {"<s>", 0, PieceType::kControl},
                                       {"</s>", 0, PieceType::kControl},
                                       {"<unk>", 0, PieceType::kUnknown}};
  std::set<std::string> seen;
  for (std::string_view rest = characters; !rest.empty();) {
    const Utf8Step step = NextUtf8(rest);
    if (step.code_point <= 0) throw Error("the characters of a tokenizer hold broken UTF-8 or a zero byte");
    // Sentencepiece writes a space as U+2581; so does transformers, which therefore reads this model too.
    std::string text(step.code_point == ' ' ? "\u2581" : rest.substr(0, step.length));
    if (!seen.insert(text).second)
      throw Error(fmt::format("the character {} of a tokenizer stands twice", Excerpt(text)));
    pieces.push_back({text, -static_cast<float>(pieces.size()), PieceType::kNormal});
    rest.remove_prefix(step.length);
  }
  std::string model;
  for (const SentencePiece& piece : pieces) {
    std::string message;
    PutText(kPiece, piece.text, message);
    PutFloat(kScore, piece.score, message);
    PutNumber(kType, static_cast<uint64_t>(piece.type), message);
    PutText(kPieces, message, model);
  }
  std::string trainer;
  PutNumber(kModelType, kBpeModel, trainer);
  PutNumber(kVocabSize, pieces.size(), trainer);
  PutNumber(kUnkId, 3, trainer);
  PutNumber(kBosId, 1, trainer);
  PutNumber(kEosId, 2, trainer);
  PutNumber(kPadId, 0, trainer);
  PutText(kTrainerSpec, trainer, model);
  std::string normalizer;
  PutText(kName, "identity", normalizer);
  PutText(kCharsMap, "", normalizer);
  PutNumber(kAddDummyPrefix, 0, normalizer);
  PutNumber(kRemoveExtraWhitespaces, 0, normalizer);
  PutText(kNormalizerSpec, normalizer, model);
  return model;
}

}  // namespace retort
