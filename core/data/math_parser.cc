// Recursive descent straight over the text. The grammar is small on purpose: what it does not know is no expression,
// and a caller then compares texts. So a gap here costs a right answer now and then, and makes no wrong one right.
#include "core/data/math_parser.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include "core/base/hash.h"

namespace retort {
namespace {

constexpr int kPoints = 8, kPositivePoints = 5;
constexpr size_t kMaxLength = 1000;
constexpr int kMaxDepth = 60;

struct NoExpression {};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// A variable's value at a point: fixed by its name, positive at the first points, so that roots and logarithms exist
// somewhere.
Number PointValue(const std::string& name, int point) {
  const uint64_t hash = StableHash(static_cast<uint64_t>(point), "math/" + name);
  const auto above = static_cast<int64_t>(hash % 1999 + 1);
  const bool negative = point >= kPositivePoints && (hash >> 40) % 2 == 1;
  return {Rational(negative ? -above : above, 1009)};
}

Values Each(Values values, const std::function<Number(const Number&)>& f) {
  for (Number& value : values) value = f(value);
  return values;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {
    if (text.size() > kMaxLength) throw NoExpression();
    quantity_ = std::ranges::any_of(text, [](char c) { return IsDigit(c) || c == '^' || c == '+' || c == '/'; });
  }

  Values Whole() {
    Values values = Sum();
    Space();
    if (at_ < text_.size()) throw NoExpression();
    return values;
  }

 private:
  struct Deeper {
    explicit Deeper(int& depth) : depth_(depth) {
      if (++depth_ > kMaxDepth) throw NoExpression();
    }
    ~Deeper() { --depth_; }
    int& depth_;
  };

  bool Space() {
    const size_t before = at_;
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ > before;
  }
  char Peek() {
    Space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool Take(std::string_view word) {
    Space();
    if (!text_.substr(at_).starts_with(word)) return false;
    const size_t end = at_ + word.size();
    if (IsLetter(word.back()) && end < text_.size() && IsLetter(text_[end])) return false;  // \pi is not \pin
    at_ = end;
    return true;
  }
  void Expect(std::string_view word) {
    if (!Take(word)) throw NoExpression();
  }

  Values Sum() {
    const Deeper deeper(depth_);
    Values sum = Signed([&] { return Product(); });
    for (;;) {
      if (Take("+")) {
        sum = Combine(sum, Product(), std::plus<>());
      } else if (Take("-")) {
        sum = Combine(sum, Product(), std::minus<>());
      } else {
        return sum;
      }
    }
  }

  template <class F>
  Values Signed(const F& part) {
    const Deeper deeper(depth_);
    if (Take("-")) {
      const Values value = Signed(part);
      return Each(value, [](const Number& x) { return Number(Rational(0)) - x; });
    }
    if (Take("+")) return Signed(part);
    return part();
  }

  bool TakeTimes() {
    if (Take("\\cdot") || Take("\\times")) return true;
    if (Peek() == '*' && !text_.substr(at_).starts_with("**")) {
      ++at_;
      return true;
    }
    // "3 x 10^8"
    if ((Peek() == 'x' || Peek() == 'X') && at_ > 0 && after_number_) {
      size_t next = at_ + 1;
      while (next < text_.size() && text_[next] == ' ') ++next;
      if (next < text_.size() && IsDigit(text_[next])) {
        ++at_;
        return true;
      }
    }
    return false;
  }

  Values Product() {
    const Deeper deeper(depth_);
    Values product = Factor();
    for (;;) {
      if (TakeTimes()) {
        product = Combine(product, Signed([&] { return Factor(); }), std::multiplies<>());
      } else if (Take("/") || Take("\\div")) {
        product = Combine(product, Signed([&] { return Factor(); }), std::divides<>());
      } else if (BeginsImplicitFactor()) {
        product = Combine(product, Factor(), std::multiplies<>());
      } else {
        return product;
      }
    }
  }

  // A number never stands after a factor with nothing between: "2 3", "x2" and "1.2.3" are no products.
  bool BeginsImplicitFactor() {
    const char next = Peek();
    if (next == '|') return bars_ == 0;
    if (next == '\\') return !text_.substr(at_).starts_with("\\cdot");
    return IsLetter(next) || next == '(' || next == '[' || next == '{';
  }

  Values Factor() {
    const Deeper deeper(depth_);
    Values base = Primary();
    for (;;) {
      if (Peek() == '!' && !text_.substr(at_).starts_with("!=")) {
        ++at_;
        base = Each(base, Factorial);
      } else if (Take("^") || Take("**")) {
        const Values exponent = Exponent();
        return Combine(base, exponent, Power);
      } else {
        return base;
      }
    }
  }

  // "x^{10}", "x^10", "x^-1", "2^3^2" from the right.
  Values Exponent() {
    const Deeper deeper(depth_);
    return Signed([&] { return Factor(); });
  }

  std::string Digits() {
    const size_t begin = at_;
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  Values NumberToken() {
    const std::string whole = Digits();
    std::string fraction;
    bool plain = true;
    if (at_ + 1 < text_.size() && text_[at_] == '.' && IsDigit(text_[at_ + 1])) {
      ++at_;
      fraction = Digits();
      plain = false;
    } else if (at_ < text_.size() && text_[at_] == '.' && !whole.empty()) {
      ++at_;  // "5."
      plain = false;
    }
    int exponent = 0;
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      size_t sign = at_ + 1;
      if (sign < text_.size() && (text_[sign] == '+' || text_[sign] == '-')) ++sign;
      if (sign < text_.size() && IsDigit(text_[sign])) {
        const bool negative = text_[sign - 1] == '-';
        at_ = sign;
        const std::string digits = Digits();
        if (digits.size() > 4) throw NoExpression();
        exponent = std::stoi(digits) * (negative ? -1 : 1);
        plain = false;
      }
    }
    if (at_ < text_.size() && (IsDigit(text_[at_]) || text_[at_] == '.')) throw NoExpression();
    after_number_ = true;
    Values value = {ParseDecimal(whole, fraction, exponent)};
    if (plain) AddMixedPart(value);
    return value;
  }

  // "1 3/4" and "1\frac{3}{4}": a whole number before a proper fraction of two whole numbers is added to it.
  void AddMixedPart(Values& whole) {
    const size_t before = at_;
    const bool space = Space();
    std::string above, below;
    if (text_.substr(at_).starts_with("\\frac{")) {
      at_ += 6;
      above = Digits();
      if (!above.empty() && text_.substr(at_).starts_with("}{")) {
        at_ += 2;
        below = Digits();
        if (at_ < text_.size() && text_[at_] == '}') {
          ++at_;
        } else {
          below.clear();
        }
      }
    } else if (text_.substr(at_).starts_with("\\frac") && at_ + 6 < text_.size() && IsDigit(text_[at_ + 5]) &&
               IsDigit(text_[at_ + 6])) {  // \frac34
      above = text_[at_ + 5];
      below = text_[at_ + 6];
      at_ += 7;
    } else if (space) {
      above = Digits();
      const bool spaced = Space();
      if (!above.empty() && !spaced && at_ < text_.size() && text_[at_] == '/') {
        ++at_;
        below = Digits();
      }
    }
    if (!above.empty() && !below.empty()) {
      const Number top = ParseDecimal(above, "", 0), bottom = ParseDecimal(below, "", 0);
      if (!top.exact() || !bottom.exact() || *top.exact() >= *bottom.exact()) throw NoExpression();
      whole = {whole.front() + top / bottom};
    } else {
      at_ = before;
    }
  }

  // What a command takes: a group, one digit, or one factor: \frac12, \sqrt3, \frac{a}b.
  Values Argument() {
    const Deeper deeper(depth_);
    if (Peek() == '{') return Group("{", "}");
    if (IsDigit(Peek())) return {ParseDecimal(text_.substr(at_++, 1), "", 0)};
    if (Peek() == '\\') return Primary();
    if (IsLetter(Peek())) return Variable(std::string(1, text_[at_++]));
    throw NoExpression();
  }

  Values Group(std::string_view open, std::string_view close) {
    Expect(open);
    const int outer = std::exchange(bars_, 0);
    Values value = Sum();
    bars_ = outer;
    Expect(close);
    after_number_ = false;
    return value;
  }

  Values Variable(std::string name) {
    if (at_ < text_.size() && text_[at_] == '_') {  // a subscript belongs to the name
      ++at_;
      const bool group = Take("{");
      const size_t begin = at_;
      while (at_ < text_.size() && (IsDigit(text_[at_]) || IsLetter(text_[at_]))) {
        ++at_;
        if (!group) break;
      }
      if (at_ == begin) throw NoExpression();
      name += "_" + std::string(text_.substr(begin, at_ - begin));
      if (group) Expect("}");
    }
    // f(x), P(A): a function's value, which nothing here knows.
    constexpr std::string_view kFunctionNames = "fgh";
    if (at_ < text_.size() && text_[at_] == '(' &&
        (kFunctionNames.find(name[0]) != std::string_view::npos || (name[0] >= 'A' && name[0] <= 'Z'))) {
      throw NoExpression();
    }
    after_number_ = false;
    Values values;
    for (int point = 0; point < kPoints; ++point) values.push_back(PointValue(name, point));
    return values;
  }

  Values Function(const std::string& name) {
    const Deeper deeper(depth_);
    Values power;
    if (Peek() == '^') {  // \sin^2 x; an inverse is written arcsin
      Take("^");
      power = Peek() == '{' ? Group("{", "}") : Argument();
      if (power.size() != 1 || !power[0].AsInt(100) || *power[0].AsInt(100) < 1) throw NoExpression();
    }
    Values argument;
    if (Peek() == '(' || Peek() == '{') {
      argument = Peek() == '(' ? Group("(", ")") : Group("{", "}");
    } else {
      // \sin 2x is sin(2x), up to the next function or operator.
      argument = Signed([&] { return Factor(); });
      while (BeginsImplicitFactor() && Peek() != '(' && !AtFunction()) {
        argument = Combine(argument, Factor(), std::multiplies<>());
      }
    }
    Values value = Each(argument, [&](const Number& x) { return Apply(name, x); });
    return power.empty() ? value : Combine(value, power, Power);
  }

  std::string WordHere() const {
    size_t begin = at_;
    if (begin < text_.size() && text_[begin] == '\\') ++begin;
    size_t end = begin;
    while (end < text_.size() && IsLetter(text_[end])) ++end;
    return std::string(text_.substr(begin, end - begin));
  }
  bool AtFunction() {
    Space();
    const std::string word = WordHere();
    return IsFunction(word) || word == "log" || word == "asin" || word == "acos" || word == "atan";
  }

  // A word that both LaTeX and plain text know. nullopt: it is none of them.
  std::optional<Values> Named(std::string word) {
    if (word == "asin" || word == "acos" || word == "atan") word.insert(1, "rc");
    if (IsFunction(word)) return Function(word);
    if (word == "pi") return Values{Pi()};
    if (word == "sqrt") {
      int degree = 2;
      if (Take("[")) {
        Space();
        const std::string digits = Digits();
        if (digits.empty() || digits.size() > 2) throw NoExpression();
        degree = std::stoi(digits);
        Expect("]");
      }
      const Values value = Peek() == '(' ? Group("(", ")") : Argument();
      return Each(value, [&](const Number& x) { return Root(x, degree); });
    }
    if (word == "log") {  // without a base it may be 10 or e
      if (at_ >= text_.size() || text_[at_] != '_') throw NoExpression();
      ++at_;
      const Values base = Each(Argument(), [](const Number& x) { return Apply("ln", x); });
      return Combine(Function("ln"), base, std::divides<>());
    }
    return std::nullopt;
  }

  Values Command() {
    ++at_;  // the backslash
    const size_t begin = at_;
    while (at_ < text_.size() && IsLetter(text_[at_])) ++at_;
    const std::string name(text_.substr(begin, at_ - begin));
    after_number_ = false;
    if (name == "frac") {
      const Values above = Argument();
      return Combine(above, Argument(), std::divides<>());
    }
    if (name == "binom") {
      const Values above = Argument();
      return Combine(above, Argument(), Binomial);
    }
    if (auto values = Named(name)) return *values;
    constexpr std::array kGreek = {"alpha", "beta",  "gamma", "delta", "epsilon", "theta", "lambda",
                                   "mu",    "sigma", "phi",   "omega", "rho",     "tau",   "varphi"};
    if (std::ranges::find(kGreek, name) != kGreek.end()) return Variable("\\" + name);
    throw NoExpression();
  }

  Values Letters() {
    const std::string word = WordHere();
    const size_t begin = at_;
    at_ += word.size();
    if (word.size() > 1) {
      after_number_ = false;
      if (auto values = Named(word)) return *values;
      // Two or three letters are a product where something else speaks of a quantity: "2xy", and not "no" or "east".
      static const std::set<std::string> kWords = {"am", "an", "as", "at", "by", "cm",  "km",  "kg",  "mm",  "my",
                                                   "pm", "us", "up", "ml", "mg", "was", "ant", "sum", "max", "mph"};
      const bool variables = word.find_first_not_of("abckmnpqrstuvwxyzABCMNPQRSTXYZ") == std::string::npos;
      if (word.size() > 3 || !variables || !quantity_ || kWords.contains(word)) throw NoExpression();
      at_ = begin;
    }
    const char letter = text_[begin];
    at_ = begin + 1;
    if (letter == 'e') return {EulersNumber()};
    return Variable(std::string(1, letter));
  }

  Values Primary() {
    const Deeper deeper(depth_);
    const char next = Peek();
    if (IsDigit(next) || next == '.') {
      if (next == '.' && (at_ + 1 >= text_.size() || !IsDigit(text_[at_ + 1]))) throw NoExpression();
      return NumberToken();
    }
    if (IsLetter(next)) return Letters();
    if (next == '\\') return Command();
    if (next == '(') return Group("(", ")");
    if (next == '[') return Group("[", "]");
    if (next == '{') return Group("{", "}");
    if (next == '|') {
      Take("|");
      ++bars_;
      const Values value = Sum();
      Expect("|");
      --bars_;
      return Each(value, [](const Number& x) { return Apply("abs", x); });
    }
    throw NoExpression();
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0, bars_ = 0;
  bool quantity_ = false;      // the text has digits or operators: it is not a word
  bool after_number_ = false;  // what was read last is a number as it is written
};

}  // namespace

Values Combine(const Values& a, const Values& b, const std::function<Number(const Number&, const Number&)>& f) {
  Values result;
  const size_t size = std::max(a.size(), b.size());
  for (size_t i = 0; i < size; ++i) result.push_back(f(a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i]));
  return result;
}
std::optional<Values> ParseMath(std::string_view text) {
  try {
    return Parser(text).Whole();
  } catch (const NoExpression&) {
    return std::nullopt;
  }
}

}  // namespace retort
