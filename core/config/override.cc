// A recursive parser for Hydra's override values. Laxer than Hydra where nothing is ambiguous (an unquoted text may
// hold
// '='), and loud where Hydra means more than one run: sweeps are not built yet.
#include "core/config/override.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "core/base/utf8.h"

namespace retort {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsName(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

// Digits with single underscores between them; the underscores are left out. nullopt: something else.
std::optional<std::string> Digits(std::string_view text) {
  std::string digits;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool between = i > 0 && i + 1 < text.size() && IsDigit(text[i - 1]) && IsDigit(text[i + 1]);
    if (text[i] == '_' && between) continue;
    if (!IsDigit(text[i])) return std::nullopt;
    digits += text[i];
  }
  return digits;
}

// An unquoted word: integer, float, bool, else text. A leading zero ("007") makes a text, as in Hydra.
Node Typed(std::string_view word, const Where& where) {
  const std::string lower = Lower(word);
  if (lower == "true" || lower == "false") return {.value = lower == "true", .where = where};
  if (lower == "null") {
    throw Error(where, "null: TOML has none", "~key removes a value, so that the default holds; quote it for a text");
  }
  const Node text{.value = std::string(word), .where = where};
  const bool negative = word.starts_with('-');
  std::string_view rest = lower;
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "inf" || rest == "nan") {
    const double value =
        rest == "inf" ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
    return {.value = negative ? -value : value, .where = where};
  }
  const size_t exponent_at = std::min(rest.find('e'), rest.size());
  const std::string_view mantissa = rest.substr(0, exponent_at);
  const size_t point_at = std::min(mantissa.find('.'), mantissa.size());
  const auto whole = Digits(mantissa.substr(0, point_at));
  const auto fraction = Digits(point_at < mantissa.size() ? mantissa.substr(point_at + 1) : "");
  if (!whole || !fraction || whole->size() + fraction->size() == 0) return text;
  if (whole->size() > 1 && whole->front() == '0') return text;
  std::string number = (negative ? "-" : "") + *whole;
  const char* end = nullptr;
  if (point_at == mantissa.size() && exponent_at == rest.size()) {
    int64_t value = 0;
    end = number.data() + number.size();
    if (std::from_chars(number.data(), end, value).ec != std::errc()) {
      throw Error(where, fmt::format("{} does not fit into 64 bits", word));
    }
    return {.value = value, .where = where};
  }
  if (!fraction->empty()) number += "." + *fraction;
  if (exponent_at < rest.size()) {
    std::string_view exponent = rest.substr(exponent_at + 1);
    const bool minus = exponent.starts_with('-');
    if (minus || exponent.starts_with('+')) exponent.remove_prefix(1);
    const auto digits = Digits(exponent);
    if (!digits || digits->empty()) return text;
    number += (minus ? "e-" : "e") + *digits;
  }
  double value = 0;
  end = number.data() + number.size();
  if (std::from_chars(number.data(), end, value).ec != std::errc()) {
    throw Error(where, fmt::format("{} does not fit into a double", word));
  }
  return {.value = value, .where = where};
}

class ValueParser {
 public:
  ValueParser(std::string_view text, const Where& where) : text_(text), where_(where) {}

  Node Whole() {
    SkipSpace();
    Node node = Element("", 0);
    SkipSpace();
    if (at_ < text_.size() && text_[at_] == ',') {
      Fail("values parted by commas are a sweep, which is not supported yet",
           "a list is [a,b]; a text with a comma is 'a,b'");
    }
    if (at_ < text_.size()) Fail(fmt::format("text after the value: {}", text_.substr(at_)));
    return node;
  }

