// Table 3-7 of the Unicode standard as code: the first byte gives the length and the range of the second.
#include "core/base/utf8.h"

namespace retort {

Utf8Step NextUtf8(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return {1, first};
  if (first < 0xC2 || first > 0xF4) return {1, -1};
  const size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  unsigned low = 0x80, high = 0xBF;  // of the second byte: no overlong forms, no surrogates, nothing over 10FFFF
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  int64_t code_point = first & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if (i >= text.size() || byte(i) < low || byte(i) > high) return {i, -1};
    code_point = code_point << 6 | (byte(i) & 0x3F);
    low = 0x80, high = 0xBF;
  }
  return {length, code_point};
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Step step = NextUtf8(text);
    if (step.code_point < 0) return false;
    text.remove_prefix(step.length);
  }
  return true;
}

std::string ToUtf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Utf8Step step = NextUtf8(bytes);
    text.append(step.code_point < 0 ? std::string_view("\uFFFD") : bytes.substr(0, step.length));
    bytes.remove_prefix(step.length);
  }
  return text;
}

}  // namespace retort
