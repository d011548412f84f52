// PCRE2 behind two functions.
#include "core/data/answer_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>
#include <array>

#include "core/base/error.h"

namespace retort {
namespace {

// Backtracking from one starting point; a pattern that reaches this is given up for the whole text.
constexpr uint32_t kMatchLimit = 200000;
// Of all starting points of a text together, where a client chooses the text: about a second or two.
constexpr uint32_t kTextLimit = 100'000'000;
constexpr uint32_t kHeapLimitKib = 64 * 1024;

// Matches of one pattern in one text.
class Matcher {
 public:
  Matcher(const pcre2_code* code, std::string_view text, uint32_t limit = kMatchLimit)
      : code_(code),
        text_(text),
        match_(pcre2_match_data_create_from_pattern(code, nullptr), pcre2_match_data_free),
        limits_(pcre2_match_context_create(nullptr), pcre2_match_context_free) {
    pcre2_set_match_limit(limits_.get(), limit);
    pcre2_set_heap_limit(limits_.get(), kHeapLimitKib);
  }

  // What pcre2_match says of the first match at or behind `start`; below 0: none, or a limit.
  int From(size_t start) const {
    return pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(text_.data()), text_.size(), start, 0, match_.get(),
                       limits_.get());
  }
  const size_t* spans() const { return pcre2_get_ovector_pointer(match_.get()); }

 private:
  const pcre2_code* code_;
  std::string_view text_;
  std::unique_ptr<pcre2_match_data, void (*)(pcre2_match_data*)> match_;
  std::unique_ptr<pcre2_match_context, void (*)(pcre2_match_context*)> limits_;
};

}  // namespace

AnswerPattern::AnswerPattern(const std::string& pattern) {
  int error = 0;
  size_t offset = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                   PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, &error, &offset, nullptr);
  if (code == nullptr) {
    std::array<unsigned char, 256> message{};
    pcre2_get_error_message(error, message.data(), message.size());
    throw Error(fmt::format("the pattern {} is no regular expression: {} at offset {}", Excerpt(pattern),
                            reinterpret_cast<const char*>(message.data()), offset));
  }
  code_ = std::shared_ptr<void>(code, [](void* p) { pcre2_code_free(static_cast<pcre2_code*>(p)); });
  uint32_t groups = 0;
  pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
  if (groups == 0) {
    throw Error(fmt::format("the pattern {} has no group; put the answer in ( )", Excerpt(pattern)));
  }
}

std::optional<std::string> AnswerPattern::Last(std::string_view text) const {
  const Matcher matcher(static_cast<const pcre2_code*>(code_.get()), text);
  std::optional<std::string> last;
  size_t start = 0;
  while (start <= text.size()) {
    const int found = matcher.From(start);
    if (found == PCRE2_ERROR_NOMATCH) return last;
    if (found < 0) return std::nullopt;  // a limit: what was found so far need not be the last
    const size_t* spans = matcher.spans();
    if (found > 1 && spans[2] != PCRE2_UNSET) last = text.substr(spans[2], spans[3] - spans[2]);
    // On from the end of the match; where that is no step forward, by one character.
    size_t next = spans[1];
    if (next <= start) {
      next = start + 1;
      while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0) == 0x80) ++next;
    }
    start = next;
  }
  return last;
}

bool AnswerPattern::MayMatch(std::string_view text) const {
  const auto limit = static_cast<uint32_t>(std::min<size_t>(kMatchLimit, kTextLimit / (text.size() + 1)));
  return Matcher(static_cast<const pcre2_code*>(code_.get()), text, limit).From(0) != PCRE2_ERROR_NOMATCH;
}

}  // namespace retort
