#include "core/lm/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <array>
#include <string>
#include <utility>

namespace retort {
namespace {

// What Unicode 15, 15.1 and 16 added to the classes; PCRE2 10.42 knows Unicode 14, the reference Unicode 16. Harmless
// where PCRE2 is newer.
constexpr std::string_view kNewLetters =
    R"(\x{1C89}-\x{1C8A}\x{A7CB}-\x{A7CD}\x{A7DA}-\x{A7DC}\x{105C0}-\x{105F3}\x{10D4A}-\x{10D65}\x{10D6F}-\x{10D85})"
    R"(\x{10EC2}-\x{10EC4}\x{1123F}-\x{11240}\x{11380}-\x{11389}\x{1138B}\x{1138E}\x{11390}-\x{113B5}\x{113B7}\x{113D1})"
    R"(\x{113D3}\x{11BC0}-\x{11BE0}\x{11F02}\x{11F04}-\x{11F10}\x{11F12}-\x{11F33}\x{1342F}\x{13441}-\x{13446})"
    R"(\x{13460}-\x{143FA}\x{16100}-\x{1611D}\x{16D40}-\x{16D6C}\x{18CFF}\x{1B132}\x{1B155}\x{1DF25}-\x{1DF2A})"
    R"(\x{1E030}-\x{1E06D}\x{1E4D0}-\x{1E4EB}\x{1E5D0}-\x{1E5ED}\x{1E5F0}\x{2B739}\x{2EBF0}-\x{2EE5D}\x{31350}-\x{323AF})";
constexpr std::string_view kNewDigits =  // decimal ones
    R"(\x{10D40}-\x{10D49}\x{116D0}-\x{116E3}\x{11BF0}-\x{11BF9}\x{11F50}-\x{11F59}\x{16130}-\x{16139})"
    R"(\x{16D70}-\x{16D79}\x{1CCF0}-\x{1CCF9}\x{1E4F0}-\x{1E4F9}\x{1E5F1}-\x{1E5FA})";
constexpr std::string_view kNewNumbers = R"(\x{1D2C0}-\x{1D2D3})";  // the others

struct Rewrite {
  std::string_view from, positive;
  std::string_view more = "", even_more = "";
};
constexpr std::array<Rewrite, 6> kRewrites = {{
    {R"(\s)", R"(\p{White_Space})"},  // PCRE2's \s also holds U+180E
    {R"(\S)", R"(\P{White_Space})"},
    {R"(\d)", R"(\p{Nd})", kNewDigits},
    {R"(\w)", R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE})", kNewDigits, kNewLetters},
    {R"(\p{L})", R"(\p{L})", kNewLetters},
    {R"(\p{N})", R"(\p{N})", kNewDigits, kNewNumbers},
}};

std::string Rewritten(std::string_view regex) {
  std::string text;
  bool in_class = false;
  for (size_t i = 0; i < regex.size();) {
    const Rewrite* found = nullptr;
    for (const Rewrite& rewrite : kRewrites) {
      if (regex.substr(i).starts_with(rewrite.from)) found = &rewrite;
    }
    if (found != nullptr) {
      const bool wrap = !in_class && !found->more.empty();
      text +=
          fmt::format("{}{}{}{}{}", wrap ? "[" : "", found->positive, found->more, found->even_more, wrap ? "]" : "");
      i += found->from.size();
      continue;
    }
    if (regex[i] == '[') in_class = true;
    if (regex[i] == ']') in_class = false;
    const size_t length = regex[i] == '\\' && i + 1 < regex.size() ? 2 : 1;
    text += regex.substr(i, length);
    i += length;
  }
  return text;
}

std::string Message(int error) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(error, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* p) const {
    Free(p);
  }
};

}  // namespace

struct Pattern::Code {
  std::unique_ptr<pcre2_code, Deleter<pcre2_code_free>> code;
  std::unique_ptr<pcre2_match_context, Deleter<pcre2_match_context_free>> context;
};

Pattern::Pattern(std::string_view regex, const Where& where) : code_(std::make_unique<Code>()) {
  const std::string pcre = Rewritten(regex);
  int error = 0;
  size_t offset = 0;
  code_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pcre.data()), pcre.size(),
                                  PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &offset, nullptr));
  if (code_->code == nullptr) {
    throw Error(where, fmt::format("the regular expression {} does not compile: {}", Excerpt(regex), Message(error)));
  }
  pcre2_jit_compile(code_->code.get(), PCRE2_JIT_COMPLETE);  // where there is no JIT, the interpreter does it
  code_->context.reset(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(code_->context.get(), 50'000'000);
}
Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

void Pattern::Cut(std::string_view text, std::vector<Span>& spans) const {
  const std::unique_ptr<pcre2_match_data, Deleter<pcre2_match_data_free>> match(pcre2_match_data_create(1, nullptr));
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(match.get());
  size_t done = 0, at = 0;
  while (at < text.size()) {
    const auto search = [&](uint32_t options) {
      return pcre2_match(code_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at,
                         PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY | options, match.get(), code_->context.get());
    };
    int found = search(0);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT) found = search(PCRE2_NO_JIT);  // slow, but with a heap of its own
    if (found == PCRE2_ERROR_NOMATCH) break;
    if (found < 0) {
      throw Error(fmt::format("a text of {} bytes is too hard for the tokenizer's regular expression: {}; split it",
                              text.size(), Message(found)));
    }
    const size_t begin = ends[0];
    if (done < begin) spans.push_back({done, begin, false});
    if (ends[1] <= at || begin < done) throw Error("the tokenizer's regular expression matches backwards (\\K)");
    spans.push_back({begin, ends[1], true});
    done = at = ends[1];
  }
  if (done < text.size()) spans.push_back({done, text.size(), false});
}

}  // namespace retort
