// PCRE2 behind two functions.
#include "core/data/answer_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <array>

#include "core/base/error.h"

namespace retort {
namespace {

// Backtracking from one starting point; a pattern that reaches this is given up for the whole text.
constexpr uint32_t kMatchLimit = 200000;
constexpr uint32_t kHeapLimitKib = 64 * 1024;

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
  const auto* code = static_cast<const pcre2_code*>(code_.get());
  const std::unique_ptr<pcre2_match_data, void (*)(pcre2_match_data*)> match(
      pcre2_match_data_create_from_pattern(code, nullptr), pcre2_match_data_free);
  const std::unique_ptr<pcre2_match_context, void (*)(pcre2_match_context*)> limits(pcre2_match_context_create(nullptr),
                                                                                    pcre2_match_context_free);
  pcre2_set_match_limit(limits.get(), kMatchLimit);
  pcre2_set_heap_limit(limits.get(), kHeapLimitKib);
  std::optional<std::string> last;
  size_t start = 0;
  while (start <= text.size()) {
    const int found =
        pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), start, 0, match.get(), limits.get());
    if (found == PCRE2_ERROR_NOMATCH) return last;
    if (found < 0) return std::nullopt;  // a limit: what was found so far need not be the last
    const size_t* spans = pcre2_get_ovector_pointer(match.get());
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

}  // namespace retort
