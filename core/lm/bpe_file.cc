// Reads a tokenizer.json of Hugging Face `tokenizers`. Only what byte-level models use (GPT-2, Llama 3, SmolLM2) is
// built; anything else is refused by its name and JSON path, since a tokenizer that is nearly right is worse than none.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/utf8.h"
#include "core/lm/bpe_tokenizer.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int kMaxId = 1 << 22;  // sixteen times the largest vocabulary in use; bounds what a file can allocate

// The regular expression of ByteLevel, from GPT-2's encoder.py.
constexpr std::string_view kGpt2Words = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// A value and where it stands.
struct Node {
  const Json& json;
  const fs::path& file;
  std::string path;

  Where where() const { return {.file = file.string(), .place = path.empty() ? "" : "key " + path}; }
  [[noreturn]] void Fail(std::string_view problem) const { throw Error(where(), problem); }
  [[noreturn]] void Unbuilt(std::string_view what) const {
    throw Error(where(), fmt::format("{} is not supported", what),
                "supported is byte-level BPE as GPT-2, Llama 3, SmolLM2");
  }
  bool IsNull() const { return json.is_null(); }
  // A missing key is null.
  Node operator[](const std::string& key) const {
    static const Json null;
    if (!json.is_object()) Fail("is not an object");
    const auto found = json.find(key);
    return {found == json.end() ? null : *found, file, path.empty() ? key : path + "." + key};
  }
  template <typename F>
  void ForEach(const F& f) const {
    if (!json.is_array()) Fail("is not a list");
    for (size_t i = 0; i < json.size(); ++i) f(Node{json[i], file, fmt::format("{}[{}]", path, i)});
  }
  std::string Text() const {
    if (!json.is_string()) Fail("is not a text");
    return json.get<std::string>();
  }
  bool Flag(bool otherwise) const {
    if (IsNull()) return otherwise;
    if (!json.is_boolean()) Fail("is neither true nor false");
    return json.get<bool>();
  }
  int Id() const {
    if (!json.is_number_integer() || json < 0 || json >= kMaxId) {
      Fail(fmt::format("is no token id (an integer from 0 to {})", kMaxId - 1));
    }
    return json.get<int>();
  }
  std::string Type() const {
    const Node type = (*this)["type"];
    const std::string name = type.Text();
    if (!std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0; })) {
      type.Fail(fmt::format("{} is no type", Excerpt(name)));
    }
    return name;
  }
  void RefuseUnlessEmpty(const std::string& key) const {
    const Node node = (*this)[key];
    const bool empty = node.IsNull() || node.json == false || node.json == "" || node.json == 0.0;
    if (!empty) node.Unbuilt(key);
  }
};

// GPT-2's bytes_to_unicode: printable Latin-1 stands for itself, the other 68 bytes for U+0100 onwards.
const std::array<int, 0x144>& ByteOfCharacter() {  // -1: stands for no byte
  static const std::array<int, 0x144> table = [] {
    std::array<int, 0x144> bytes{};
    bytes.fill(-1);
    size_t next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
      bytes[printable ? static_cast<size_t>(byte) : next++] = byte;
    }
    return bytes;
  }();
  return table;
}

// The bytes that a token of the file stands for. A token with a character outside the alphabet stands for its own
// UTF-8.
struct TokenText {
  std::string bytes;
  bool byte_level;
};
TokenText Undo(const std::string& token) {
  std::string bytes;
  for (std::string_view rest = token; !rest.empty();) {
    const Utf8Step step = NextUtf8(rest);
    const auto& table = ByteOfCharacter();
    const auto code = static_cast<size_t>(step.code_point);
    if (step.code_point < 0 || code >= table.size() || table[code] < 0) return {token, false};
    bytes += static_cast<char>(table[code]);
    rest.remove_prefix(step.length);
  }
  return {bytes, true};
}

