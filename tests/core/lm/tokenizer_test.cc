#include "core/lm/tokenizer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/data/folds.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Ids = std::vector<int>;

const fs::path kGolden = fs::path(RETORT_SOURCE_DIR) / "tests/core/lm/golden";

// Ids 0..7: a b c d, space, ab, abc, <end>.
Json SmallFile() {
  return Json::parse(R"({
    "added_tokens": [{"id": 7, "content": "<end>", "special": true, "normalized": false}],
    "normalizer": null,
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
      {"type": "Split", "pattern": {"Regex": "[^ ]+|\\s+(?!\\S)|\\s+"}, "behavior": "Isolated", "invert": false},
      {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}]},
    "post_processor": null,
    "decoder": {"type": "ByteLevel"},
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "d": 3, "\u0120": 4, "ab": 5, "abc": 6},
              "merges": ["a b", "ab c"]}})");
}

std::unique_ptr<Tokenizer> Load(const Json& tokenizer, const std::string& config = "") {
  const TempDir folder;
  WriteFileAtomic(folder.path() / "tokenizer.json", tokenizer.dump());
  if (!config.empty()) WriteFileAtomic(folder.path() / "tokenizer_config.json", config);
  return LoadTokenizer(folder.path());
}

std::string LoadError(const Json& tokenizer, const std::string& config = "") {
  return MessageOf([&] { Load(tokenizer, config); });
}

TEST(BpeTokenizer, MergesByRank) {
  const auto tokenizer = Load(SmallFile());
  EXPECT_THAT(tokenizer->Encode("abcab d"), ElementsAre(6, 5, 4, 3));
  EXPECT_EQ(tokenizer->Decode(Ids{6, 5, 4, 3}), "abcab d");
  EXPECT_EQ(tokenizer->TokenBytes(4), " ");
  EXPECT_EQ(tokenizer->vocab_size(), 8);
}

TEST(BpeTokenizer, SpecialTokensOnlyWhereAsked) {
  const auto tokenizer = Load(SmallFile());
  EXPECT_THAT(tokenizer->EncodeWithSpecials("a<end>b"), ElementsAre(0, 7, 1));
  EXPECT_THAT(tokenizer->Encode("a<end>b"), ElementsAre(0, 3, 1));  // only d of <end> has a token
  EXPECT_EQ(tokenizer->Decode(Ids{0, 7, 1, 99, -5}), "ab");
  EXPECT_TRUE(tokenizer->IsSpecial(7));
  EXPECT_FALSE(tokenizer->IsSpecial(6));
}

TEST(BpeTokenizer, EndsComeFromTheConfig) {
  const auto tokenizer = Load(SmallFile(), R"({"bos_token": {"content": "<end>"}, "eos_token": "<end>"})");
  EXPECT_EQ(tokenizer->bos_id(), 7);
  EXPECT_EQ(tokenizer->eos_id(), 7);
  EXPECT_EQ(tokenizer->pad_id(), -1);
  EXPECT_FALSE(tokenizer->adds_bos());
  EXPECT_EQ(Load(SmallFile())->eos_id(), -1);

  Json file = SmallFile();
  file["post_processor"] = Json::parse(R"({"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<end>"}}],
                                         "special_tokens": {"<end>": {"ids": [7]}}})");
  EXPECT_EQ(Load(file)->bos_id(), 7);
  EXPECT_TRUE(Load(file)->adds_bos());
  EXPECT_TRUE(Load(file, R"({"add_bos_token": true})")->adds_bos());
}

// As AddedToken(**entry) and add_tokens() of the reference do.
TEST(BpeTokenizer, FlagsOfTheConfigReplaceThoseOfTheFile) {
  const auto with = [](const Json& flags) {
    Json token = {{"content", "<end>"}, {"special", true}};
    token.update(flags);
    return Json{{"added_tokens_decoder", {{"7", token}}}}.dump();
  };
  EXPECT_THAT(Load(SmallFile(), with(Json::object()))->EncodeWithSpecials("a <end> b"), ElementsAre(0, 4, 7, 4, 1));
  EXPECT_THAT(Load(SmallFile(), with({{"lstrip", true}}))->EncodeWithSpecials("a <end> b"), ElementsAre(0, 7, 4, 1));
  EXPECT_THAT(Load(SmallFile(), with({{"rstrip", true}}))->EncodeWithSpecials("a <end> b"), ElementsAre(0, 4, 7, 1));
  EXPECT_TRUE(Load(SmallFile(), with({{"rstrip", true}}))->TakesSpace(7));
}

