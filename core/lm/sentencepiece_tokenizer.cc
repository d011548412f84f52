// The sentencepiece library behind our interface. Control tokens in a text, which the library never sees as such, are
// cut out first for EncodeWithSpecials; each part between them is encoded on its own (with a dummy prefix each, where
// the model has one, as transformers' slow Llama tokenizer did).
#include "core/lm/sentencepiece_tokenizer.h"

#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include <exception>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/utf8.h"
#include "core/lm/added_tokens.h"
#include "core/lm/sentencepiece_model.h"

namespace sentencepiece::logging {
void SetMinLogLevel(int);  // exported, but declared in no public header
}

namespace retort {
namespace {

constexpr std::string_view kSpaceMark = "\u2581";

std::vector<AddedToken> ControlTokens(const std::vector<SentencePiece>& pieces) {
  std::vector<AddedToken> tokens;
  for (size_t id = 0; id < pieces.size(); ++id) {
    if (pieces[id].type != PieceType::kControl) continue;
    tokens.push_back({.id = static_cast<int>(id), .content = pieces[id].text, .special = true});
  }
  return tokens;
}

class SentencePieceTokenizer : public Tokenizer {
 public:
  SentencePieceTokenizer(const std::filesystem::path& file, const TokenizerSettings& settings) {
    const std::string model = ReadFile(file, size_t{256} << 20);
    const Where where{.file = file.string()};
    pieces_ = CheckSentencePieceModel(model, where);
    controls_ = AddedTokens(ControlTokens(pieces_));
    sentencepiece::logging::SetMinLogLevel(3);  // our Error says it
    try {
      const auto status = processor_.LoadFromSerializedProto(model);
      if (!status.ok()) throw Error(where, fmt::format("sentencepiece refuses it: {}", status.message()));
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {  // the trie's
      throw Error(where, fmt::format("sentencepiece refuses it: {}", error.what()));
    }
    if (processor_.GetPieceSize() != vocab_size()) throw Error(where, "sentencepiece counts its pieces otherwise");
    ends_.bos = Find(settings, "bos_token", settings.bos, processor_.bos_id());
    ends_.eos = Find(settings, "eos_token", settings.eos, processor_.eos_id());
    ends_.pad = Find(settings, "pad_token", settings.pad, processor_.pad_id());
    ends_.adds_bos = settings.adds_bos.value_or(ends_.bos >= 0);
  }

  std::vector<int> Encode(std::string_view text) const override {
    std::vector<int> ids;
    AppendIds(ToUtf8(text), ids);
    return ids;
  }

  std::vector<int> EncodeWithSpecials(std::string_view bytes) const override {
    const std::string text = ToUtf8(bytes);
    std::vector<int> ids;
    for (const TextPart& part : controls_.Cut(text, true)) {
      if (part.id >= 0) {
        ids.push_back(part.id);
      } else {
        AppendIds(part.text, ids);
      }
    }
    return ids;
  }

  std::string Decode(std::span<const int> ids) const override {
    std::vector<int> known;
    for (const int id : ids) {
      if (Has(id) && !IsSpecial(id)) known.push_back(id);
    }
    std::string text;
    const auto status = processor_.Decode(known, &text);
    if (!status.ok()) throw Error(fmt::format("sentencepiece cannot decode: {}", status.message()));
    return ToUtf8(text);
  }

  std::string TokenBytes(int id) const override {
    if (!Has(id)) return "";
    const SentencePiece& piece = pieces_[static_cast<size_t>(id)];
    if (piece.type == PieceType::kByte) {  // <0x0A>
      return std::string(1, static_cast<char>(std::stoi(piece.text.substr(3, 2), nullptr, 16)));
    }
    std::string bytes;
    std::string_view rest = piece.text;
    for (size_t at; (at = rest.find(kSpaceMark)) != std::string_view::npos;
         rest.remove_prefix(at + kSpaceMark.size())) {
      bytes.append(rest.substr(0, at)).push_back(' ');
    }
    return bytes.append(rest);
  }

  bool IsSpecial(int id) const override {
    return Has(id) && pieces_[static_cast<size_t>(id)].type == PieceType::kControl;
  }
  int vocab_size() const override { return static_cast<int>(pieces_.size()); }

 private:
  bool Has(int id) const { return id >= 0 && id < vocab_size(); }

  void AppendIds(std::string_view text, std::vector<int>& ids) const {
    std::vector<int> part;
    const auto status = processor_.Encode(text, &part);
    if (!status.ok()) throw Error(fmt::format("sentencepiece cannot encode: {}", status.message()));
    ids.insert(ids.end(), part.begin(), part.end());
  }

  int Find(const TokenizerSettings& settings, std::string_view key, const std::optional<std::string>& token,
           int otherwise) const {
    if (!token) return otherwise;
    for (size_t id = 0; id < pieces_.size(); ++id) {
      if (pieces_[id].text == *token) return static_cast<int>(id);
    }
    throw Error({.file = settings.file.string(), .place = fmt::format("key {}", key)},
                fmt::format("tokenizer.model has no token {}", Excerpt(*token)));
  }

  std::vector<SentencePiece> pieces_;
  AddedTokens controls_{{}};
  sentencepiece::SentencePieceProcessor processor_;
};

}  // namespace

std::unique_ptr<Tokenizer> LoadSentencePieceTokenizer(const std::filesystem::path& file,
                                                      const TokenizerSettings& settings) {
  return std::make_unique<SentencePieceTokenizer>(file, settings);
}

}  // namespace retort
