// Ids and texts against what the references gave: scripts/golden/tokenizer.py made the files under golden/.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/files.h"
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

TEST(TokenizerGolden, BytePairsInAllVariants) {
  const Json base = ReadGolden("bpe/tokenizer.json");
  for (const Json& variant : Cases("bpe.json")) {
    SCOPED_TRACE("variant " + variant["name"].get<std::string>());
    Json file = base;
    file.merge_patch(variant["patch"]);
    const TempDir folder;
    WriteFileAtomic(folder.path() / "tokenizer.json", file.dump());
    ExpectResults(*LoadTokenizer(folder.path()), variant["results"]);
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
