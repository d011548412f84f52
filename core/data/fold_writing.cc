#include "core/data/fold_writing.h"

#include <algorithm>

#include "core/data/folds.h"

namespace retort {

std::string FoldKind::Request() const { return FoldWritingPrompt(op); }

bool FoldKind::Contains(std::string_view prompt) const {
  const auto parsed = ParseFoldPrompt(prompt);
  return parsed && parsed->op == op && static_cast<char>(parsed->form) == form && parsed->digits.size() >= min_digits &&
         parsed->digits.size() <= max_digits;
}

std::optional<FoldKind> FoldKindOf(std::span<const Item> examples) {
  std::optional<FoldKind> kind;
  for (const Item& example : examples) {
    const auto prompt = ParseFoldPrompt(Text(example.prompt));
    if (!prompt) return std::nullopt;
    const size_t digits = prompt->digits.size();
    if (!kind) kind = {prompt->op, static_cast<char>(prompt->form), digits, digits};
    if (kind->op != prompt->op || kind->form != static_cast<char>(prompt->form)) return std::nullopt;
    kind->min_digits = std::min(kind->min_digits, digits);
    kind->max_digits = std::max(kind->max_digits, digits);
  }
  return kind;
}

}  // namespace retort
