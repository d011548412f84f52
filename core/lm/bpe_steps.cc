// Reads what a tokenizer.json does before and after its model: normalizer, pre-tokenizer, decoder, post-processor. Two
// chains are built: ByteLevel at both ends, and U+2581 for spaces (by normalizer or Metaspace) with a decoder that
// turns byte tokens back.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/lm/bpe_tokenizer.h"

namespace retort {
namespace {

// The regular expression of ByteLevel, from GPT-2's encoder.py.
constexpr std::string_view kGpt2Words = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// The steps of a Sequence, or the one step that stands in its place. (ParseJson bounds the depth.)
void Flatten(const JsonNode& node, const std::string& list, std::vector<JsonNode>& steps) {
  if (node.IsNull()) return;
  if (node.Type() != "Sequence") {
    steps.push_back(node);
    return;
  }
  node[list].ForEach([&](const JsonNode& child) { Flatten(child, list, steps); });
}

std::vector<JsonNode> Steps(const JsonNode& node, const std::string& list) {
  std::vector<JsonNode> steps;
  Flatten(node, list, steps);
  return steps;
}

void ReadNormalizer(const JsonNode& node, BpeFile& out) {
  for (const JsonNode& step : Steps(node, "normalizers")) {
    const std::string type = step.Type();
    if (type == "NFC") {
      out.normalizer.push_back({NormalizerStep::Kind::kNfc});
    } else if (type == "Prepend") {
      out.normalizer.push_back({NormalizerStep::Kind::kPrepend, "", step["prepend"].Text()});
    } else if (type == "Replace") {
      const JsonNode pattern = step["pattern"];
      if (!pattern["Regex"].IsNull()) pattern["Regex"].Unbuilt("a Replace by regular expression");
      const std::string from = pattern["String"].Text();
      if (from.empty()) pattern["String"].Fail("is empty");
      out.normalizer.push_back({NormalizerStep::Kind::kReplace, from, step["content"].Text()});
    } else {
      step.Unbuilt(fmt::format("the normalizer {}", type));
    }
  }
}

Pattern ReadPattern(const JsonNode& node) {
  if (const JsonNode regex = node["Regex"]; !regex.IsNull()) return Pattern(regex.Text(), regex.where());
  const JsonNode text = node["String"];
  std::string quoted;
  for (const char c : text.Text()) {
    if (std::ispunct(static_cast<unsigned char>(c)) != 0) quoted += '\\';
    quoted += c;
  }
  if (quoted.empty()) text.Fail("is empty");
  return Pattern(quoted, text.where());
}

PreTokenizerStep ReadMetaspace(const JsonNode& node) {
  if (node["replacement"].Text() != kSpaceMark) node["replacement"].Unbuilt("a replacement other than U+2581");
  // Files of before 2024 say add_prefix_space for always or never.
  constexpr std::array<std::string_view, 3> kNames = {"never", "first", "always"};
  const JsonNode scheme = node["prepend_scheme"];
  const std::string name = scheme.IsNull() ? (node["add_prefix_space"].Flag(true) ? "always" : "never") : scheme.Text();
  const auto* found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) scheme.Unbuilt(Excerpt(name));
  PreTokenizerStep step;
  step.metaspace = static_cast<PrefixScheme>(found - kNames.begin());
  if (node["split"].Flag(true)) {
    step.pattern.emplace(kSpaceMark, node.where());
    step.behavior = SplitBehavior::kMergedWithNext;
  }
  return step;
}

PreTokenizerStep ReadPreTokenizerStep(const JsonNode& node) {
  const std::string type = node.Type();
  if (type == "Metaspace") return ReadMetaspace(node);
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
    step.pattern.emplace(ReadPattern(node["pattern"]));
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
  return step;
}

// ByteLevel comes last, since what stands behind it would see its alphabet and not the text.
void ReadPreTokenizer(const JsonNode& node, BpeFile& out) {
  const std::vector<JsonNode> steps = Steps(node, "pretokenizers");
  out.byte_level = !steps.empty() && steps.back().Type() == "ByteLevel";
  for (const JsonNode& step : steps) {
    if (&step != &steps.back() && step.Type() == "ByteLevel") step.Unbuilt("ByteLevel before others");
    if (out.byte_level && step.Type() == "Metaspace") step.Unbuilt("Metaspace beside ByteLevel");
    out.pre_tokenizer.push_back(ReadPreTokenizerStep(step));
  }
}

void ReadDecoder(const JsonNode& node, BpeFile& out) {
  std::vector<JsonNode> steps = Steps(node, "decoders");
  if (out.byte_level) {
    if (steps.size() != 1 || steps[0].Type() != "ByteLevel") node.Unbuilt("a decoder other than ByteLevel");
    return;
  }
  if (!steps.empty() && steps.back().Type() == "Strip") {
    const JsonNode strip = steps.back();
    steps.pop_back();
    if (strip.json != nlohmann::json{{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}}) {
      strip.Unbuilt("a Strip but of one space at the start");
    }
    out.drops_first_space = true;
  }
  const nlohmann::json replace = {{"type", "Replace"}, {"pattern", {{"String", kSpaceMark}}}, {"content", " "}};
  if (steps.size() != 3 || steps[0].json != replace || steps[1].Type() != "ByteFallback" || steps[2].Type() != "Fuse") {
    node.Unbuilt("a decoder other than Replace of U+2581, ByteFallback, Fuse, Strip");
  }
}

// ByteLevel trims offsets and changes no ids; of a template only the token in front matters here.
void ReadPostProcessor(const JsonNode& node, BpeFile& out) {
  for (const JsonNode& step : Steps(node, "processors")) {
    if (step.Type() == "ByteLevel") continue;
    if (step.Type() != "TemplateProcessing") step.Unbuilt(fmt::format("the post-processor {}", step.Type()));
    const JsonNode single = step["single"];
    if (!single.json.is_array() || single.json.empty()) single.Fail("is not a list of pieces");
    bool first = true;
    single.ForEach([&](const JsonNode& piece) {
      const JsonNode special = piece["SpecialToken"];
      if (!special.IsNull() && !first) special.Unbuilt("a template with a token after the first place");
      first = false;
      if (special.IsNull()) return;
      out.leading_special = special["id"].Text();
      const JsonNode ids = step["special_tokens"][out.leading_special]["ids"];  // these are what the reference puts
      ids.ForEach([&](const JsonNode& id) {
        if (out.leading_id >= 0) ids.Unbuilt("a template with several ids for a token");
        out.leading_id = id.Id();
      });
    });
  }
}

}  // namespace

void ReadBpeSteps(const JsonNode& root, BpeFile& out) {
  ReadNormalizer(root["normalizer"], out);
  ReadPreTokenizer(root["pre_tokenizer"], out);
  ReadDecoder(root["decoder"], out);
  ReadPostProcessor(root["post_processor"], out);
}

}  // namespace retort
