// Text to token ids and back. Two kinds are read from a checkpoint's folder: a sentencepiece `tokenizer.model`, and the
// byte-level BPE of a `tokenizer.json`. Ids are exactly those of the reference (sentencepiece; Hugging Face
// `tokenizers`); what a file asks for that is not built is an Error that names it, never an approximation.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace retort {

// All methods are const and may be called from several threads. Bytes that are no UTF-8 are replaced as Python's
// decode(errors="replace") replaces them, before a text is encoded and after ids are decoded.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // No BOS or EOS is added. Encode takes the text of a special token (<|im_start|>) for plain text, so that an answer
  // cannot forge a turn; EncodeWithSpecials recognises it.
  virtual std::vector<int> Encode(std::string_view text) const = 0;
  virtual std::vector<int> EncodeWithSpecials(std::string_view text) const = 0;
  // Special tokens, and ids that have no token, are skipped.
  virtual std::string Decode(std::span<const int> ids) const = 0;
  // The bytes that a token stands for, not always whole UTF-8; "" for an id that has no token.
  virtual std::string TokenBytes(int id) const = 0;
  virtual bool IsSpecial(int id) const = 0;
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
};

// What tokenizer_config.json and special_tokens_map.json say beside the tokenizer itself.
struct TokenizerSettings {
  std::filesystem::path file;  // where it was read, for messages
  std::optional<std::string> bos, eos, pad;
  std::optional<bool> adds_bos;
};
TokenizerSettings ReadTokenizerSettings(const std::filesystem::path& folder);

// Reads tokenizer.model where there is one, else tokenizer.json.
std::unique_ptr<Tokenizer> LoadTokenizer(const std::filesystem::path& folder);

// Writes tokenizer.model and tokenizer_config.json with ids 0 <pad>, 1 <s>, 2 </s>, 3 <unk>, then one id for each
// character in the order given; the same bytes each time. A text of these characters comes back as it was.
void TrainCharacterTokenizer(std::string_view characters, const std::filesystem::path& folder);

}  // namespace retort
