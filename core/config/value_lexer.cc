// By hand and not by a generator, since Hydra's lexer is a dozen rules: at each place the longest match wins, and the
// first rule among equals.
#include "core/config/value_lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "core/base/ascii.h"

namespace retort {
namespace {

using Kind = Token::Kind;

constexpr std::string_view kEscapable = "\\()[]{}:=, \t";
constexpr std::string_view kPunctuation = "/-\\+.$%*@?|";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsBlank(char c) { return c == ' ' || c == '\t'; }
char At(std::string_view text, size_t i) { return i < text.size() ? text[i] : '\0'; }

size_t Blanks(std::string_view text, size_t begin) {
  size_t i = begin;
  while (IsBlank(At(text, i))) ++i;
  return i - begin;
}

// Each of these gives the length of the match at `begin`, 0 for none.
size_t Digits(std::string_view text, size_t begin) {  // digits with single underscores between them
  size_t i = begin;
  while (IsDigit(At(text, i)) || (i > begin && At(text, i) == '_' && IsDigit(At(text, i + 1)))) ++i;
  return i - begin;
}
size_t Unsigned(std::string_view text, size_t begin) {  // no leading zero
  if (At(text, begin) == '0') return 1;
  return Digits(text, begin);
}
size_t Point(std::string_view text, size_t begin) {  // 5. .5 1.5
  const size_t whole = Unsigned(text, begin);
  if (At(text, begin + whole) != '.') return 0;
  const size_t fraction = Digits(text, begin + whole + 1);
  return whole + fraction == 0 ? 0 : whole + 1 + fraction;
}
size_t Exponent(std::string_view text, size_t begin) {  // 1e5 1.5e-3
  size_t i = begin + std::max(Unsigned(text, begin), Point(text, begin));
  if (i == begin || (At(text, i) != 'e' && At(text, i) != 'E')) return 0;
  ++i;
  if (At(text, i) == '+' || At(text, i) == '-') ++i;
  const size_t digits = Digits(text, i);
  return digits == 0 ? 0 : i + digits - begin;
}
size_t Sign(std::string_view text) { return At(text, 0) == '+' || At(text, 0) == '-' ? 1 : 0; }

size_t Float(std::string_view text) {
  const size_t sign = Sign(text);
  size_t length = std::max(Point(text, sign), Exponent(text, sign));
  const std::string word = AsciiLower(text.substr(sign, 3));
  if (word == "inf" || word == "nan") length = std::max<size_t>(length, 3);
  return length == 0 ? 0 : sign + length;
}
size_t Int(std::string_view text) {
  const size_t length = Unsigned(text, Sign(text));
  return length == 0 ? 0 : Sign(text) + length;
}
size_t Name(std::string_view text) {
  if (!IsLetter(At(text, 0)) && At(text, 0) != '_') return 0;
  size_t i = 1;
  while (IsLetter(At(text, i)) || IsDigit(At(text, i)) || At(text, i) == '_' || At(text, i) == '-') ++i;
  return i;
}
size_t EscapedRun(std::string_view text) {
  size_t i = 0;
  while (At(text, i) == '\\' && i + 1 < text.size() && kEscapable.find(text[i + 1]) != std::string_view::npos) i += 2;
  return i;
}

size_t QuotedLength(std::string_view text, const Where& where) {
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] != text[0]) continue;
    size_t backslashes = 0;
    while (i - 1 - backslashes > 0 && text[i - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return i + 1;
  }
  throw Error(where, fmt::format("a text without its closing {}", text[0]));
}

// With the blanks before it (but before an opening list or table) and behind it (but behind a closing bracket).
Token Bracket(std::string_view text) {
  static constexpr std::string_view kSigns = "(),[]{}:=";
  static constexpr Kind kKinds[] = {Kind::kOpen,       Kind::kClose,     Kind::kComma,
                                    Kind::kListOpen,   Kind::kListClose, Kind::kTableOpen,
                                    Kind::kTableClose, Kind::kColon,     Kind::kEqual};
  const size_t before = Blanks(text, 0);
  const size_t sign = before < text.size() ? kSigns.find(text[before]) : std::string_view::npos;
  if (sign == std::string_view::npos) return {};
  const Kind kind = kKinds[sign];
  if (before > 0 && (kind == Kind::kListOpen || kind == Kind::kTableOpen)) return {};
  const bool closes = kind == Kind::kClose || kind == Kind::kListClose || kind == Kind::kTableClose;
  return {kind, text.substr(0, before + 1 + (closes ? 0 : Blanks(text, before + 1)))};
}

std::string WithoutUnderscores(std::string_view digits) {
  std::string out(digits);
  out.erase(std::remove(out.begin(), out.end(), '_'), out.end());
  return out;
}

}  // namespace

