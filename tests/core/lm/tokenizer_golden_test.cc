// Ids and texts against what the references gave: scripts/golden/tokenizer.py made the files under golden/.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/lm/chat.h"
#include "core/lm/tokenizer.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Ids = std::vector<int>;

const fs::path kGolden = fs::path(RETORT_SOURCE_DIR) / "tests/core/lm/golden";

Json ReadGolden(const fs::path& name) { return Json::parse(ReadFile(kGolden / name)); }
Json Cases(const fs::path& name) { return ReadGolden(name)["cases"]; }

std::vector<std::string> Corpus() {
  std::vector<std::string> texts;
  for (const Json& entry : Cases("corpus.json")) {
    if (entry.contains("text")) {
      texts.push_back(entry["text"]);
      continue;
    }
    const std::string hex = entry["hex"];
    std::string bytes;
    for (size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    texts.push_back(bytes);
  }
  return texts;
}

// results: for each text [ids, ids with specials or null, [[part, its text], ...] or missing].
void ExpectResults(const Tokenizer& tokenizer, const Json& results) {
  const std::vector<std::string> texts = Corpus();
  ASSERT_EQ(texts.size(), results.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    SCOPED_TRACE("text " + std::to_string(i) + ": " +
                 Json(texts[i]).dump(-1, ' ', true, Json::error_handler_t::replace));
    const Json& result = results[i];
    EXPECT_EQ(tokenizer.Encode(texts[i]), result[0].get<Ids>());
    EXPECT_EQ(tokenizer.EncodeWithSpecials(texts[i]), result[result[1].is_null() ? 0 : 1].get<Ids>());
    if (result.size() < 3) continue;
    for (const Json& part : result[2]) EXPECT_EQ(tokenizer.Decode(part[0].get<Ids>()), part[1].get<std::string>());
  }
}

// Ids of prompts in the chat templates that the tokenizer was made for.
void ExpectChats(const Tokenizer& tokenizer, const Json& chats) {
  for (const Json& chat : chats) {
    SCOPED_TRACE(chat["template"].get<std::string>() + chat["messages"].dump());
    std::vector<Message> messages;
    for (const Json& m : chat["messages"]) messages.push_back({m[0], m[1]});
    EXPECT_EQ(EncodePrompt(tokenizer, chat["template"].get<std::string>(), messages), chat["ids"].get<Ids>());
  }
}

class Variants : public testing::TestWithParam<const char*> {};

TEST_P(Variants, AsHuggingFaceTokenizers) {
  const std::string name = GetParam();
  const Json base = ReadGolden(name + "/tokenizer.json");
  for (const Json& variant : Cases(name + ".json")) {
    SCOPED_TRACE("variant " + variant["name"].get<std::string>());
    Json file = base;
    file.merge_patch(variant["patch"]);
    const TempDir folder;
    WriteFileAtomic(folder.path() / "tokenizer.json", file.dump());
    if (variant.contains("bos")) {
      const Json config = {{"bos_token", variant["bos"]}, {"eos_token", variant["eos"]}};
      WriteFileAtomic(folder.path() / "tokenizer_config.json", config.dump());
    }
    const auto tokenizer = LoadTokenizer(folder.path());
    ExpectResults(*tokenizer, variant["results"]);
    EXPECT_EQ(tokenizer->adds_bos() ? Ids{tokenizer->bos_id()} : Ids{}, variant["front"].get<Ids>());
    if (variant.contains("chats")) ExpectChats(*tokenizer, variant["chats"]);
  }
}
INSTANTIATE_TEST_SUITE_P(TokenizerGolden, Variants, testing::Values("bpe", "fallback"),
                         [](const auto& test) { return std::string(test.param); });

// A sentencepiece model with added tokens in the files beside it.
TEST(TokenizerGolden, FilesBesideTheModel) {
  for (const Json& entry : Cases("beside.json")) {
    const TempDir folder;
    WriteFileAtomic(folder.path() / "tokenizer.model", ReadFile(kGolden / "spm_bpe/tokenizer.model"));
    WriteFileAtomic(folder.path() / "tokenizer_config.json", entry["config"].dump());
    WriteFileAtomic(folder.path() / "added_tokens.json", entry["added_tokens"].dump());
    const auto tokenizer = LoadTokenizer(folder.path());
    for (const Json& result : entry["results"]) {
      SCOPED_TRACE(result[0].dump());
      EXPECT_EQ(tokenizer->EncodeWithSpecials(result[0].get<std::string>()), result[1].get<Ids>());
    }
  }
}

TEST(TokenizerGolden, SmolLM2) {
  const fs::path folder = fs::path(RETORT_SOURCE_DIR) / "models/SmolLM2-135M-Instruct";
  if (!fs::exists(folder / "tokenizer.json")) GTEST_SKIP() << "no SmolLM2 here: scripts/fetch-smollm2 gets it";
  const auto tokenizer = LoadTokenizer(folder);
  EXPECT_EQ(tokenizer->vocab_size(), 49152);
  EXPECT_EQ(tokenizer->bos_id(), 1);
  EXPECT_EQ(tokenizer->eos_id(), 2);
  EXPECT_EQ(tokenizer->pad_id(), 2);
  EXPECT_FALSE(tokenizer->adds_bos());
  ExpectResults(*tokenizer, Cases("smollm2.json"));
}

class Published : public testing::TestWithParam<const char*> {};

TEST_P(Published, AsTheReferences) {
  const fs::path folder = fs::path(RETORT_SOURCE_DIR) / "models/tokenizers" / GetParam();
  if (!fs::exists(folder)) GTEST_SKIP() << "no " << folder << " here: scripts/golden/published.py says how to get it";
  const Json golden = ReadGolden("published.json");
  std::vector<std::string> texts = Corpus();
  for (const Json& text : golden["texts"]) texts.push_back(text);
  const auto tokenizer = LoadTokenizer(folder);
  for (const Json& entry : golden["cases"]) {
    if (entry["name"] != GetParam()) continue;
    ASSERT_EQ(texts.size(), entry["results"].size());
    for (size_t i = 0; i < texts.size(); ++i) {
      SCOPED_TRACE("text " + std::to_string(i) + ": " +
                   Json(texts[i]).dump(-1, ' ', true, Json::error_handler_t::replace));
      const Json& result = entry["results"][i];
      if (result.is_null()) continue;
      EXPECT_EQ(tokenizer->Encode(texts[i]), result[0].get<Ids>());
      if (!result[1].is_null()) {
        EXPECT_EQ(tokenizer->EncodeWithSpecials(texts[i]), result[1].get<Ids>());
      }
    }
    return;
  }
  FAIL() << "published.json has no ids of it";
}
INSTANTIATE_TEST_SUITE_P(TokenizerGolden, Published,
                         testing::Values("deepseek-llm", "deepseek-r1-qwen", "llama2", "llama2-json", "llama3",
                                         "mistral-v1", "mistral-v1-json", "mistral-v3", "mistral-v3-json", "qwen2"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(TokenizerGolden, SentencePiece) {
  for (const Json& model : Cases("sentencepiece.json")) {
    const std::string name = model["name"];
    const auto tokenizer = LoadTokenizer(kGolden / name);
    for (const Json& result : model["results"]) {
      SCOPED_TRACE(name + ": " + result["text"].dump());
      EXPECT_EQ(tokenizer->Encode(result["text"].get<std::string>()), result["ids"].get<Ids>());
      for (const Json& part : result["decoded"]) {
        EXPECT_EQ(tokenizer->Decode(part[0].get<Ids>()), part[1].get<std::string>()) << part[0];
      }
    }
  }
}

TEST(TokenizerGolden, BytesOfTokensMakeTheText) {
  for (const char* name : {"bpe", "spm_bpe", "chars"}) {
    const auto tokenizer = LoadTokenizer(kGolden / name);
    const std::string text = "the dog sat on 48 clips.";
    std::string joined;
    for (const int id : tokenizer->Encode(text)) joined += tokenizer->TokenBytes(id);
    EXPECT_EQ(joined, std::string(name) == "spm_bpe" ? " " + text : text) << name;
  }
}

}  // namespace
}  // namespace retort
