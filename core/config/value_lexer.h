// The words of Hydra's values and of OmegaConf's interpolations, which share them: numbers, names, brackets.
// Room-internal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/value.h"

namespace retort {

struct Token {
  enum class Kind {
    kEnd,
    kOpen,  // (
    kClose,
    kComma,
    kListOpen,
    kListClose,
    kTableOpen,
    kTableClose,
    kColon,
    kEqual,
    kFloat,
    kInt,
    kBool,
    kNull,
    kPunctuation,  // one of /-\+.$%*@?|
    kName,
    kEscaped,  // \, and the like, in a row
    kSpace,
    kQuoted,
    kInterpolation,
    kOther,  // what Hydra wants in quotes and is no more than a text to us: letters beyond ASCII, ~ # & ...
  } kind = Kind::kEnd;
  std::string_view text;  // blanks around brackets, commas, colons and equal signs belong to them, as in Hydra
};

// Whether the token, wherever it stands, may be a piece of a text without quotes.
bool IsTextPart(Token::Kind kind);

// The longest token that `text` begins with, `text` not empty. Throws Error at `where` for a quote without its end,
// "${" without "}" and for control characters.
Token NextToken(std::string_view text, const Where& where);
std::vector<Token> Tokens(std::string_view text, const Where& where);

// The value of a single kFloat, kInt, kBool, kName, ...; throws Error for null and for what does not fit.
Value SingleValue(const Token& token, const Where& where);
// "\," -> ",".
std::string Unescaped(std::string_view escaped);
// The text in quotes: a backslash before a quote stands for the quote, two for one backslash, elsewhere it is itself.
Quotable Unquoted(std::string_view quoted);
// As Python's float() reads it, without blanks: 1_000.5, .5, inf. Too large is infinity.
double FloatOf(std::string_view digits);

}  // namespace retort
