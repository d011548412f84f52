#include "core/lm/added_tokens.h"

#include <algorithm>

#include "core/base/utf8.h"
#include "core/lm/pattern.h"

namespace retort {
namespace {

bool Holds(const Pattern& pattern, std::string_view character) {
  std::vector<Span> spans;
  pattern.Cut(character, spans);
  return spans.front().is_match;
}

bool IsWord(std::string_view character) {
  static const Pattern word(R"([\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}])", {.place = "word characters"});
  return Holds(word, character);
}

bool IsSpace(std::string_view character) {
  static const Pattern space(R"(\s)", {.place = "white space"});
  return Holds(space, character);
}

std::string_view FirstCharacter(std::string_view text) { return text.substr(0, NextUtf8(text).length); }
std::string_view LastCharacter(std::string_view text) {
  size_t begin = text.size() - 1;
  while (begin > 0 && (text[begin] & 0xC0) == 0x80) --begin;
  return text.substr(begin);
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, const Normalizer& normalizer) : tokens_(std::move(tokens)) {
  for (AddedToken& token : tokens_) {
    if (token.normalized) token.content = Normalize(normalizer, token.content);
  }
  std::erase_if(tokens_, [](const AddedToken& token) { return token.content.empty(); });
  std::stable_sort(tokens_.begin(), tokens_.end(),
                   [](const AddedToken& a, const AddedToken& b) { return a.content.size() > b.content.size(); });
  for (size_t i = 0; i < tokens_.size(); ++i) {
    first_byte_[static_cast<unsigned char>(tokens_[i].content.front())].push_back(i);
  }
}

std::vector<TextPart> AddedTokens::Cut(std::string_view text, bool normalized, bool with_specials) const {
  std::vector<TextPart> parts;
  size_t done = 0;
  for (size_t at = 0; at < text.size();) {
    const AddedToken* found = nullptr;
    for (const size_t i : first_byte_[static_cast<unsigned char>(text[at])]) {
      if (tokens_[i].normalized == normalized && text.substr(at).starts_with(tokens_[i].content)) {
        found = &tokens_[i];
        break;
      }
    }
    if (found == nullptr) {
      ++at;
      continue;
    }
    size_t begin = at, end = at + found->content.size();
    at = end;  // also past a match that is not taken, as the reference does
    if (found->special && !with_specials) continue;
    if (found->single_word && ((begin > 0 && IsWord(LastCharacter(text.substr(0, begin)))) ||
                               (end < text.size() && IsWord(FirstCharacter(text.substr(end)))))) {
      continue;
    }
    if (found->lstrip) {
      while (begin > done && IsSpace(LastCharacter(text.substr(0, begin)))) {
        begin -= LastCharacter(text.substr(0, begin)).size();
      }
    }
    if (found->rstrip) {
      while (end < text.size() && IsSpace(FirstCharacter(text.substr(end)))) {
        end += FirstCharacter(text.substr(end)).size();
      }
    }
    if (done < begin) parts.push_back({-1, text.substr(done, begin - done)});
    parts.push_back({found->id, text.substr(begin, end - begin)});
    done = end;
  }
  if (done < text.size()) parts.push_back({-1, text.substr(done)});
  return parts;
}

}  // namespace retort