void PutToken(const Node& node, int id, const std::string& token, BpeFile& out) {
  const auto i = static_cast<size_t>(id);
  if (out.token_bytes.size() <= i) out.token_bytes.resize(i + 1);
  if (!out.token_bytes[i].empty() && out.token_bytes[i] != Undo(token).bytes) {
    node.Fail(fmt::format("id {} is that of two tokens", id));
  }
  out.token_bytes[i] = Undo(token).bytes;
}

void ReadModel(const Node& model, BpeFile& out) {
  if (!model["type"].IsNull() && model.Type() != "BPE") model["type"].Unbuilt(fmt::format("a {} model", model.Type()));
  for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"}) {
    model.RefuseUnlessEmpty(key);
  }
  const Node vocab = model["vocab"];
  if (!vocab.json.is_object()) vocab.Fail("is not an object of tokens and ids");
  StringMap<int> ids;
  for (const auto& [token, value] : vocab.json.items()) {
    const Node entry{value, vocab.file, vocab.path + "." + Excerpt(token)};
    const int id = entry.Id();
    if (token.empty()) entry.Fail("is a token without text");
    PutToken(entry, id, token, out);
    ids.emplace(token, id);
    if (TokenText text = Undo(token); text.byte_level) out.ids_by_bytes.emplace(std::move(text.bytes), id);
  }
  const auto id_of = [&](const Node& node, const std::string& token) {
    const auto found = ids.find(token);
    if (found == ids.end()) node.Fail(fmt::format("{} is not in the vocabulary", Excerpt(token)));
    return found->second;
  };
  model["merges"].ForEach([&](const Node& merge) {
    std::string left, right;
    if (merge.json.is_array() && merge.json.size() == 2 && merge.json[0].is_string() && merge.json[1].is_string()) {
      left = merge.json[0].get<std::string>();
      right = merge.json[1].get<std::string>();
    } else {
      const std::string pair = merge.Text();
      const size_t space = pair.find(' ');
      if (space == std::string::npos || pair.find(' ', space + 1) != std::string::npos) {
        merge.Fail("is not two tokens with a space between");
      }
      left = pair.substr(0, space);
      right = pair.substr(space + 1);
    }
    out.merges.push_back({id_of(merge, left), id_of(merge, right), id_of(merge, left + right)});
  });
  if (const Node unk = model["unk_token"]; !unk.IsNull()) out.options.unk_id = id_of(unk, unk.Text());
  out.options.fuse_unk = model["fuse_unk"].Flag(false);
  out.options.ignore_merges = model["ignore_merges"].Flag(false);
}

void ReadAddedTokens(const Node& list, BpeFile& out) {
  if (list.IsNull()) return;
  std::set<std::string> contents;
  list.ForEach([&](const Node& entry) {
    AddedToken token;
    token.id = entry["id"].Id();
    token.content = entry["content"].Text();
    if (token.content.empty()) entry["content"].Fail("is empty");
    if (!contents.insert(token.content).second) entry["content"].Fail("stands twice");
    token.special = entry["special"].Flag(false);
    token.normalized = entry["normalized"].Flag(!token.special);
    token.lstrip = entry["lstrip"].Flag(false);
    token.rstrip = entry["rstrip"].Flag(false);
    token.single_word = entry["single_word"].Flag(false);
    PutToken(entry["id"], token.id, token.content, out);
    out.added.push_back(std::move(token));
  });
}

void ReadPreTokenizer(const Node& node, bool last, BpeFile& out);

void ReadSequence(const Node& list, BpeFile& out) {
  size_t left = list.json.is_array() ? list.json.size() : 0;
  list.ForEach([&](const Node& child) { ReadPreTokenizer(child, --left == 0, out); });
}

