// Ranges instead of the Unicode database: what they get wrong is a rare mark taken for a letter, which only makes two
// texts differ that might be called equal.
#include "teacher/words.h"

#include <algorithm>
#include <array>

#include "core/base/utf8.h"

namespace retort {
namespace {

constexpr uint32_t kBroken = 0x110000;  // + the byte: beyond all code points

enum class Kind {
  kSpace,
  kIgnored,   // seen by nobody: a soft hyphen, a zero-width joiner
  kMark,      // separates words
  kOperator,  // a word beside a digit, else a mark
  kAlone,     // a word
  kLetter,
  kDigit,
};

struct Range {
  uint32_t first, last;
  Kind kind;
};
// Beyond ASCII, ascending; what is not listed is a letter.
constexpr auto kRanges = std::to_array<Range>({
    {0x80, 0xA0, Kind::kSpace},       {0xA1, 0xA9, Kind::kMark},        {0xAB, 0xAB, Kind::kMark},
    {0xAC, 0xAC, Kind::kAlone},       {0xAD, 0xAD, Kind::kIgnored},     {0xAE, 0xB0, Kind::kMark},
    {0xB1, 0xB1, Kind::kAlone},       {0xB4, 0xB4, Kind::kMark},        {0xB6, 0xB8, Kind::kMark},
    {0xBB, 0xBB, Kind::kMark},        {0xBF, 0xBF, Kind::kMark},        {0xD7, 0xD7, Kind::kAlone},
    {0xF7, 0xF7, Kind::kAlone},       {0x55A, 0x55F, Kind::kMark},      {0x589, 0x58A, Kind::kMark},
    {0x5BE, 0x5BE, Kind::kMark},      {0x5F3, 0x5F4, Kind::kMark},      {0x60C, 0x60D, Kind::kMark},
    {0x61B, 0x61F, Kind::kMark},      {0x66A, 0x66D, Kind::kMark},      {0x6D4, 0x6D4, Kind::kMark},
    {0x964, 0x965, Kind::kMark},      {0xE01, 0xE4F, Kind::kAlone},     {0xE5A, 0xE5B, Kind::kMark},
    {0xE81, 0xECF, Kind::kAlone},     {0x1000, 0x103F, Kind::kAlone},   {0x104A, 0x104F, Kind::kMark},
    {0x1361, 0x1368, Kind::kMark},    {0x1680, 0x1680, Kind::kSpace},   {0x1780, 0x17D3, Kind::kAlone},
    {0x17D4, 0x17DA, Kind::kMark},    {0x2000, 0x200A, Kind::kSpace},   {0x200B, 0x200F, Kind::kIgnored},
    {0x2010, 0x2027, Kind::kMark},    {0x2028, 0x2029, Kind::kSpace},   {0x202A, 0x202E, Kind::kIgnored},
    {0x202F, 0x202F, Kind::kSpace},   {0x2030, 0x205E, Kind::kMark},    {0x205F, 0x205F, Kind::kSpace},
    {0x2060, 0x206F, Kind::kIgnored}, {0x20A0, 0x20CF, Kind::kAlone},   {0x2190, 0x2BFF, Kind::kAlone},
    {0x2E00, 0x2E7F, Kind::kMark},    {0x3000, 0x3000, Kind::kSpace},   {0x3001, 0x3004, Kind::kMark},
    {0x3005, 0x3007, Kind::kAlone},   {0x3008, 0x3020, Kind::kMark},    {0x3030, 0x3030, Kind::kMark},
    {0x3031, 0x3035, Kind::kAlone},   {0x3036, 0x303F, Kind::kMark},    {0x3040, 0x30FA, Kind::kAlone},
    {0x30FB, 0x30FB, Kind::kMark},    {0x30FC, 0x30FF, Kind::kAlone},   {0x3400, 0x9FFF, Kind::kAlone},
    {0xF900, 0xFAFF, Kind::kAlone},   {0xFE00, 0xFE0F, Kind::kIgnored}, {0xFE10, 0xFE1F, Kind::kMark},
    {0xFE30, 0xFE6F, Kind::kMark},    {0xFEFF, 0xFEFF, Kind::kIgnored}, {0xFF5F, 0xFF65, Kind::kMark},
    {0xFF66, 0xFF9F, Kind::kAlone},   {0x1F000, 0x1FAFF, Kind::kAlone}, {0x20000, 0x3FFFF, Kind::kAlone},
});

Kind KindOf(uint32_t c) {
  if (c < 0x80) {
    if (c <= ' ' || c == 0x7F) return Kind::kSpace;
    if (c >= '0' && c <= '9') return Kind::kDigit;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return Kind::kLetter;
    const char mark = static_cast<char>(c);
    if (std::string_view("-*/%").find(mark) != std::string_view::npos) return Kind::kOperator;
    if (std::string_view("+<=>^|~&").find(mark) != std::string_view::npos) return Kind::kAlone;
    return Kind::kMark;
  }
  const auto* const range = std::lower_bound(kRanges.begin(), kRanges.end(), c,
                                             [](const Range& r, uint32_t wanted) { return r.last < wanted; });
  return range != kRanges.end() && range->first <= c ? range->kind : Kind::kLetter;
}

bool In(uint32_t c, uint32_t first, uint32_t last) { return c >= first && c <= last; }

// The simple lower case of the Unicode database for these scripts; a final sigma is a sigma.
uint32_t Lower(uint32_t c) {
  if (c < 0x80) return In(c, 'A', 'Z') ? c + 32 : c;
  if (c < 0x100) return In(c, 0xC0, 0xDE) && c != 0xD7 ? c + 32 : c;
  if (c < 0x180) {
    if (c == 0x130) return 'i';
    if (c == 0x178) return 0xFF;
    if (In(c, 0x139, 0x148) || In(c, 0x179, 0x17E)) return c % 2 == 1 ? c + 1 : c;  // capitals are odd
    if (c == 0x131 || c == 0x138 || c == 0x149 || c == 0x17F) return c;
    return c | 1;
  }
  if (c < 0x370) return c;
  if (c < 0x400) {
    if (c == 0x386) return 0x3AC;
    if (In(c, 0x388, 0x38A)) return c + 37;
    if (c == 0x38C) return 0x3CC;
    if (c == 0x38E || c == 0x38F) return c + 63;
    if (In(c, 0x391, 0x3AB) && c != 0x3A2) return c + 32;
    return c == 0x3C2 ? 0x3C3 : c;
  }
  if (c < 0x530) {
    if (c < 0x410) return c + 80;
    if (c < 0x430) return c + 32;
    if (In(c, 0x4C1, 0x4CE)) return c % 2 == 1 ? c + 1 : c;
    if (c == 0x4C0) return 0x4CF;
    return In(c, 0x460, 0x481) || In(c, 0x48A, 0x4BF) || c >= 0x4D0 ? c | 1 : c;
  }
  if (In(c, 0x531, 0x556)) return c + 48;
  if (In(c, 0x1E00, 0x1E95) || In(c, 0x1EA0, 0x1EFF)) return c | 1;
  return c;
}

// One writing for what is written in several: full-width forms, hyphens, the minus sign, the curly apostrophe.
uint32_t Plain(uint32_t c) {
  if (In(c, 0xFF01, 0xFF5E)) return c - 0xFEE0;
  if (In(c, 0x2010, 0x2013) || c == 0x2212) return '-';
  return c == 0x2019 ? '\'' : c;
}

struct Character {
  uint32_t code_point;
  Kind kind;
};

std::vector<Character> Characters(std::string_view text) {
  std::vector<Character> characters;
  characters.reserve(text.size());
  while (!text.empty()) {
    const Utf8Step step = NextUtf8(text);
    if (step.code_point < 0) {
      for (const char byte : text.substr(0, step.length)) {
        characters.push_back({kBroken + static_cast<unsigned char>(byte), Kind::kLetter});
      }
    } else {
      const uint32_t c = Lower(Plain(static_cast<uint32_t>(step.code_point)));
      if (const Kind kind = KindOf(c); kind != Kind::kIgnored) characters.push_back({c, kind});
    }
    text.remove_prefix(step.length);
  }
  return characters;
}

// The finaliser of MurmurHash3 (Appleby), a bijection that spreads every bit.
uint64_t Mix(uint64_t h) {
  h = (h ^ (h >> 33)) * 0xFF51AFD7ED558CCD;
  h = (h ^ (h >> 33)) * 0xC4CEB9FE1A85EC53;
  return h ^ (h >> 33);
}

// FNV-1a over code points, mixed at the end.
constexpr uint64_t kHashStart = 0xCBF29CE484222325, kHashFactor = 0x100000001B3;
uint64_t Extended(uint64_t hash, uint32_t c) { return (hash ^ c) * kHashFactor; }

}  // namespace

std::string FoldCaseAndSpace(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  bool space = false;
  while (!text.empty()) {
    const Utf8Step step = NextUtf8(text);
    const auto c = static_cast<uint32_t>(step.code_point);
    if (step.code_point >= 0 && KindOf(c) == Kind::kSpace) {
      space = true;
    } else {
      if (space && !folded.empty()) folded += ' ';
      space = false;
      const uint32_t lower = step.code_point < 0 ? c : Lower(c);
      if (lower == c) {
        folded += text.substr(0, step.length);
      } else if (lower < 0x80) {
        folded += static_cast<char>(lower);
      } else if (lower < 0x800) {
        folded += static_cast<char>(0xC0 | (lower >> 6));
        folded += static_cast<char>(0x80 | (lower & 0x3F));
      } else {
        folded += static_cast<char>(0xE0 | (lower >> 12));
        folded += static_cast<char>(0x80 | ((lower >> 6) & 0x3F));
        folded += static_cast<char>(0x80 | (lower & 0x3F));
      }
    }
    text.remove_prefix(step.length);
  }
  return folded;
}

std::vector<uint64_t> WordHashes(std::string_view text) {
  const std::vector<Character> characters = Characters(text);
  const auto kind = [&](size_t i) { return i < characters.size() ? characters[i].kind : Kind::kSpace; };  // -1 is large
  // Whether the nearest character that is no space, to the left or the right, is a digit.
  const auto beside_digit = [&](size_t i) {
    size_t left = i - 1, right = i + 1;
    while (left < characters.size() && kind(left) == Kind::kSpace) --left;
    while (right < characters.size() && kind(right) == Kind::kSpace) ++right;
    return kind(left) == Kind::kDigit || kind(right) == Kind::kDigit;
  };
  std::vector<uint64_t> words;
  uint64_t word = kHashStart;
  const auto finish = [&] {
    if (word != kHashStart) words.push_back(Mix(word));
    word = kHashStart;
  };
  for (size_t i = 0; i < characters.size(); ++i) {
    const auto [c, its_kind] = characters[i];
    const Kind before = kind(i - 1), after = kind(i + 1);
    const bool joins = (c == '\'' && before == Kind::kLetter && after == Kind::kLetter);
    if (joins) continue;
    if (its_kind == Kind::kLetter || its_kind == Kind::kDigit ||
        (c == '.' && after == Kind::kDigit && before != Kind::kLetter)) {
      word = Extended(word, c);
      continue;
    }
    finish();
    if (its_kind == Kind::kAlone || (its_kind == Kind::kOperator && beside_digit(i))) {
      words.push_back(Mix(Extended(kHashStart, c)));
    }
  }
  finish();
  if (words.empty()) {
    for (const Character& character : characters) {
      if (character.kind != Kind::kSpace) word = Extended(word, character.code_point);
    }
    finish();
  }
  return words;
}

uint64_t SequenceHash(std::span<const uint64_t> words) {
  uint64_t hash = words.size();
  for (const uint64_t word : words) hash = Mix(hash ^ word) + kHashStart;
  return hash;
}

size_t CountCharacters(std::string_view text) {
  size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(NextUtf8(text).length);
  return count;
}

}  // namespace retort
