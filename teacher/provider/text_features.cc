#include "teacher/provider/text_features.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>

namespace retort {
namespace {

constexpr size_t kMostBytes = size_t{1} << 16;  // of a prompt that are looked at
constexpr size_t kMostShape = 2000;

bool IsDigit(unsigned char c) { return c >= '0' && c <= '9'; }
bool IsUpper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
bool IsLetter(unsigned char c) { return IsUpper(c) || (c >= 'a' && c <= 'z') || c >= 0x80; }
bool IsSpace(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char Lower(char c) { return IsUpper(static_cast<unsigned char>(c)) ? static_cast<char>(c - 'A' + 'a') : c; }

std::string TextOf(const std::vector<Message>& prompt) {
  std::string text;
  for (const Message& message : prompt) {
    if (!text.empty()) text += '\n';
    text += message.content.substr(0, kMostBytes - std::min(kMostBytes, text.size()));
    if (text.size() >= kMostBytes) break;
  }
  return text;
}

double Round(double value) { return std::round(value * 1e4) / 1e4; }

// FNV-1a: fixed by definition, and fast enough for every request.
uint32_t Fnv(std::string_view bytes) {
  uint32_t hash = 2166136261U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  // FNV's low bits are weak for short keys.
  hash ^= hash >> 16;
  hash *= 0x85ebca6bU;
  return hash ^ (hash >> 13);
}

struct Counts {
  double bytes = 0, digits = 0, upper = 0, punctuation = 0, beyond_ascii = 0, words = 0, word_bytes = 0;
  std::array<double, 256> of_byte{};
  std::set<std::string, std::less<>> distinct;
};

Counts Count(std::string_view text) {
  Counts counts;
  std::string word;
  const auto end_word = [&] {
    if (word.empty()) return;
    counts.words += 1;
    counts.word_bytes += static_cast<double>(word.size());
    counts.distinct.insert(word);
    word.clear();
  };
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    counts.bytes += 1;
    counts.of_byte[byte] += 1;
    counts.digits += IsDigit(byte) ? 1 : 0;
    counts.upper += IsUpper(byte) ? 1 : 0;
    counts.beyond_ascii += byte >= 0x80 ? 1 : 0;
    const bool in_word = IsLetter(byte) || IsDigit(byte);
    counts.punctuation += !in_word && !IsSpace(byte) ? 1 : 0;
    if (in_word) {
      word += Lower(c);
    } else {
      end_word();
    }
  }
  end_word();
  return counts;
}

double Entropy(const Counts& counts) {
  double bits = 0;
  for (const double n : counts.of_byte) {
    if (n > 0) bits -= n / counts.bytes * std::log2(n / counts.bytes);
  }
  return bits;
}

}  // namespace

const std::array<std::string, kTextFeatures>& TextFeatureNames() {
  static const std::array<std::string, kTextFeatures> names = [] {
    std::array<std::string, kTextFeatures> all = {"log_bytes",           "log_words",         "digit_share",
                                                  "upper_share",         "punctuation_share", "beyond_ascii_share",
                                                  "distinct_word_share", "byte_entropy_bits"};
    for (size_t i = 0; i < kTrigramDirections; ++i) all[kTextMeasures + i] = "trigrams_" + std::to_string(i);
    return all;
  }();
  return names;
}

std::array<double, kTextFeatures> TextFeaturesOf(const std::vector<Message>& prompt) {
  const std::string text = TextOf(prompt);
  const Counts counts = Count(text);
  std::array<double, kTextFeatures> features{};
  const double bytes = std::max(counts.bytes, 1.0);
  features[0] = std::log1p(counts.bytes);
  features[1] = std::log1p(counts.words);
  features[2] = counts.digits / bytes;
  features[3] = counts.upper / bytes;
  features[4] = counts.punctuation / bytes;
  features[5] = counts.beyond_ascii / bytes;
  features[6] = static_cast<double>(counts.distinct.size()) / std::max(counts.words, 1.0);
  features[7] = Entropy(counts);
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), Lower);
  double squares = 0;
  for (size_t i = 0; i + 3 <= lower.size(); ++i) {
    const uint32_t hash = Fnv(std::string_view(lower).substr(i, 3));
    features[kTextMeasures + hash % kTrigramDirections] += (hash >> 31) == 0 ? 1 : -1;
  }
  for (size_t i = kTextMeasures; i < kTextFeatures; ++i) squares += features[i] * features[i];
  for (size_t i = kTextMeasures; i < kTextFeatures && squares > 0; ++i) features[i] /= std::sqrt(squares);
  std::ranges::transform(features, features.begin(), Round);
  return features;
}

std::string TemplateShape(const std::vector<Message>& prompt) {
  const std::string text = TextOf(prompt);
  std::string shape;
  for (size_t at = 0; at < text.size() && shape.size() < kMostShape;) {
    const auto byte = static_cast<unsigned char>(text[at]);
    size_t end = at + 1;
    if (IsDigit(byte)) {
      while (end < text.size() && (IsDigit(static_cast<unsigned char>(text[end])) ||
                                   ((text[end] == '.' || text[end] == ',') && end + 1 < text.size() &&
                                    IsDigit(static_cast<unsigned char>(text[end + 1]))))) {
        ++end;
      }
      shape += '0';
    } else if (IsLetter(byte)) {
      while (end < text.size() && IsLetter(static_cast<unsigned char>(text[end]))) ++end;
      if (end - at > 3) {
        if (!shape.ends_with("w ") && !shape.ends_with("w")) shape += 'w';  // "Ann Smith" is as good as "Ann Lee Smith"
      } else {
        for (size_t i = at; i < end; ++i) shape += Lower(text[i]);
      }
    } else if (byte == '"') {
      const size_t close = text.find('"', end);
      if (close != std::string::npos) end = close + 1;
      shape += "\"\"";
    } else if (IsSpace(byte)) {
      while (end < text.size() && IsSpace(static_cast<unsigned char>(text[end]))) ++end;
      if (!shape.ends_with(' ')) shape += ' ';
    } else {
      shape += text[at];
    }
    at = end;
  }
  return shape;
}

}  // namespace retort