// ByteLevel comes last, since what stands behind it would see its alphabet and not the text.
void ReadPreTokenizer(const Node& node, bool last, BpeFile& out) {
  const std::string type = node.Type();
  if (type == "Sequence") {
    if (!last) node.Unbuilt("a Sequence within a sequence");
    ReadSequence(node["pretokenizers"], out);
    return;
  }
  if (last != (type == "ByteLevel"))
    node.Unbuilt(fmt::format("{} {}", type, last ? "without ByteLevel" : "before others"));
  PreTokenizerStep step;
  if (type == "ByteLevel") {
    step.add_prefix_space = node["add_prefix_space"].Flag(true);
    if (node["use_regex"].Flag(true)) step.pattern.emplace(kGpt2Words, node.where());
  } else if (type == "Digits") {
    // \p{N} of the reference's Digits is Rust's char::is_numeric, a Unicode version ahead of its regular expressions.
    const bool individual = node["individual_digits"].Flag(false);
    step.pattern.emplace(R"([\p{N}\x{11DE0}-\x{11DE9}\x{16FF4}-\x{16FF6}])", node.where());
    step.behavior = individual ? SplitBehavior::kIsolated : SplitBehavior::kContiguous;
  } else if (type == "Split") {
    const Node pattern = node["pattern"];
    if (const Node regex = pattern["Regex"]; !regex.IsNull()) {
      step.pattern.emplace(regex.Text(), regex.where());
    } else {
      const Node text = pattern["String"];
      std::string quoted;
      for (const char c : text.Text()) {
        if (std::ispunct(static_cast<unsigned char>(c)) != 0) quoted += '\\';
        quoted += c;
      }
      if (quoted.empty()) text.Fail("is empty");
      step.pattern.emplace(quoted, text.where());
    }
    constexpr std::array<std::string_view, 5> kNames = {"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext",
                                                        "Contiguous"};
    const std::string behavior = node["behavior"].Text();
    const auto* found = std::find(kNames.begin(), kNames.end(), behavior);
    if (found == kNames.end()) node["behavior"].Unbuilt(Excerpt(behavior));
    step.behavior = static_cast<SplitBehavior>(found - kNames.begin());
    step.invert = node["invert"].Flag(false);
  } else {
    node.Unbuilt(type);
  }
  out.pre_tokenizer.push_back(std::move(step));
}

void CheckNormalizer(const Node& node) {
  if (node.IsNull()) return;
  if (node.Type() != "Sequence") node.Unbuilt(fmt::format("the normalizer {}", node.Type()));
  node["normalizers"].ForEach(CheckNormalizer);
}

// ByteLevel trims offsets and changes no ids; of a template only the token in front matters here.
void ReadPostProcessor(const Node& node, BpeFile& out) {
  if (node.IsNull() || node.Type() == "ByteLevel") return;
  if (node.Type() == "Sequence") {
    node["processors"].ForEach([&](const Node& child) { ReadPostProcessor(child, out); });
    return;
  }
  if (node.Type() != "TemplateProcessing") node.Unbuilt(fmt::format("the post-processor {}", node.Type()));
  const Node single = node["single"];
  if (!single.json.is_array() || single.json.empty()) single.Fail("is not a list of pieces");
  const Node first{single.json[0], single.file, single.path + "[0]"};
  if (const Node special = first["SpecialToken"]; !special.IsNull()) out.leading_special = special["id"].Text();
}

}  // namespace

BpeFile ReadBpeFile(const fs::path& file) {
  const Json json = ParseJson(ReadFile(file, size_t{256} << 20), {.file = file.string()});
  const Node root{json, file, ""};
  BpeFile out;
  ReadModel(root["model"], out);
  ReadAddedTokens(root["added_tokens"], out);
  CheckNormalizer(root["normalizer"]);
  const Node pre = root["pre_tokenizer"];
  if (pre.IsNull()) pre.Unbuilt("a model without ByteLevel");
  ReadPreTokenizer(pre, true, out);
  if (root["decoder"].IsNull() || root["decoder"].Type() != "ByteLevel")
    root["decoder"].Unbuilt("a decoder other than ByteLevel");
  ReadPostProcessor(root["post_processor"], out);
  return out;
}

}  // namespace retort
