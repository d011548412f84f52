// A recursive parser over the tokens. Stricter than it need be where Hydra is (a blank behind a closing quote), so that
// a word means the same there or nothing; laxer in one thing: a text without quotes may hold '=' and characters that
// Hydra wants quoted (~ # & é), which it refuses.
#include "core/config/value_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/config/value_functions.h"
#include "core/config/value_lexer.h"

namespace retort {
namespace {

using Kind = Token::Kind;

class ValueParser {
 public:
  ValueParser(std::string_view text, const Where& where) : where_(where), tokens_(Tokens(text, where)) {}

  Value Whole() {
    if (Next().kind == Kind::kEnd) return {Quotable{}};
    Value value = Element(0);
    if (Next().kind == Kind::kComma) {
      Sweep sweep{.simple = true, .choices = {std::move(value)}};
      while (Take(Kind::kComma)) sweep.choices.push_back(Element(0));
      for (const Value& choice : sweep.choices) RefuseSweep(choice);
      value = {std::move(sweep)};
    }
    if (Next().kind != Kind::kEnd) Unexpected();
    return value;
  }

 private:
  const Token& Next() const { return tokens_[at_]; }
  bool Take(Kind kind) {
    if (Next().kind != kind) return false;
    ++at_;
    return true;
  }

  [[noreturn]] void Fail(const std::string& problem, std::string_view mend = {}) const {
    throw Error(where_, problem, mend);
  }
  [[noreturn]] void Unexpected() const {
    const Token& token = Next();
    const Kind before = at_ > 0 ? tokens_[at_ - 1].kind : Kind::kEnd;
    if (token.kind == Kind::kEnd || token.kind == Kind::kComma || before == Kind::kComma || before == Kind::kColon) {
      Fail("an empty element", "write '' for an empty text");
    }
    if (before == Kind::kQuoted) {
      Fail(fmt::format("text after the closing quote: {}", ShownText(token.text)));
    }
    Fail(fmt::format("'{}' in a text without quotes", token.text), "put the text in quotes");
  }

  Value Element(int depth) {
    if (depth > kMaxDepth) Fail(fmt::format("lists and tables more than {} deep", kMaxDepth));
    switch (Next().kind) {
      case Kind::kListOpen:
        return ListValue(depth);
      case Kind::kTableOpen:
        return TableValue(depth);
      case Kind::kQuoted:
        return SingleValue(tokens_[at_++], where_);
      case Kind::kName:
        if (tokens_[at_ + 1].kind == Kind::kOpen) return Call(depth);
        break;
      default:
        break;
    }
    return Primitive(/*is_key=*/false);
  }

  void RefuseSweep(const Value& value) const {
    if (value.as<Sweep>() != nullptr) Fail("a sweep inside a value", "sweep over whole values: x=[1],[2]");
  }

  bool IsPart(bool is_key) const {
    if (IsTextPart(Next().kind)) return true;
    switch (Next().kind) {
      case Kind::kColon:
      case Kind::kInterpolation:
        return !is_key;
      case Kind::kEqual:
        return !is_key && calls_ == 0;
      default:
        return false;
    }
  }

  // One token has its type; several in a row are a text, without the blanks at its ends.
  Value Primitive(bool is_key) {
    const size_t begin = at_;
    if (Next().kind == Kind::kEqual) Unexpected();  // a==1 is a slip
    while (IsPart(is_key)) ++at_;
    size_t first = begin, last = at_;
    if (first < last && tokens_[first].kind == Kind::kSpace) ++first;
    if (first < last && tokens_[last - 1].kind == Kind::kSpace) --last;
    if (first == last) Unexpected();
    if (last - first == 1) return SingleValue(tokens_[first], where_);
    std::string text;
    for (size_t i = first; i < last; ++i) {
      text += tokens_[i].kind == Kind::kEscaped ? Unescaped(tokens_[i].text) : std::string(tokens_[i].text);
    }
    return {Quotable{std::move(text)}};
  }

  Value ListValue(int depth) {
    ++at_;
    Value::List list;
    if (Take(Kind::kListClose)) return {std::move(list)};
    do {
      list.push_back(Element(depth + 1));
      RefuseSweep(list.back());
    } while (Take(Kind::kComma));
    if (!Take(Kind::kListClose)) {
      if (Next().kind == Kind::kEnd) Fail("a list without its ]");
      Unexpected();
    }
    return {std::move(list)};
  }

  Value TableValue(int depth) {
    ++at_;
    Value::Table table;
    if (Take(Kind::kTableClose)) return {std::move(table)};
    do {
      if (Next().kind == Kind::kQuoted)
        Fail("a key in quotes", "keys of {a: 1} take none; write \\ before a special character");
      const Value key = Primitive(/*is_key=*/true);
      ValueEntry entry{.key = KeyText(key), .written = ValueText(key), .value = {}};
      if (!Take(Kind::kColon)) Fail(fmt::format("no ':' after the key {}", entry.key), "a table is {a: 1, b: 2}");
      entry.value = Element(depth + 1);
      RefuseSweep(entry.value);
      const auto same = std::find_if(table.begin(), table.end(), [&](const auto& e) { return e.key == entry.key; });
      if (same == table.end()) {
        table.push_back(std::move(entry));
      } else {
        same->value = std::move(entry.value);  // as Python's dict does
      }
    } while (Take(Kind::kComma));
    if (!Take(Kind::kTableClose)) {
      if (Next().kind == Kind::kEnd) Fail("a table without its }");
      Unexpected();
    }
    return {std::move(table)};
  }

  // Keys of TOML are texts: {1: a} has the key "1", {True: a} the key "true".
  static std::string KeyText(const Value& key) {
    if (const auto* text = key.as<Quotable>()) return text->text;
    return TomlText(ToNode(key, {}));
  }

  Value Call(int depth) {
    FunctionCall call{.name = std::string(Next().text), .positional = {}, .named = {}};
    at_ += 2;
    ++calls_;
    if (!Take(Kind::kClose)) {
      do {
        std::string name;
        if (Next().kind == Kind::kName && tokens_[at_ + 1].kind == Kind::kEqual) {
          name = Next().text;
          at_ += 2;
        }
        Value argument = Element(depth + 1);
        if (!name.empty()) {
          call.named.emplace_back(std::move(name), std::move(argument));
        } else if (call.named.empty()) {
          call.positional.push_back(std::move(argument));
        } else {
          Fail(fmt::format("{}(): an argument without a name after one with a name", call.name));
        }
      } while (Take(Kind::kComma));
      if (!Take(Kind::kClose)) {
        if (Next().kind == Kind::kEnd) Fail(fmt::format("{}() without its )", call.name));
        Unexpected();
      }
    }
    --calls_;
    return Evaluate(std::move(call), where_);
  }

  const Where& where_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int calls_ = 0;  // that are open
};

}  // namespace

Value ParseValue(std::string_view text, const Where& where) { return ValueParser(text, where).Whole(); }

}  // namespace retort
