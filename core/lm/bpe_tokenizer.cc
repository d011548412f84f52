// Byte-level BPE: added tokens, then words, then merges of their bytes. The bytes stay bytes here: the alphabet of 256
// printable characters in which tokenizer.json writes them is undone when the file is read.
#include "core/lm/bpe_tokenizer.h"

#include <fmt/format.h>

#include <utility>

#include "core/base/error.h"
#include "core/base/utf8.h"

namespace retort {
namespace {

class BpeTokenizer : public Tokenizer {
 public:
  BpeTokenizer(BpeFile file, const TokenizerSettings& settings)
      : token_bytes_(std::move(file.token_bytes)),
        special_(token_bytes_.size(), false),
        added_(std::move(file.added)),
        pre_tokenizer_(std::move(file.pre_tokenizer)),
        bpe_(std::move(file.ids_by_bytes), file.merges, file.options) {
    for (const AddedToken& token : added_.tokens()) special_[static_cast<size_t>(token.id)] = token.special;
    ends_.bos = Find(settings, "bos_token", settings.bos);
    ends_.eos = Find(settings, "eos_token", settings.eos);
    ends_.pad = Find(settings, "pad_token", settings.pad);
    const int leading = file.leading_special.empty() ? -1 : Find(settings, "post_processor", file.leading_special);
    if (ends_.bos < 0) ends_.bos = leading;
    ends_.adds_bos = settings.adds_bos.value_or(leading >= 0 && leading == ends_.bos);
  }

  std::vector<int> Encode(std::string_view text) const override { return Encode(text, false); }
  std::vector<int> EncodeWithSpecials(std::string_view text) const override { return Encode(text, true); }

  std::string Decode(std::span<const int> ids) const override {
    std::string bytes;
    for (const int id : ids) {
      if (Has(id) && !special_[static_cast<size_t>(id)]) bytes += token_bytes_[static_cast<size_t>(id)];
    }
    return ToUtf8(bytes);
  }

  std::string TokenBytes(int id) const override { return Has(id) ? token_bytes_[static_cast<size_t>(id)] : ""; }
  bool IsSpecial(int id) const override { return Has(id) && special_[static_cast<size_t>(id)]; }
  int vocab_size() const override { return static_cast<int>(token_bytes_.size()); }

 private:
  bool Has(int id) const { return id >= 0 && id < vocab_size(); }

  std::vector<int> Encode(std::string_view bytes, bool with_specials) const {
    const std::string text = ToUtf8(bytes);
    std::vector<int> ids;
    for (const TextPart& part : added_.Cut(text, with_specials)) {
      if (part.id >= 0) {
        ids.push_back(part.id);
        continue;
      }
      for (const std::string& word : PreTokenize(pre_tokenizer_, part.text)) bpe_.Encode(word, ids);
    }
    return ids;
  }

  int Find(const TokenizerSettings& settings, std::string_view key, const std::optional<std::string>& token) const {
    if (!token) return -1;
    for (const AddedToken& added : added_.tokens()) {
      if (added.content == *token) return added.id;
    }
    for (size_t id = 0; id < token_bytes_.size(); ++id) {
      if (token_bytes_[id] == *token) return static_cast<int>(id);
    }
    throw Error({.file = settings.file.string(), .place = fmt::format("key {}", key)},
                fmt::format("the tokenizer has no token {}", Excerpt(*token)));
  }

  std::vector<std::string> token_bytes_;
  std::vector<bool> special_;
  AddedTokens added_;
  PreTokenizer pre_tokenizer_;
  Bpe bpe_;
};

}  // namespace

std::unique_ptr<Tokenizer> LoadBpeTokenizer(const std::filesystem::path& file, const TokenizerSettings& settings) {
  return std::make_unique<BpeTokenizer>(ReadBpeFile(file), settings);
}

}  // namespace retort
