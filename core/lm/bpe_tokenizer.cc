// BPE: added tokens, then the normalizer, then words, then merges within them. Byte-level, a word is bytes here: the
// alphabet of 256 printable characters in which tokenizer.json writes them is undone when the file is read. With byte
// fallback a word is characters, mostly the whole text with U+2581 for its spaces.
#include "core/lm/bpe_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/utf8.h"

namespace retort {
namespace {

// Programs differ in which of the two files they obey, so neither is guessed.
[[noreturn]] void Contradiction(const TokenizerSettings& settings, std::string_view key, const std::string& other) {
  throw Error({.file = settings.file.string(), .place = fmt::format("key {}", key)},
              fmt::format("contradicts tokenizer.json, which {}", other), "make the two files agree");
}

class BpeTokenizer : public Tokenizer {
 public:
  BpeTokenizer(BpeFile file, const TokenizerSettings& settings)
      : byte_level_(file.byte_level),
        special_(file.tokens.size(), false),
        takes_space_(file.tokens.size(), false),
        is_byte_(file.tokens.size(), file.byte_level),
        added_(file.added, file.normalizer),
        normalizer_(std::move(file.normalizer)),
        pre_tokenizer_(std::move(file.pre_tokenizer)),
        bpe_(std::move(file.reachable), file.merges, file.options) {
    for (const AddedToken& token : file.added) {
      special_[static_cast<size_t>(token.id)] = token.special;
      takes_space_[static_cast<size_t>(token.id)] = token.lstrip || token.rstrip;
    }
    if (!byte_level_) {
      using Space = Decoding::FirstSpace;
      decoding_ = {Decoding::Broken::kRun, file.drops_first_space ? Space::kDrop : Space::kKeep};
    }
    ends_.bos = Find(file, settings, "bos_token", settings.bos);
    ends_.eos = Find(file, settings, "eos_token", settings.eos);
    ends_.pad = Find(file, settings, "pad_token", settings.pad);
    const int leading =
        file.leading_special.empty() ? -1 : Find(file, settings, "post_processor", file.leading_special);
    if (leading != file.leading_id) {
      throw Error({.file = file.path.string(), .place = "key post_processor"},
                  fmt::format("puts {} in front with the id {}, and its id is {}", Excerpt(file.leading_special),
                              file.leading_id, leading));
    }
    if (ends_.bos < 0) ends_.bos = leading;
    ends_.adds_bos = leading >= 0 && leading == ends_.bos;
    if (settings.adds_bos.value_or(ends_.adds_bos) != ends_.adds_bos) {
      Contradiction(settings, "add_bos_token",
                    ends_.adds_bos ? "begins a text with BOS" : "does not begin a text with BOS");
    }
    token_bytes_ = std::move(file.tokens);
    for (size_t id = 0; id < token_bytes_.size(); ++id) {
      std::string& token = token_bytes_[id];
      if (byte_level_) {
        token = UndoByteLevel(token).bytes;
      } else if (const std::optional<char> byte = ByteOfFallback(token)) {
        token.assign(1, *byte);
        is_byte_[id] = true;
      } else {
        ReplaceAll(kSpaceMark, " ", token);
      }
    }
  }

  std::vector<int> EncodeAt(std::string_view text, Place place) const override { return Encode(text, false, place); }
  std::vector<int> EncodeWithSpecials(std::string_view text) const override {
    return Encode(text, true, Place::kStart);
  }

  std::string TokenBytes(int id) const override { return Has(id) ? token_bytes_[static_cast<size_t>(id)] : ""; }
  bool IsSpecial(int id) const override { return Has(id) && special_[static_cast<size_t>(id)]; }
  bool TakesSpace(int id) const override { return Has(id) && takes_space_[static_cast<size_t>(id)]; }
  int vocab_size() const override { return static_cast<int>(token_bytes_.size()); }

 private:
  bool Has(int id) const { return id >= 0 && id < vocab_size(); }
  bool IsByte(int id) const override { return Has(id) && is_byte_[static_cast<size_t>(id)]; }

  std::vector<int> Encode(std::string_view bytes, bool with_specials, Place place) const {
    const std::string text = ToUtf8(bytes);
    std::vector<int> ids;
    for (const TextPart& part : added_.Cut(text, false, with_specials)) {
      if (part.id >= 0) {
        ids.push_back(part.id);
      } else {
        AppendNormalized(Normalize(normalizer_, part.text, place != Place::kInside), with_specials, place, ids);
      }
      place = Place::kAfterToken;
    }
    return ids;
  }

  void AppendNormalized(const std::string& text, bool with_specials, Place place, std::vector<int>& ids) const {
    for (const TextPart& part : added_.Cut(text, true, with_specials)) {
      if (part.id >= 0) {
        ids.push_back(part.id);
      } else {
        for (const std::string& word : PreTokenize(pre_tokenizer_, part.text, place)) bpe_.Encode(word, ids);
      }
      place = Place::kAfterToken;
    }
  }

  static int Find(const BpeFile& file, const TokenizerSettings& settings, std::string_view key,
                  const std::optional<std::string>& token) {
    if (!token) return -1;
    if (const auto found = file.ids.find(*token); found != file.ids.end()) return found->second;
    throw Error({.file = settings.file.string(), .place = fmt::format("key {}", key)},
                fmt::format("the tokenizer has no token {}", Excerpt(*token)));
  }

  bool byte_level_;
  std::vector<std::string> token_bytes_;
  std::vector<bool> special_, takes_space_, is_byte_;
  AddedTokens added_;
  Normalizer normalizer_;
  PreTokenizer pre_tokenizer_;
  Bpe bpe_;
};

bool PutsSpaceInFront(const BpeFile& file) {
  const auto prepends = [](const NormalizerStep& step) { return step.kind == NormalizerStep::Kind::kPrepend; };
  const auto prefixes = [](const PreTokenizerStep& step) {
    return step.add_prefix_space || step.metaspace.value_or(PrefixScheme::kNever) != PrefixScheme::kNever;
  };
  return std::any_of(file.normalizer.begin(), file.normalizer.end(), prepends) ||
         std::any_of(file.pre_tokenizer.begin(), file.pre_tokenizer.end(), prefixes);
}

// Transformers adds the tokens of tokenizer_config.json to those of tokenizer.json: their flags replace the others, but
// a token that is special stays so for some of its classes and not for others.
void ApplySettings(const TokenizerSettings& settings, BpeFile& file) {
  if (const bool puts = PutsSpaceInFront(file); settings.add_prefix_space.value_or(puts) != puts) {
    Contradiction(settings, "add_prefix_space", puts ? "puts a space in front" : "puts none in front");
  }
  for (const AddedToken& token : settings.added) {
    const auto known = std::find_if(file.added.begin(), file.added.end(),
                                    [&](const AddedToken& other) { return other.content == token.content; });
    if (known == file.added.end() || known->id != token.id) {
      Contradiction(settings, "added_tokens_decoder",
                    fmt::format("does not add {} with the id {}", Excerpt(token.content), token.id));
    }
    if (!settings.described.contains(token.id)) continue;
    if (known->special != token.special) {
      Contradiction(settings, "added_tokens_decoder",
                    fmt::format("says that {} is {}special", Excerpt(token.content), known->special ? "" : "not "));
    }
    *known = token;
  }
}

}  // namespace

std::unique_ptr<Tokenizer> LoadBpeTokenizer(const std::filesystem::path& file, const TokenizerSettings& settings) {
  BpeFile read = ReadBpeFile(file);
  ApplySettings(settings, read);
  return std::make_unique<BpeTokenizer>(std::move(read), settings);
}

}  // namespace retort
