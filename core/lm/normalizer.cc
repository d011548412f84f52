#include "core/lm/normalizer.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "core/base/error.h"
#include "core/base/utf8.h"

namespace retort {
namespace {

struct Range {
  int64_t first, last;
};

// Hugging Face `tokenizers` normalises by Unicode 9. A character that came later is a plain one there: it combines with
// nothing and changes no order. These are the later characters up to Unicode 16 that combine (as the reference itself
// was asked, code point by code point), or blocks that were empty in Unicode 9 and hold such characters. Never changed
// by a newer libutf8proc.
constexpr Range kYounger[] = {
    {0x7FD, 0x7FD},     {0x897, 0x89F},     {0x8CA, 0x8D3},     {0x9FE, 0x9FE},     {0xC3C, 0xC3C},
    {0xCF3, 0xCF3},     {0xD3B, 0xD3C},     {0xEBA, 0xEBA},     {0xECE, 0xECE},     {0x1715, 0x1715},
    {0x1ABF, 0x1AFF},   {0x1DF6, 0x1DFA},   {0xA82C, 0xA82C},   {0x105C0, 0x105FF}, {0x10D24, 0x10D27},
    {0x10D40, 0x10D8F}, {0x10EAB, 0x10EAC}, {0x10EFC, 0x10EFF}, {0x10F46, 0x10F50}, {0x10F82, 0x10F85},
    {0x11070, 0x11070}, {0x11241, 0x11241}, {0x1133B, 0x1133B}, {0x11380, 0x113FF}, {0x1145E, 0x1145E},
    {0x11839, 0x1183A}, {0x11900, 0x1195F}, {0x119E0, 0x119E0}, {0x11A34, 0x11A34}, {0x11A47, 0x11A47},
    {0x11A99, 0x11A99}, {0x11D42, 0x11D45}, {0x11D97, 0x11D97}, {0x11F00, 0x11F5F}, {0x13440, 0x13455},
    {0x16100, 0x1613F}, {0x16D40, 0x16D7F}, {0x16FF0, 0x16FF1}, {0x1E08F, 0x1E08F}, {0x1E130, 0x1E136},
    {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF}, {0x1E4EC, 0x1E4EF}, {0x1E5EE, 0x1E5EF},
};

bool IsYounger(int64_t code_point) {
  return std::any_of(std::begin(kYounger), std::end(kYounger),
                     [&](const Range& range) { return range.first <= code_point && code_point <= range.last; });
}

void AppendNfc(std::string_view text, std::string& out) {
  if (text.empty()) return;
  utf8proc_uint8_t* composed = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &composed, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(composed, &std::free);
  if (size < 0)
    throw Error(fmt::format("a text of {} bytes cannot be normalised: {}", text.size(), utf8proc_errmsg(size)));
  out.append(reinterpret_cast<const char*>(composed), static_cast<size_t>(size));
}

std::string Nfc(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    return std::string(text);
  }
  std::string out;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = NextUtf8(text.substr(at));
    if (IsYounger(step.code_point)) {
      AppendNfc(text.substr(begin, at - begin), out);
      out += text.substr(at, step.length);
      begin = at + step.length;
    }
    at += step.length;
  }
  AppendNfc(text.substr(begin), out);
  return out;
}

}  // namespace

void ReplaceAll(std::string_view from, std::string_view to, std::string& text) {
  std::string out;
  size_t begin = 0;
  for (size_t at; (at = text.find(from, begin)) != std::string::npos; begin = at + from.size()) {
    out.append(text, begin, at - begin).append(to);
  }
  if (begin > 0) text = out.append(text, begin);
}

std::string Normalize(const Normalizer& steps, std::string_view text, bool prepend) {
  std::string out(text);
  for (const NormalizerStep& step : steps) {
    switch (step.kind) {
      case NormalizerStep::Kind::kNfc:
        out = Nfc(out);
        break;
      case NormalizerStep::Kind::kPrepend:
        if (prepend && !out.empty()) out.insert(0, step.to);
        break;
      case NormalizerStep::Kind::kReplace:
        ReplaceAll(step.from, step.to, out);
        break;
    }
  }
  return out;
}

}  // namespace retort