TEST(BpeTokenizer, RefusesFilesThatContradictEachOther) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"add_bos_token": true})",
       "key add_bos_token: contradicts tokenizer.json, which does not begin a text with BOS"},
      {R"({"add_prefix_space": true})", "key add_prefix_space: contradicts tokenizer.json, which puts none in front"},
      {R"({"added_tokens_decoder": {"7": {"content": "<end>"}}})", "which says that \"<end>\" is special"},
      {R"({"added_tokens_decoder": {"8": {"content": "<end>", "special": true}}})",
       "does not add \"<end>\" with the id 8"},
      {R"({"added_tokens_decoder": {"9": {"content": "<new>", "special": true}}})",
       "does not add \"<new>\" with the id 9"},
  };
  for (const auto& [config, part] : cases) EXPECT_THAT(LoadError(SmallFile(), config), HasSubstr(part));
  EXPECT_EQ(LoadError(SmallFile(), R"({"add_prefix_space": false, "add_bos_token": false})"), "");
}

TEST(BpeTokenizer, LongWordsTakeNoQuadraticTime) {
  const auto tokenizer = LoadTokenizer(kGolden / "bpe");
  const std::string word(1 << 20, 'a');
  const Ids ids = tokenizer->Encode(word);
  EXPECT_EQ(tokenizer->Decode(ids), word);
}

TEST(BpeTokenizer, ThreadsShareOneTokenizer) {
  const auto tokenizer = LoadTokenizer(kGolden / "bpe");
  const Ids expected = tokenizer->Encode("the dog sat on the log");
  std::vector<std::thread> threads;
  std::vector<int> same(4, 0);
  for (size_t t = 0; t < same.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        tokenizer->Encode(std::to_string(i * 7 + static_cast<int>(t)) + " words" + std::to_string(i));
        same[t] += tokenizer->Encode("the dog sat on the log") == expected;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(same, ElementsAre(500, 500, 500, 500));
}

TEST(BpeTokenizer, NamesWhatIsNotBuilt) {
  const auto with = [](const char* pointer, const Json& value) {
    Json file = SmallFile();
    file[Json::json_pointer(pointer)] = value;
    return LoadError(file);
  };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {with("/normalizer", {{"type", "NFKC"}}), "key normalizer: the normalizer NFKC is not supported"},
      {with("/model/type", "Unigram"), "key model.type: a Unigram model is not supported"},
      {with("/model/byte_fallback", true), "key model.byte_fallback: byte_fallback beside ByteLevel is not supported"},
      {with("/model/dropout", 0.1), "key model.dropout"},
      {with("/pre_tokenizer/pretokenizers/0/type", "Metaspace"),
       "key pre_tokenizer.pretokenizers[0]: Metaspace beside ByteLevel is not"},
      {with("/pre_tokenizer/pretokenizers/0/behavior", "Odd"),
       "key pre_tokenizer.pretokenizers[0].behavior: \"Odd\" is not"},
      {with("/pre_tokenizer/pretokenizers/0/pattern/Regex", "(a"), "does not compile"},
      {with("/pre_tokenizer", {{"type", "Whitespace"}}), "key pre_tokenizer: Whitespace is not supported"},
      {with("/pre_tokenizer", nullptr), "key decoder: a decoder other than Replace of U+2581"},
      {with("/decoder/type", "Metaspace"), "key decoder: a decoder other than ByteLevel"},
      {with("/post_processor", {{"type", "BertProcessing"}}), "the post-processor BertProcessing"},
      {with("/model/merges/1", "ab x"), "key model.merges[1]: \"x\" is not in the vocabulary"},
      {with("/model/merges/1", "b c"), "\"bc\" is not in the vocabulary"},
      {with("/model/merges/1", "a b c"), "is not two tokens with a space between"},
      {with("/model/vocab/abc", 5), "id 5 is that of two tokens"},
      {with("/model/vocab/abc", -1), "is no token id"},
      {with("/model/vocab/abc", 1LL << 40), "is no token id"},
      {with("/model/unk_token", "<unk>"), "\"<unk>\" is not in the vocabulary"},
      {with("/added_tokens/0/content", ""), "key added_tokens[0].content: is empty"},
      {with("/added_tokens/0/id", 3), "id 3 is that of two tokens"},
      {LoadError(SmallFile(), R"({"eos_token": "</s>"})"),
       "tokenizer_config.json: key eos_token: the tokenizer has no token \"</s>\""},
      {LoadError(SmallFile(), R"({"eos_token": 3})"), "key eos_token: is not a token's text"},
      {LoadError(SmallFile(), R"({"add_bos_token": 1})"), "key add_bos_token: is neither true nor false"},
      {LoadError(SmallFile(), "[]"), "is not a JSON object"},
  };
  for (const auto& [message, part] : cases) EXPECT_THAT(message, HasSubstr(part));
}

