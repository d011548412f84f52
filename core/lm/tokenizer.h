// Text to token ids and back. Two kinds are read from a checkpoint's folder: the BPE of a `tokenizer.json`, byte-level
// or with byte fallback, and a sentencepiece `tokenizer.model`. Ids are exactly those of the reference (Hugging Face
// `tokenizers`; sentencepiece); what a file asks for that is not built is an Error that names it, never an
// approximation.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/lm/added_tokens.h"

namespace retort {

// All methods are const and may be called from several threads. Bytes that are no UTF-8 are replaced as Python's
// decode(errors="replace") replaces them, before a text is encoded and after ids are decoded.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // No BOS or EOS is added. Encode takes the text of a special token (<|im_start|>) for plain text, so that an answer
  // cannot forge a turn; EncodeWithSpecials recognises it.
  std::vector<int> Encode(std::string_view text) const { return EncodeAt(text, Place::kStart); }
  virtual std::vector<int> EncodeWithSpecials(std::string_view text) const = 0;
  // Some tokenizers put a space before a text: some only at its start, some after each special token too, none where it
  // goes on from other text.
  enum class Place { kStart, kAfterToken, kInside };
  virtual std::vector<int> EncodeAt(std::string_view text, Place place) const = 0;
  // Special tokens, and ids that have no token, are skipped. For ids as they come: StreamDecoder.
  std::string Decode(std::span<const int> ids) const;
  // The bytes that a token stands for, not always whole UTF-8; "" for an id that has no token.
  virtual std::string TokenBytes(int id) const = 0;
  virtual bool IsSpecial(int id) const = 0;
  // Whether a special token takes the white space beside it (lstrip, rstrip), as a chat format would not expect.
  virtual bool TakesSpace(int /*id*/) const { return false; }
  virtual int vocab_size() const = 0;  // largest id + 1; a model may have more rows

  int bos_id() const { return ends_.bos; }  // -1: none
  int eos_id() const { return ends_.eos; }
  int pad_id() const { return ends_.pad; }
  bool adds_bos() const { return ends_.adds_bos; }  // whether a plain text begins with BOS

  // SHA-256 over the bytes and kind of every token: equal where ids mean the same.
  std::string Hash() const;

 protected:
  struct Ends {
    int bos = -1, eos = -1, pad = -1;
    bool adds_bos = false;
  };
  Ends ends_;

  // How the references turn tokens into text, where they differ.
  struct Decoding {
    // Bytes that are no UTF-8 give one U+FFFD for each maximal subpart, for each byte, or for each byte of a run of
    // byte tokens that is broken anywhere.
    enum class Broken { kSubpart, kByte, kRun } broken = Broken::kSubpart;
    // One space at the start: kept; dropped; dropped where it begins a piece; dropped of each piece until there is
    // text.
    enum class FirstSpace { kKeep, kDrop, kDropOfPiece, kDropOfPieces } first_space = FirstSpace::kKeep;
  };
  Decoding decoding_;
  friend class StreamDecoder;
  virtual bool IsByte(int /*id*/) const { return true; }  // may be part of a character; else it is whole UTF-8
  virtual std::string Surface(int id) const { return TokenBytes(id); }  // what Decode shows
};

// What tokenizer_config.json and special_tokens_map.json say beside the tokenizer itself.
struct TokenizerSettings {
  std::filesystem::path file;  // where it was read, for messages
  std::optional<std::string> bos, eos, pad;
  std::optional<bool> adds_bos, legacy, add_prefix_space;
  std::vector<AddedToken> added;  // added_tokens_decoder and added_tokens.json, in the order of their ids
  std::set<int> described;        // ids of the former, which says their flags
};
TokenizerSettings ReadTokenizerSettings(const std::filesystem::path& folder);

// Reads tokenizer.json where there is one, as Transformers does, else tokenizer.model.
std::unique_ptr<Tokenizer> LoadTokenizer(const std::filesystem::path& folder);

// Writes tokenizer.model and tokenizer_config.json with ids 0 <pad>, 1 <s>, 2 </s>, 3 <unk>, then one id for each
// character in the order given; the same bytes each time. A text of these characters comes back as it was.
void TrainCharacterTokenizer(std::string_view characters, const std::filesystem::path& folder);

}  // namespace retort
