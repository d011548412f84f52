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
constexpr std::string_view kNewUppercase = R"(\x{1C89}\x{A7CB}-\x{A7CC}\x{A7DA}\x{A7DC}\x{10D50}-\x{10D65})";
constexpr std::string_view kNewLowercase = R"(\x{1C8A}\x{A7CD}\x{A7DB}\x{10D70}-\x{10D85}\x{1DF25}-\x{1DF2A})";
constexpr std::string_view kNewModifiers =
    R"(\x{10D4E}\x{10D6F}\x{16D40}-\x{16D42}\x{16D6B}-\x{16D6C}\x{1E030}-\x{1E06D}\x{1E4EB})";
constexpr std::string_view kNewOtherLetters =
    R"(\x{105C0}-\x{105F3}\x{10D4A}-\x{10D4D}\x{10D4F}\x{10EC2}-\x{10EC4}\x{1123F}-\x{11240}\x{11380}-\x{11389})"
    R"(\x{1138B}\x{1138E}\x{11390}-\x{113B5}\x{113B7}\x{113D1}\x{113D3}\x{11BC0}-\x{11BE0}\x{11F02})"
    R"(\x{11F04}-\x{11F10}\x{11F12}-\x{11F33}\x{1342F}\x{13441}-\x{13446}\x{13460}-\x{143FA}\x{16100}-\x{1611D})"
    R"(\x{16D43}-\x{16D6A}\x{18CFF}\x{1B132}\x{1B155}\x{1E4D0}-\x{1E4EA}\x{1E5D0}-\x{1E5ED}\x{1E5F0}\x{2B739})"
    R"(\x{2EBF0}-\x{2EE5D}\x{31350}-\x{323AF})";
constexpr std::string_view kNewMarks =
    R"(\x{897}\x{CF3}\x{ECE}\x{10D69}-\x{10D6D}\x{10EFC}-\x{10EFF}\x{11241}\x{113B8}-\x{113C0}\x{113C2}\x{113C5})"
    R"(\x{113C7}-\x{113CA}\x{113CC}-\x{113D0}\x{113D2}\x{113E1}-\x{113E2}\x{11F00}-\x{11F01}\x{11F03})"
    R"(\x{11F34}-\x{11F3A}\x{11F3E}-\x{11F42}\x{11F5A}\x{13440}\x{13447}-\x{13455}\x{1611E}-\x{1612F}\x{1E08F})"
    R"(\x{1E4EC}-\x{1E4EF}\x{1E5EE}-\x{1E5EF})";
constexpr std::string_view kNewPunctuation =
    R"(\x{1B4E}-\x{1B4F}\x{1B7F}\x{10D6E}\x{113D4}-\x{113D5}\x{113D7}-\x{113D8}\x{11B00}-\x{11B09}\x{11BE1})"
    R"(\x{11F43}-\x{11F4F}\x{16D6D}-\x{16D6F}\x{1E5FF})";
constexpr std::string_view kNewSymbols =
    R"(\x{2427}-\x{2429}\x{2FFC}-\x{2FFF}\x{31E4}-\x{31E5}\x{31EF}\x{10D8E}-\x{10D8F}\x{1CC00}-\x{1CCEF})"
    R"(\x{1CD00}-\x{1CEB3}\x{1F6DC}\x{1F774}-\x{1F776}\x{1F77B}-\x{1F77F}\x{1F7D9}\x{1F8B2}-\x{1F8BB})"
    R"(\x{1F8C0}-\x{1F8C1}\x{1FA75}-\x{1FA77}\x{1FA87}-\x{1FA89}\x{1FA8F}\x{1FAAD}-\x{1FAAF}\x{1FABB}-\x{1FABF})"
    R"(\x{1FAC6}\x{1FACE}-\x{1FACF}\x{1FADA}-\x{1FADC}\x{1FADF}\x{1FAE8}-\x{1FAE9}\x{1FAF7}-\x{1FAF8})"
    R"(\x{1FBCB}-\x{1FBEF})";

struct Rewrite {
  std::string_view from, positive;
  std::string_view more = "", even_more = "";
};
constexpr std::array<Rewrite, 13> kRewrites = {{
    {R"(\s)", R"(\p{White_Space})"},  // PCRE2's \s also holds U+180E
    {R"(\S)", R"(\P{White_Space})"},
    {R"(\d)", R"(\p{Nd})", kNewDigits},
    {R"(\w)", R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE})", kNewDigits, kNewLetters},
    {R"(\p{L})", R"(\p{L})", kNewLetters},
    {R"(\p{N})", R"(\p{N})", kNewDigits, kNewNumbers},
    {R"(\p{M})", R"(\p{M})", kNewMarks},
    {R"(\p{P})", R"(\p{P})", kNewPunctuation},
    {R"(\p{S})", R"(\p{S})", kNewSymbols},
    {R"(\p{Lu})", R"(\p{Lu})", kNewUppercase},
    {R"(\p{Ll})", R"(\p{Ll})", kNewLowercase},
    {R"(\p{Lm})", R"(\p{Lm})", kNewModifiers},
    {R"(\p{Lo})", R"(\p{Lo})", kNewOtherLetters},
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