TEST(LoadTokenizer, SaysWhatAFolderLacks) {
  const TempDir folder;
  EXPECT_THROW(
      {
        try {
          LoadTokenizer(folder.path());
        } catch (const Error& error) {
          EXPECT_THAT(error.what(), HasSubstr("holds neither tokenizer.json nor tokenizer.model"));
          throw;
        }
      },
      Error);
}

TEST(CharacterTokenizer, WritesTheSameFileAndIdsInOrder) {
  const TempDir folder;
  TrainCharacterTokenizer(kFoldCharacters, folder.path());
  EXPECT_EQ(ReadFile(folder.path() / "tokenizer.model"), ReadFile(kGolden / "chars/tokenizer.model"));
  const auto tokenizer = LoadTokenizer(folder.path());
  EXPECT_EQ(tokenizer->vocab_size(), 4 + static_cast<int>(kFoldCharacters.size()));
  EXPECT_EQ(tokenizer->pad_id(), 0);
  EXPECT_EQ(tokenizer->bos_id(), 1);
  EXPECT_EQ(tokenizer->eos_id(), 2);
  EXPECT_TRUE(tokenizer->adds_bos());
  Ids expected;
  for (int i = 0; i < static_cast<int>(kFoldCharacters.size()); ++i) expected.push_back(4 + i);
  EXPECT_EQ(tokenizer->Encode(kFoldCharacters), expected);
  EXPECT_EQ(tokenizer->Decode(expected), kFoldCharacters);
}

TEST(CharacterTokenizer, EveryTextComesBack) {
  const auto tokenizer = LoadTokenizer(kGolden / "chars");
  for (const std::string text :
       {"", " ", "  a  ", "\n", " \n\n a\n", "big 4729?", "472 729 A9", "a b", " lead", "trail "}) {
    const Ids ids = tokenizer->Encode(text);
    EXPECT_EQ(ids.size(), text.size());
    EXPECT_EQ(tokenizer->Decode(ids), text);
  }
  EXPECT_THAT(tokenizer->Encode("1\xC3\xA9"), ElementsAre(5, 3));
  EXPECT_THAT(tokenizer->EncodeWithSpecials("<s>1</s>"), ElementsAre(1, 5, 2));
  EXPECT_THAT(tokenizer->Decode(Ids{1, 5, 2, 0, 900, -1}), "1");
  EXPECT_EQ(tokenizer->TokenBytes(900), "");
}

TEST(CharacterTokenizer, RefusesDoubledCharacters) {
  const TempDir folder;
  EXPECT_THROW(TrainCharacterTokenizer("aba", folder.path()), Error);
  EXPECT_THROW(TrainCharacterTokenizer("a\xFF", folder.path()), Error);
}

