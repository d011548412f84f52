// Values are worked out while they are read: an interpolation is short, and is read once for each time it is needed.
#include "core/config/interpolation_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/config/value_lexer.h"

namespace retort {
namespace {

using Kind = Token::Kind;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

class Evaluator {
 public:
  Evaluator(std::string_view text, InterpolationSource& source, const Where& where)
      : text_(text), source_(source), where_(where) {}

  Node Text() { return Joined(Parts('\0')); }

  Node WholeElement() {
    Node element = Element();
    if (at_ < text_.size()) Fail(fmt::format("text after the value: {}", ShownText(text_.substr(at_))));
    return element;
  }

 private:
  // A text is put together from these; a single value keeps its type.
  struct Part {
    Node value;
    std::string shown;  // of an interpolation
  };

  [[noreturn]] void Fail(const std::string& problem, std::string_view mend = {}) const {
    throw Error(where_, problem, mend);
  }
  bool Sees(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  char Next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipBlanks() {
    while (IsBlank(Next())) ++at_;
  }
  // With the blanks before it.
  bool Take(char c) {
    size_t i = at_;
    while (i < text_.size() && IsBlank(text_[i])) ++i;
    if (i >= text_.size() || text_[i] != c) return false;
    at_ = i + 1;
    return true;
  }
  std::string Shown(size_t begin, size_t end) const {
    const std::string_view inner = text_.substr(begin, end - begin);
    return inner.size() > 60 ? fmt::format("{}...}}", inner.substr(0, 60)) : std::string(inner);
  }

  Node Joined(std::vector<Part> parts) const {
    if (parts.size() == 1) return std::move(parts[0].value);
    Node joined{.value = std::string()};
    for (const Part& part : parts) {
      const Node& value = part.value;
      joined.hidden = joined.hidden || HoldsHidden(value);
      if (IsContainer(value)) {
        Fail(fmt::format("{} is {}, which cannot stand inside a text", part.shown, retort::Shown(value)));
      }
      std::string piece = value.text() != nullptr ? *value.text() : TomlText(value);
      if (const bool* boolean = std::get_if<bool>(&value.value)) piece = *boolean ? "True" : "False";  // Python's str()
      std::get<std::string>(joined.value) += piece;
    }
    return joined;
  }

  // Up to the end, or to the closing `quote`. Backslashes count before "${" and before the quote: an odd one takes the
  // meaning away, each pair is one backslash.
  std::vector<Part> Parts(char quote) {
    std::vector<Part> parts;
    std::string literal;
    const auto end_literal = [&] {
      if (!literal.empty()) parts.push_back({.value = {.value = std::exchange(literal, "")}, .shown = ""});
    };
    while (at_ < text_.size()) {
      size_t backslashes = 0;
      while (Next() == '\\') {
        ++backslashes;
        ++at_;
      }
      const bool interpolation = Sees("${"), closing = quote != '\0' && Next() == quote && at_ < text_.size();
      if (!interpolation && !closing) {
        literal.append(backslashes, '\\');
        if (at_ < text_.size()) literal += text_[at_++];
        continue;
      }
      literal.append(backslashes / 2, '\\');
      if (backslashes % 2 == 1) {
        literal += interpolation ? "${" : std::string(1, quote);
        at_ += interpolation ? 2 : 1;
      } else if (interpolation) {
        end_literal();
        parts.push_back(Interpolation());
      } else {
        ++at_;
        end_literal();
        if (parts.empty()) parts.push_back({.value = {.value = std::string()}, .shown = ""});
        return parts;
      }
    }
    if (quote != '\0') Fail(fmt::format("a text without its closing {}", quote));
    end_literal();
    if (parts.empty()) parts.push_back({.value = {.value = std::string()}, .shown = ""});
    return parts;
  }

  // At "${".
  Part Interpolation() {
    if (++depth_ > kMaxDepth) Fail(fmt::format("interpolations more than {} deep", kMaxDepth));
    const size_t begin = at_;
    at_ += 2;
    SkipBlanks();
    size_t dots = 0;
    while (Next() == '.') {
      ++dots;
      ++at_;
    }
    bool bracketed = false;
    std::vector<std::string> path;
    if (Next() != '[') path.push_back(Name());
    for (;;) {
      if (Next() == '[') {
        ++at_;
        bracketed = true;
        path.push_back(Name());
        if (Next() != ']') Fail(fmt::format("{}: [ without its ]", Shown(begin, at_)));
        ++at_;
      } else if (Next() == '.') {
        ++at_;
        path.push_back(Name());
      } else {
        break;
      }
    }
    Part part;
    if (Take('}')) {
      part.shown = Shown(begin, at_);
      part.value = source_.Key(dots, path, part.shown);
    } else if (Take(':') && dots == 0 && !bracketed) {
      SkipBlanks();
      const std::vector<Node> arguments = Sequence('}');
      part.shown = Shown(begin, at_);
      std::string name;
      for (const std::string& piece : path) name += (name.empty() ? "" : ".") + piece;
      part.value = source_.Call(name, arguments, part.shown);
    } else if (text_.find('}', at_) == std::string_view::npos) {
      Fail("${ without its }", "write \\${ where no interpolation is meant");
    } else {
      Fail(fmt::format("{} is no interpolation", Shown(begin, text_.find('}', at_) + 1)),
           "write ${a.b} or ${oc.env:NAME}");
    }
    --depth_;
    if (part.value.broken()) throw ToldAlready{};
    return part;
  }

  // Of a key, or one that an interpolation gives.
  std::string Name() {
    if (Sees("${")) {
      const Part part = Interpolation();
      if (part.value.text() == nullptr) {
        Fail(fmt::format("{} is {}, which cannot name a key", part.shown, retort::Shown(part.value)));
      }
      return *part.value.text();
    }
    const size_t end = std::min(text_.find_first_of("\\{}()[]:. \t'\"", at_), text_.size());
    if (end == at_) {
      const size_t close = text_.find('}', at_);
      if (close == std::string_view::npos) Fail("${ without its }", "write \\${ where no interpolation is meant");
      Fail(fmt::format("{} is no interpolation", Shown(text_.rfind("${", at_), close + 1)),
           "write ${a.b} or ${oc.env:NAME}");
    }
    std::string name(text_.substr(at_, end - at_));
    at_ = end;
    return name;
  }

  // Elements up to `end`; an empty one is an empty text.
  std::vector<Node> Sequence(char end) {
    std::vector<Node> elements;
    if (Take(end)) return elements;
    for (;;) {
      SkipBlanks();
      if (Next() == ',' || Next() == end) {
        elements.push_back({.value = std::string()});
      } else {
        elements.push_back(Element());
      }
      if (Take(',')) continue;
      if (Take(end)) return elements;
      if (at_ >= text_.size()) Fail(fmt::format("an interpolation or list without its {}", end));
      Fail(fmt::format("'{}' in an interpolation", text_.substr(at_, 1)), "put the text in quotes");
    }
  }

  Node Element() {
    if (++depth_ > kMaxDepth) Fail(fmt::format("lists and tables more than {} deep", kMaxDepth));
    Node element;
    const char c = Next();
    if (c == '\'' || c == '"') {
      ++at_;
      element = Joined(Parts(c));
      if (element.text() == nullptr)
        element = Joined({{.value = std::move(element)}, {.value = {.value = std::string()}}});
    } else if (c == '[') {
      ++at_;
      element.value = Node::List();
      SkipBlanks();
      std::get<Node::List>(element.value) = Sequence(']');
    } else if (c == '{') {
      element = Table();
    } else {
      element = Primitive(/*is_key=*/false);
    }
    --depth_;
    return element;
  }

  Node Table() {
    ++at_;
    Node table;
    SkipBlanks();
    if (Take('}')) return table;
    do {
      SkipBlanks();
      const Node key = Primitive(/*is_key=*/true);
      if (!Take(':')) Fail("no ':' after a key", "a table is {a: 1, b: 2}");
      SkipBlanks();
      table.table()->insert_or_assign(key.text() != nullptr ? *key.text() : TomlText(key), Element());
    } while (Take(','));
    if (!Take('}')) Fail("a table without its }");
    return table;
  }

  Node Primitive(bool is_key) {
    std::vector<Part> parts;
    Token first;
    while (at_ < text_.size()) {
      if (!is_key && Sees("${")) {
        parts.push_back(Interpolation());
        continue;
      }
      if (Next() == '\'' || Next() == '"') break;
      const Token token = NextToken(text_.substr(at_), where_);
      if (!IsTextPart(token.kind) && (is_key || token.kind != Kind::kColon)) break;
      if (parts.empty()) first = token;
      const bool escaped = token.kind == Kind::kEscaped;
      parts.push_back({.value = {.value = escaped ? Unescaped(token.text) : std::string(token.text)}, .shown = ""});
      at_ += token.text.size();
    }
    if (parts.empty()) Fail(fmt::format("'{}' in an interpolation", text_.substr(at_, 1)), "put the text in quotes");
    if (parts.size() == 1 && first.kind != Kind::kEnd) return ToNode(SingleValue(first, where_), where_);
    return Joined(std::move(parts));
  }

  std::string_view text_;
  InterpolationSource& source_;
  const Where& where_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Node EvaluateText(std::string_view text, InterpolationSource& source, const Where& where) {
  return Evaluator(text, source, where).Text();
}

Node EvaluateElement(std::string_view text, InterpolationSource& source, const Where& where) {
  return Evaluator(text, source, where).WholeElement();
}

std::vector<std::string> SplitKey(std::string_view key, size_t& dots) {
  dots = std::min(key.find_first_not_of('.'), key.size());
  key.remove_prefix(dots);
  std::vector<std::string> parts;
  while (!key.empty()) {
    if (key.front() == '[') {
      const size_t close = std::min(key.find(']'), key.size());
      parts.emplace_back(key.substr(1, close - 1));
      key.remove_prefix(std::min(close + 1, key.size()));
      if (key.starts_with('.')) key.remove_prefix(1);
      continue;
    }
    const size_t end = std::min(key.find_first_of(".["), key.size());
    parts.emplace_back(key.substr(0, end));
    key.remove_prefix(end);
    if (key.starts_with('.')) key.remove_prefix(1);
  }
  return parts;
}

}  // namespace retort
