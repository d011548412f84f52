// A regular expression of a tokenizer.json (Oniguruma's dialect, as Hugging Face `tokenizers` reads it) on PCRE2 with
// its JIT. The two agree on what tokenizers use, but for what \s, \d, \w and the general categories hold: those are
// rewritten so that a character counts as the reference counts it, whatever Unicode version PCRE2 was built with.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace retort {

struct Span {
  size_t begin, end;
  bool is_match;
};

class Pattern {
 public:
  // Throws Error at `where` if it does not compile.
  Pattern(std::string_view regex, const Where& where);
  ~Pattern();
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;

  // Cuts `text`, which is valid UTF-8, into matches and what lies between them; no span is empty. Safe to call from
  // several threads. Throws Error where a text is beyond PCRE2's match limit.
  void Cut(std::string_view text, std::vector<Span>& spans) const;

 private:
  struct Code;
  std::unique_ptr<Code> code_;
};

}  // namespace retort