TEST(Tokenizer, HashIsThatOfTheTokenMap) {
  Json file = SmallFile();
  const std::string hash = Load(file)->Hash();
  EXPECT_EQ(hash.size(), 64u);
  file["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "Contiguous";  // ids mean the same
  EXPECT_EQ(Load(file)->Hash(), hash);
  file["model"]["vocab"]["a"] = 1;
  file["model"]["vocab"]["b"] = 0;
  EXPECT_NE(Load(file)->Hash(), hash);
}

// Ids 0..2 <unk> <s> </s>, 3..258 bytes, then U+2581, a, b, c, and merges of them.
Json FallbackFile() {
  Json file = Json::parse(R"({
    "added_tokens": [{"id": 1, "content": "<s>", "special": true, "normalized": false}],
    "normalizer": {"type": "Sequence", "normalizers": [
      {"type": "Prepend", "prepend": "\u2581"}, {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
    "pre_tokenizer": null,
    "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}],
                       "special_tokens": {"<s>": {"ids": [1]}}},
    "decoder": {"type": "Sequence", "decoders": [
      {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
      {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
    "model": {"type": "BPE", "byte_fallback": true, "fuse_unk": true, "unk_token": "<unk>",
              "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2}, "merges": ["\u2581 a", "\u2581a b"]}})");
  Json& vocab = file["model"]["vocab"];
  const auto add = [&](const std::string& token) { vocab[token] = vocab.size(); };
  for (int byte = 0; byte < 256; ++byte) add(fmt::format("<0x{:02X}>", byte));
  for (const char* token : {"\u2581", "a", "b", "c", "\u2581a", "\u2581ab"}) add(token);
  return file;
}

TEST(FallbackTokenizer, CharactersThenBytes) {
  const auto tokenizer = Load(FallbackFile());
  EXPECT_THAT(tokenizer->Encode("ab c"), ElementsAre(264, 259, 262));
  EXPECT_THAT(tokenizer->Encode("\u00e9"), ElementsAre(259, 3 + 0xC3, 3 + 0xA9));
  EXPECT_THAT(tokenizer->EncodeAt("a", Tokenizer::Place::kInside), ElementsAre(260));
  EXPECT_THAT(tokenizer->EncodeWithSpecials("a<s>a"), ElementsAre(263, 1, 263));
  EXPECT_EQ(tokenizer->Decode(Ids{1, 264, 259, 262, 3 + 0xC3, 3 + 0xA9}), "ab c\u00e9");
  EXPECT_EQ(tokenizer->TokenBytes(264), " ab");
  EXPECT_EQ(tokenizer->TokenBytes(3 + 0xC3), "\xC3");
  EXPECT_TRUE(tokenizer->adds_bos());
  EXPECT_EQ(tokenizer->bos_id(), 1);
}

// As the reference: one broken byte breaks its whole run.
TEST(FallbackTokenizer, ARunOfBytesIsWholeOrBroken) {
  const auto tokenizer = Load(FallbackFile());
  EXPECT_EQ(tokenizer->Decode(Ids{3 + 0xC3, 3 + 0xA9, 3 + 0xFF, 260}), "\uFFFD\uFFFD\uFFFDa");
  EXPECT_EQ(tokenizer->Decode(Ids{3 + 0xC3, 3 + 0xA9, 260, 3 + 0xFF}), "\u00e9a\uFFFD");
}

// As the reference, which makes such files of sentencepiece models of characters.
TEST(FallbackTokenizer, ACharacterWithoutTokenAndBytesIsUnknown) {
  Json lacking = FallbackFile();
  lacking["model"]["vocab"].erase("<0xA9>");
  const auto with_unknown = Load(lacking);
  EXPECT_THAT(with_unknown->EncodeAt("a\u00e9\u00e9a", Tokenizer::Place::kInside), ElementsAre(260, 0, 260));
  lacking["model"]["unk_token"] = nullptr;
  const auto without = Load(lacking);
  EXPECT_THAT(without->EncodeAt("a\u00e9a", Tokenizer::Place::kInside), ElementsAre(260, 260));
}

TEST(FallbackTokenizer, NamesWhatIsNotBuilt) {
  const auto with = [](const char* pointer, const Json& value) {
    Json file = FallbackFile();
    file[Json::json_pointer(pointer)] = value;
    return LoadError(file);
  };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {with("/model/byte_fallback", false), "key model.byte_fallback: BPE of characters without byte_fallback"},
      {with("/normalizer/normalizers/0/type", "Lowercase"), "key normalizer.normalizers[0]: the normalizer Lowercase"},
      {with("/normalizer/normalizers/1/pattern", {{"Regex", "x"}}), "pattern.Regex: a Replace by regular expression"},
      {with("/normalizer/normalizers/1/pattern/String", ""), "pattern.String: is empty"},
      {with("/decoder", {{"type", "Metaspace"}}), "key decoder: a decoder other than Replace"},
      {with("/decoder/decoders/3/start", 2), "key decoder.decoders[3]: a Strip but of one space"},
      {with("/decoder/decoders/0/content", "_"), "key decoder: a decoder other than Replace"},
      {with("/pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "_"}}), "a replacement other than U+2581"},
      {with("/pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", "last"}}),
       "key pre_tokenizer.prepend_scheme: \"last\" is not supported"},
      {with("/post_processor/single/1", {{"SpecialToken", {{"id", "</s>"}}}}),
       "key post_processor.single[1].SpecialToken: a template with a token after the first place"},
      {with("/post_processor/special_tokens/<s>/ids/0", 2), "puts \"<s>\" in front with the id 2, and its id is 1"},
      {with("/post_processor/special_tokens/<s>/ids/1", 1), "a template with several ids for a token"},
      {with("/added_tokens/0/id", 2), "id 2 is that of two tokens"},
      {with("/added_tokens/0", {{"id", 300}, {"content", "<x>"}}), "key added_tokens[0].id: is 300, and 265 is the id"},
      {with("/added_tokens/0", {{"id", 300}, {"content", "<s>"}}), "key added_tokens[0].id: is 300, and 1 is the id"},
      {with("/added_tokens/1", {{"id", 1}, {"content", "<s>"}}), "key added_tokens[1].content: stands twice"},
  };
  for (const auto& [message, part] : cases) EXPECT_THAT(message, HasSubstr(part));
}

// tokenizer.model beside the two files that may add tokens to it.
std::string BesideError(const Json& config, const Json& added = Json::object()) {
  const TempDir folder;
  WriteFileAtomic(folder.path() / "tokenizer.model", ReadFile(kGolden / "spm_bpe/tokenizer.model"));
  WriteFileAtomic(folder.path() / "tokenizer_config.json", config.dump());
  WriteFileAtomic(folder.path() / "added_tokens.json", added.dump());
  return MessageOf([&] { LoadTokenizer(folder.path()); });
}

TEST(SentencePieceTokenizer, RefusesAddedTokensThatDangle) {
  const int size = LoadTokenizer(kGolden / "spm_bpe")->vocab_size();
  const auto decoder = [](const std::string& id, const Json& token) {
    return Json{{"added_tokens_decoder", {{id, token}}}};
  };
  const std::string next = std::to_string(size);
  EXPECT_EQ(BesideError(decoder(next, {{"content", "<new>"}, {"special", true}}), {{"<newer>", size + 1}}), "");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {BesideError(decoder(std::to_string(size + 1), {{"content", "<new>"}})), "and no token has id " + next},
      {BesideError(decoder("1", {{"content", "<new>"}})), "has id 1, which is \"<s>\" in tokenizer.model"},
      {BesideError(decoder(next, {{"content", ""}})), "is empty"},
      {BesideError(decoder(next, {{"content", 7}})), "is not a text"},
      {BesideError(decoder(next, {{"content", "<new>"}, {"special", 1}})), "special: is neither true nor false"},
      {BesideError(decoder("-1", {{"content", "<new>"}})), "is no token id"},
      {BesideError(decoder("1x", {{"content", "<new>"}})), "is no token id"},
      {BesideError(decoder("99999999999999", {{"content", "<new>"}})), "is no token id"},
      {BesideError({{"added_tokens_decoder", Json::array()}}), "is not an object of ids and tokens"},
      {BesideError(decoder(next, {{"content", "<new>"}}), {{"<new>", size + 1}}), "\"<new>\" has id"},
      {BesideError(Json::object(), {{"<a>", size}, {"<b>", size}}), "\"<b>\" has id"},
      {BesideError(Json::object(), {{"<a>", "1"}}), "is no token id"},
      {BesideError({{"legacy", "yes"}}), "key legacy: is neither true nor false"},
      {BesideError({{"additional_special_tokens", "x"}}), "key additional_special_tokens: is not a list"},
  };
  for (const auto& [message, part] : cases) EXPECT_THAT(message, HasSubstr(part));
}

TEST(SentencePieceTokenizer, NamesATiktokenFile) {
  const TempDir folder;
  WriteFileAtomic(folder.path() / "tokenizer.model", "IQ== 0\nIg== 1\n");
  try {
    LoadTokenizer(folder.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("is a tiktoken vocabulary"));
  }
}

// Loads hostile bytes; where they load all the same, uses the tokenizer. Anything but an Error is a failure (and under
// the sanitizers any wrong read is).
void TryBytes(const fs::path& file, const std::string& bytes) {
  fs::remove(file);  // a file written anew, and not synced: some systems sync one that is cut to nothing first
  std::ofstream(file, std::ios::binary) << bytes;
  try {
    const auto tokenizer = LoadTokenizer(file.parent_path());
    const Ids ids = tokenizer->EncodeWithSpecials("the \xEF\xBC\xA1 dog\n<s> 12 abc \xFF");
    tokenizer->Decode(ids);
    for (int id = 0; id < tokenizer->vocab_size(); ++id) tokenizer->TokenBytes(id);
  } catch (const Error&) {
  }
}

void TryHostile(const fs::path& name, const std::string& good, int flips) {
  ASSERT_LE(good.size(), 4096u);
  const TempDir folder;
  const fs::path file = folder.path() / name;
  for (size_t size = 0; size < good.size(); ++size) TryBytes(file, good.substr(0, size));
  RandomStream random(1, name.string());
  for (int i = 0; i < flips; ++i) {
    std::string bad = good;
    for (int k = 0; k <= i % 3; ++k) bad[random.Below(bad.size())] = static_cast<char>(random.Below(256));
    TryBytes(file, bad);
  }
}

TEST(HostileTokenizer, JsonCutOrChanged) { TryHostile("tokenizer.json", SmallFile().dump(), 1500); }
TEST(HostileTokenizer, FallbackJsonChanged) {
  // Its byte tokens make the file longer than what is cut at every length.
  const std::string good = FallbackFile().dump();
  const TempDir folder;
  RandomStream random(2, "fallback");
  for (size_t size = 0; size < good.size(); size += 7) TryBytes(folder.path() / "tokenizer.json", good.substr(0, size));
  for (int i = 0; i < 1000; ++i) {
    std::string bad = good;
    for (int k = 0; k <= i % 3; ++k) bad[random.Below(bad.size())] = static_cast<char>(random.Below(256));
    TryBytes(folder.path() / "tokenizer.json", bad);
  }
}
TEST(HostileTokenizer, ConfigCutOrChanged) {
  const TempDir folder;
  const std::string good =
      R"({"added_tokens_decoder": {"0": {"content": "<unk>", "special": true}, "420": {"content": "<a>",
      "lstrip": true}}, "additional_special_tokens": ["<a>", {"content": "<s>"}], "legacy": false, "bos_token": "<s>"})";
  WriteFileAtomic(folder.path() / "tokenizer.model", ReadFile(kGolden / "spm_bpe/tokenizer.model"));
  RandomStream random(3, "config");
  for (size_t size = 0; size < good.size(); ++size) {
    TryBytes(folder.path() / "tokenizer_config.json", good.substr(0, size));
  }
  for (int i = 0; i < 500; ++i) {
    std::string bad = good;
    bad[random.Below(bad.size())] = static_cast<char>(random.Below(256));
    TryBytes(folder.path() / "tokenizer_config.json", bad);
  }
}
TEST(HostileTokenizer, UnigramModelCutOrChanged) {
  TryHostile("tokenizer.model", ReadFile(kGolden / "spm_unigram/tokenizer.model"), 3000);
}
TEST(HostileTokenizer, CharacterModelCutOrChanged) {
  TryHostile("tokenizer.model", ReadFile(kGolden / "chars/tokenizer.model"), 3000);
}

}  // namespace
}  // namespace retort