bool IsTextPart(Kind kind) {
  switch (kind) {
    case Kind::kFloat:
    case Kind::kInt:
    case Kind::kBool:
    case Kind::kNull:
    case Kind::kPunctuation:
    case Kind::kName:
    case Kind::kEscaped:
    case Kind::kSpace:
    case Kind::kOther:
      return true;
    default:
      return false;
  }
}

Token NextToken(std::string_view text, const Where& where) {
  if (text[0] == '\'' || text[0] == '"') return {Kind::kQuoted, text.substr(0, QuotedLength(text, where))};
  if (text.starts_with("${")) {
    const size_t close = text.find('}');
    if (close == std::string_view::npos) throw Error(where, "${ without its }");
    if (close == 2) throw Error(where, "${} names nothing");
    return {Kind::kInterpolation, text.substr(0, close + 1)};
  }
  if (const Token bracket = Bracket(text); bracket.kind != Kind::kEnd) return bracket;
  Token best;
  const auto offer = [&](Kind kind, size_t length) {
    if (length > best.text.size()) best = {kind, text.substr(0, length)};
  };
  offer(Kind::kFloat, Float(text));
  offer(Kind::kInt, Int(text));
  const size_t name = Name(text);
  const std::string word = name == 4 || name == 5 ? AsciiLower(text.substr(0, name)) : "";
  if (word == "true" || word == "false") offer(Kind::kBool, name);
  if (word == "null") offer(Kind::kNull, name);
  if (kPunctuation.find(text[0]) != std::string_view::npos) offer(Kind::kPunctuation, 1);
  offer(Kind::kName, name);
  offer(Kind::kEscaped, EscapedRun(text));
  offer(Kind::kSpace, Blanks(text, 0));
  if (best.kind != Kind::kEnd) return best;
  const auto byte = static_cast<unsigned char>(text[0]);
  if (byte < 0x20 || byte == 0x7f) {
    throw Error(where, "a line break or control character in a text without quotes", "put the text in quotes");
  }
  size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) ++length;
  return {Kind::kOther, text.substr(0, length)};
}

std::vector<Token> Tokens(std::string_view text, const Where& where) {
  std::vector<Token> tokens;
  while (!text.empty()) {
    tokens.push_back(NextToken(text, where));
    text.remove_prefix(tokens.back().text.size());
  }
  tokens.push_back({});
  return tokens;
}

double FloatOf(std::string_view digits) { return std::strtod(WithoutUnderscores(digits).c_str(), nullptr); }

Value SingleValue(const Token& token, const Where& where) {
  switch (token.kind) {
    case Kind::kBool:
      return {AsciiLower(token.text) == "true"};
    case Kind::kNull:
      throw Error(where, "null: TOML has none", "~key removes a value, so that the default holds; quote it for a text");
    case Kind::kFloat:
      return {FloatOf(token.text)};
    case Kind::kInt: {
      std::string digits = WithoutUnderscores(token.text);
      if (digits.front() == '+') digits.erase(0, 1);
      int64_t number = 0;
      if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc()) {
        throw Error(where, fmt::format("{} does not fit into 64 bits", token.text));
      }
      return {number};
    }
    case Kind::kQuoted:
      return {Unquoted(token.text)};
    case Kind::kEscaped:
      return {Quotable{Unescaped(token.text)}};
    default:
      return {Quotable{std::string(token.text)}};
  }
}

std::string Unescaped(std::string_view escaped) {
  std::string out;
  for (size_t i = 1; i < escaped.size(); i += 2) out += escaped[i];
  return out;
}

Quotable Unquoted(std::string_view quoted) {
  const char quote = quoted.front();
  std::string out;
  size_t backslashes = 0;
  for (const char c : quoted.substr(1)) {
    if (c == '\\') {
      ++backslashes;
      continue;
    }
    out.append(c == quote ? backslashes / 2 : backslashes, '\\');
    backslashes = 0;
    out += c;
  }
  out.pop_back();  // the closing quote
  return {std::move(out), quote};
}

}  // namespace retort
