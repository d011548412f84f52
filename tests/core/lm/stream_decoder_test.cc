// What a stream gives, token by token, against what Decode gives at once; the goldens compare Decode with the
// references.
#include "core/lm/stream_decoder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/random.h"
#include "core/base/utf8.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<int>;

const fs::path kGolden = fs::path(RETORT_SOURCE_DIR) / "tests/core/lm/golden";

// Every piece is whole characters, what came stays, and all together is Decode's text.
void ExpectStream(const Tokenizer& tokenizer, const Ids& ids) {
  StreamDecoder stream(tokenizer);
  std::string text;
  for (size_t n = 0; n < ids.size(); ++n) {
    const std::string piece = stream.Push(ids[n]);
    EXPECT_TRUE(IsUtf8(piece));
    text += piece;
    EXPECT_TRUE(tokenizer.Decode(std::span(ids).first(n + 1)).starts_with(text)) << n;
  }
  text += stream.Finish();
  EXPECT_EQ(text, tokenizer.Decode(ids));
  EXPECT_EQ(stream.Finish(), "");
}

class Streams : public testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<Tokenizer> tokenizer_ = LoadTokenizer(kGolden / GetParam());
};

TEST_P(Streams, GiveWholeCharactersOnly) {
  for (const char* text :
       {"", " ", "the dog sat", "  two  spaces ", "\u00e9\u4f60\u597d\U0001f600\U0001f468\u200d\U0001f469 family",
        "\u65e5\u672c\u8a9e a \U0001f1eb\U0001f1f7", "<s>a</s> b", "\n\n x", "\xF0\x9F\x98 cut", "\uFFFD\uFFFD"}) {
    SCOPED_TRACE(text);
    const Ids ids = tokenizer_->EncodeWithSpecials(text);
    ExpectStream(*tokenizer_, ids);
    for (size_t n = 0; n <= ids.size(); ++n) {  // every cut is a stream that ends there, and one that begins there
      ExpectStream(*tokenizer_, Ids(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(n)));
      ExpectStream(*tokenizer_, Ids(ids.begin() + static_cast<std::ptrdiff_t>(n), ids.end()));
    }
  }
}

TEST_P(Streams, OfAnyIds) {  // most of which are no UTF-8
  RandomStream random(1, GetParam());
  for (int i = 0; i < 300; ++i) {
    Ids ids;
    for (uint64_t n = random.Below(12); n > 0; --n) {
      ids.push_back(static_cast<int>(random.Below(static_cast<uint64_t>(tokenizer_->vocab_size()) + 4)) - 2);
    }
    ExpectStream(*tokenizer_, ids);
  }
}

TEST_P(Streams, OfBytesAlone) {
  std::vector<int> of_byte(256, -1);
  for (int id = tokenizer_->vocab_size() - 1; id >= 0; --id) {
    if (const std::string bytes = tokenizer_->TokenBytes(id); bytes.size() == 1 && !tokenizer_->IsSpecial(id)) {
      of_byte[static_cast<unsigned char>(bytes[0])] = id;
    }
  }
  RandomStream random(2, GetParam());
  const std::string parts[] = {
      "\xF0\x9F\x98\x80", "\xE4\xBD\xA0", "\xC3\xA9", "\xF0\x9F", "\xE4\xBD", "\xFF", "\x80", "a", " ", "\xED\xA0\x80"};
  for (int i = 0; i < 300; ++i) {
    Ids ids;
    for (uint64_t n = random.Below(6); n > 0; --n) {
      for (const char c : parts[random.Below(std::size(parts))]) ids.push_back(of_byte[static_cast<unsigned char>(c)]);
    }
    ExpectStream(*tokenizer_, ids);
  }
}

INSTANTIATE_TEST_SUITE_P(Tokenizers, Streams, testing::Values("bpe", "fallback", "spm_bpe", "spm_unigram", "chars"),
                         [](const auto& test) { return std::string(test.param); });

// The character comes with its last byte and not before.
TEST(StreamDecoder, WaitsForTheLastByte) {
  const auto tokenizer = LoadTokenizer(kGolden / "spm_bpe");
  StreamDecoder stream(*tokenizer);
  std::vector<std::string> pieces;
  for (const int id : tokenizer->Encode("\U0001f600")) pieces.push_back(stream.Push(id));
  EXPECT_EQ(pieces, (std::vector<std::string>{"", "", "", "", "\U0001f600"}));  // the first is the dummy prefix
}

}  // namespace
}  // namespace retort