 private:
  [[noreturn]] void Fail(const std::string& problem, std::string_view mend = {}) const {
    throw Error(where_, problem, mend);
  }
  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }
  bool Take(char c) {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // `ends`: the characters that end an unquoted text here, beside the comma.
  Node Element(std::string_view ends, int depth) {
    if (depth > kMaxDepth) Fail(fmt::format("lists and tables more than {} deep", kMaxDepth));
    SkipSpace();
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (c == '[') return ListValue(depth);
    if (c == '{') return TableValue(depth);
    if (c == '\'' || c == '"') return {.value = QuotedText(), .where = where_};
    bool escaped = false;
    const std::string word = Unquoted(ends, escaped);
    if (word.empty() && depth > 0) Fail("an empty element", "write '' for an empty text");
    if (escaped || word.empty()) return {.value = word, .where = where_};
    return Typed(word, where_);
  }

  Node ListValue(int depth) {
    ++at_;
    Node::List list;
    if (!Take(']')) {
      do {
        list.push_back(Element("]", depth + 1));
      } while (Take(','));
      if (!Take(']')) Fail("a list without its ]");
    }
    return {.value = std::move(list), .where = where_};
  }

  Node TableValue(int depth) {
    ++at_;
    Node node{.where = where_};
    if (Take('}')) return node;
    do {
      SkipSpace();
      bool escaped = false;
      const bool quoted = at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"');
      std::string key = quoted ? QuotedText() : Unquoted(":}", escaped);
      if (!Take(':')) Fail(fmt::format("no ':' after the key {}", key), "a table is {a: 1, b: 2}");
      if (key.empty()) Fail("an empty key");
      Node child = Element("}", depth + 1);
      if (!node.table()->emplace(key, std::move(child)).second) Fail(fmt::format("the key {} stands twice", key));
    } while (Take(','));
    if (!Take('}')) Fail("a table without its }");
    return node;
  }

  // '..' or ".."; a backslash before the quote stands for the quote, two for one backslash, elsewhere it is itself.
  std::string QuotedText() {
    const char quote = text_[at_++];
    std::string out;
    size_t backslashes = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\\') {
        ++backslashes;
        continue;
      }
      if (c == quote) {
        out.append(backslashes / 2, '\\');
        if (backslashes % 2 == 0) {
          ++at_;
          return out;
        }
      } else {
        out.append(backslashes, '\\');
      }
      backslashes = 0;
      out += c;
    }
    Fail(fmt::format("a text without its closing {}", quote));
  }

  std::string Unquoted(std::string_view ends, bool& escaped) {
    static constexpr std::string_view kEscapable = "\\()[]{}:=, \t";
    const size_t begin = at_;
    std::string out;
    size_t keep = 0;  // blanks at the end are cut, but not escaped ones
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size() && kEscapable.find(text_[at_ + 1]) != std::string_view::npos) {
        escaped = true;
        out += text_[at_ + 1];
        at_ += 2;
        keep = out.size();
        continue;
      }
      if (text_.substr(at_, 2) == "${") {
        const size_t close = text_.find('}', at_);
        if (close == std::string_view::npos) Fail("${ without its }");
        out += text_.substr(at_, close + 1 - at_);
        at_ = close + 1;
        continue;
      }
      if (c == ',' || ends.find(c) != std::string_view::npos) break;
      if (c == '(') {
        const std::string_view name = Trimmed(text_.substr(begin, at_ - begin));
        if (!name.empty() && std::all_of(name.begin(), name.end(), IsName)) {
          Fail(fmt::format("{}() is not supported yet", name), "quote it if it is a text");
        }
      }
      if (std::string_view("()[]{}").find(c) != std::string_view::npos) {
        Fail(fmt::format("'{}' in a text without quotes", c), "put the text in quotes");
      }
      out += c;
      ++at_;
    }
    while (out.size() > keep && IsSpace(out.back())) out.pop_back();
    return out;
  }

  std::string_view text_;
  Where where_;
  size_t at_ = 0;
};

bool IsKey(std::string_view key) {
  const auto is_part_char = [](char c) { return IsName(c) || c == '-'; };
  const bool group = key.find('/') != std::string_view::npos;
  const auto parts = Split(key, group ? '/' : '.');
  return static_cast<int>(parts.size()) <= kMaxDepth && std::all_of(parts.begin(), parts.end(), [&](const auto& part) {
           return !part.empty() && std::all_of(part.begin(), part.end(), is_part_char);
         });
}

}  // namespace

std::optional<std::string> Override::Choice() const {
  if (!value || value->broken() || value->table() != nullptr || std::get_if<Node::List>(&value->value) != nullptr) {
    return std::nullopt;
  }
  return value->text() != nullptr ? *value->text() : std::string(Trimmed(text));
}

std::optional<Override> ParseOverride(std::string_view word, Problems& problems) {
  const Where where{.file = kCommandLine};
  const auto fail = [&](std::string_view problem, std::string_view mend = {}) {
    problems.Add(where, problem, mend);
    return std::nullopt;
  };
  if (!IsUtf8(word)) return fail("an override that is not UTF-8");
  Override parsed;
  std::string_view rest = Trimmed(word);
  if (rest.starts_with("++")) {
    parsed.kind = Override::Kind::kForce;
    rest.remove_prefix(2);
  } else if (rest.starts_with('+')) {
    parsed.kind = Override::Kind::kAdd;
    rest.remove_prefix(1);
  } else if (rest.starts_with('~')) {
    parsed.kind = Override::Kind::kRemove;
    rest.remove_prefix(1);
  }
  const size_t equals = std::min(rest.find('='), rest.size());
  parsed.key = Trimmed(rest.substr(0, equals));
  const std::string shown = ShownText(word);
  if (equals == rest.size() && parsed.kind != Override::Kind::kRemove) {
    return fail(fmt::format("{} is no override", shown), "write key=value");
  }
  if (parsed.key.find_first_of("@:") != std::string::npos) {
    return fail(fmt::format("{}: packages (group@place) are not supported yet", shown));
  }
  if (parsed.key.starts_with("hydra.") || parsed.key.starts_with("hydra/")) {
    return fail(fmt::format("{}: settings of Hydra itself do not exist here", shown), "see --help");
  }
  if (!IsKey(parsed.key)) {
    return fail(fmt::format("{}: the key is not of the form a.b or group/name", shown), "write key=value");
  }
  if (equals < rest.size()) {
    parsed.text = rest.substr(equals + 1);
    const Where at{.file = kCommandLine, .place = "key " + ShownKey(Split(parsed.key, '.'))};
    parsed.value = Node{.value = std::monostate(), .where = where};
    try {
      parsed.value = ValueParser(parsed.text, at).Whole();
    } catch (const Error& error) {
      problems.Add(where, error);
    }
  }
  return parsed;
}

}  // namespace retort
