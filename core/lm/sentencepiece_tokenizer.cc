// The sentencepiece library behind our interface. Added and control tokens, which the library never finds in a text,
// are cut out first; each part between them is encoded on its own, with a dummy prefix each where the checkpoint is
// `legacy` as transformers has it, else only at the start of the text. Decoding is our own: one rule for streams and
// whole texts.
#include "core/lm/sentencepiece_tokenizer.h"

#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/utf8.h"
#include "core/lm/added_tokens.h"
#include "core/lm/bpe_tokenizer.h"
#include "core/lm/sentencepiece_model.h"

namespace sentencepiece::logging {
void SetMinLogLevel(int);  // exported, but declared in no public header
}

namespace retort {
namespace {

using sentencepiece::SentencePieceProcessor;

void LoadModel(const std::string& model, const Where& where, SentencePieceProcessor& processor) {
  sentencepiece::logging::SetMinLogLevel(3);  // our Error says it
  try {
    const auto status = processor.LoadFromSerializedProto(model);
    if (!status.ok()) throw Error(where, fmt::format("sentencepiece refuses it: {}", status.message()));
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {  // the trie's
    throw Error(where, fmt::format("sentencepiece refuses it: {}", error.what()));
  }
}

// Llama 3 was published with a file of this name that is no sentencepiece model but a list of base64 tokens.
void RefuseTiktoken(std::string_view model, const Where& where) {
  const std::string_view line = model.substr(0, std::min<size_t>(model.find('\n'), 200));
  if (line.ends_with(" 0") &&
      line.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= ") ==
          std::string_view::npos) {
    throw Error(where, "is a tiktoken vocabulary",
                "take the checkpoint in the Hugging Face layout, with tokenizer.json");
  }
}

class SentencePieceTokenizer : public Tokenizer {
 public:
  SentencePieceTokenizer(const std::filesystem::path& file, const TokenizerSettings& settings) {
    const std::string bytes = ReadFile(file, size_t{256} << 20);
    const Where where{.file = file.string()};
    RefuseTiktoken(bytes, where);
    SentencePieceModel model = ReadSentencePieceModel(bytes, where);
    pieces_ = std::move(model.pieces);
    unk_surface_ = std::move(model.unk_surface);
    const bool prefix = model.add_dummy_prefix && settings.add_prefix_space.value_or(true);
    LoadModel(prefix ? bytes : WithoutDummyPrefix(bytes), where, with_prefix_);
    if (prefix) LoadModel(WithoutDummyPrefix(bytes), where, without_prefix_);
    has_prefix_ = prefix;
    legacy_ = settings.legacy.value_or(true);
    if (with_prefix_.GetPieceSize() != vocab_size()) throw Error(where, "sentencepiece counts its pieces otherwise");
    using Space = Decoding::FirstSpace;
    decoding_ = {Decoding::Broken::kByte, model.remove_extra_whitespaces ? Space::kDropOfPieces
                                          : prefix                       ? Space::kDropOfPiece
                                                                         : Space::kKeep};
    AddTokens(settings);
    ends_.bos = Find(settings, "bos_token", settings.bos, with_prefix_.bos_id());
    ends_.eos = Find(settings, "eos_token", settings.eos, with_prefix_.eos_id());
    ends_.pad = Find(settings, "pad_token", settings.pad, with_prefix_.pad_id());
    ends_.adds_bos = settings.adds_bos.value_or(ends_.bos >= 0);
  }

  std::vector<int> EncodeAt(std::string_view text, Place place) const override { return Encode(text, false, place); }
  std::vector<int> EncodeWithSpecials(std::string_view text) const override {
    return Encode(text, true, Place::kStart);
  }

  std::string TokenBytes(int id) const override {
    if (!Has(id)) return "";
    const SentencePiece& piece = pieces_[static_cast<size_t>(id)];
    if (piece.type == PieceType::kByte) return std::string(1, *ByteOfFallback(piece.text));
    std::string bytes = piece.text;
    ReplaceAll(kSpaceMark, " ", bytes);
    return bytes;
  }

  bool IsSpecial(int id) const override { return Is(id, PieceType::kControl); }
  int vocab_size() const override { return static_cast<int>(pieces_.size()); }

 private:
  bool Has(int id) const { return id >= 0 && id < vocab_size(); }
  bool Is(int id, PieceType type) const { return Has(id) && pieces_[static_cast<size_t>(id)].type == type; }
  bool IsByte(int id) const override { return Is(id, PieceType::kByte); }
  std::string Surface(int id) const override { return Is(id, PieceType::kUnknown) ? unk_surface_ : TokenBytes(id); }

  // What the files beside the model add: tokens of their own behind its pieces, and pieces named again.
  void AddTokens(const TokenizerSettings& settings) {
    std::vector<AddedToken> added = settings.added;
    std::vector<bool> named(pieces_.size(), false);
    for (const AddedToken& token : settings.added) {
      const auto id = static_cast<size_t>(token.id);
      const Where where{.file = settings.file.string(), .place = "added tokens"};
      if (id > pieces_.size()) {
        throw Error(where,
                    fmt::format("{} has id {}, and no token has id {}", Excerpt(token.content), id, pieces_.size()));
      }
      if (id == pieces_.size()) {
        pieces_.push_back({token.content, 0, token.special ? PieceType::kControl : PieceType::kUserDefined});
        named.push_back(true);
        continue;
      }
      if (pieces_[id].text != token.content) {
        throw Error(where, fmt::format("{} has id {}, which is {} in tokenizer.model", Excerpt(token.content), id,
                                       Excerpt(pieces_[id].text)));
      }
      named[id] = true;
      if (token.special) pieces_[id].type = PieceType::kControl;  // <unk> among them: skipped, not shown
    }
    for (size_t id = 0; id < pieces_.size(); ++id) {
      if (pieces_[id].type != PieceType::kControl || named[id]) continue;
      added.push_back({.id = static_cast<int>(id), .content = pieces_[id].text, .special = true});
    }
    for (AddedToken& token : added) token.normalized = false;
    added_ = AddedTokens(std::move(added));
  }

  std::vector<int> Encode(std::string_view bytes, bool with_specials, Place place) const {
    const std::string text = ToUtf8(bytes);
    std::vector<int> ids;
    for (const TextPart& part : added_.Cut(text, false, with_specials)) {
      if (part.id >= 0) {
        ids.push_back(part.id);
      } else {
        AppendIds(part.text, place, ids);
      }
      place = Place::kAfterToken;
    }
    return ids;
  }

  void AppendIds(std::string_view text, Place place, std::vector<int>& ids) const {
    const bool bare = has_prefix_ && (place == Place::kInside || (place == Place::kAfterToken && !legacy_));
    std::vector<int> part;
    const auto status = (bare ? without_prefix_ : with_prefix_).Encode(text, &part);
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

  std::vector<SentencePiece> pieces_;  // and the added tokens
  std::string unk_surface_;
  AddedTokens added_{{}};
  bool has_prefix_ = false, legacy_ = true;
  SentencePieceProcessor with_prefix_, without_prefix_;  // the latter empty where there is no prefix
};

}  // namespace

std::unique_ptr<Tokenizer> LoadSentencePieceTokenizer(const std::filesystem::path& file,
                                                      const TokenizerSettings& settings) {
  return std::make_unique<SentencePieceTokenizer>(file, settings);
}

}  // namespace retort
