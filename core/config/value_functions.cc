// Each function takes what Hydra's takes. Two are refused on purpose: a sweep here has a stated order, and runs are
// counted before the first one starts.
#include "core/config/value_functions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>

namespace retort {
namespace {

class Functions {
 public:
  Functions(FunctionCall call, const Where& where) : call_(std::move(call)), where_(where) {
    for (Value& value : call_.positional) Unquote(value);
    for (auto& [name, value] : call_.named) Unquote(value);
  }

  Value Run() {
    static const std::map<std::string, Value (Functions::*)(), std::less<>> kFunctions = {
        {"int", &Functions::CastAll},  {"float", &Functions::CastAll}, {"str", &Functions::CastAll},
        {"bool", &Functions::CastAll}, {"choice", &Functions::Choice}, {"range", &Functions::Range},
        {"sort", &Functions::Sort},    {"tag", &Functions::Tag},       {"glob", &Functions::Glob}};
    static const std::map<std::string, std::string_view, std::less<>> kRefused = {
        {"shuffle", "a sweep here has a stated order"},
        {"interval", "no sweep here takes values from an interval; range(start,stop,step) or choice(...) does"},
        {"extend_list", "write the whole list"},
        {"json_str", "put the text in quotes"}};
    if (const auto refused = kRefused.find(call_.name); refused != kRefused.end()) {
      throw Error(where_, fmt::format("{}() is not supported: {}", call_.name, refused->second));
    }
    const auto function = kFunctions.find(call_.name);
    if (function == kFunctions.end()) {
      std::vector<std::string> names;
      names.reserve(kFunctions.size());
      for (const auto& [name, member] : kFunctions) names.push_back(name);
      throw Error(where_, fmt::format("there is no function {}()", call_.name),
                  fmt::format("there are {}; put a text in quotes", fmt::join(names, ", ")));
    }
    return (this->*function->second)();
  }

 private:
  [[noreturn]] void Fail(std::string_view problem, std::string_view mend = {}) const {
    throw Error(where_, fmt::format("{}(): {}", call_.name, problem), mend);
  }

  static void Unquote(Value& value) {
    if (auto* text = value.as<Quotable>()) text->quote = '\0';
  }

  // By position or by name, in the order of `names`; what is not given stays empty.
  std::vector<std::optional<Value>> Bound(const std::vector<std::string_view>& names) {
    std::vector<std::optional<Value>> bound(names.size());
    if (call_.positional.size() > names.size()) Fail(fmt::format("takes at most {} values", names.size()));
    std::move(call_.positional.begin(), call_.positional.end(), bound.begin());
    const size_t positional = call_.positional.size();
    for (auto& [name, value] : call_.named) {
      const size_t index = static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
      if (index == names.size()) Fail(fmt::format("there is no argument {}", name));
      if (index < positional) Fail(fmt::format("{} is given twice", name));
      bound[index] = std::move(value);
    }
    return bound;
  }

  // The one named argument that a function of any number of values takes.
  std::optional<Value> TakeNamed(std::string_view name) {
    std::optional<Value> found;
    for (auto argument = call_.named.begin(); argument != call_.named.end();) {
      if (argument->first != name) {
        ++argument;
        continue;
      }
      found = std::move(argument->second);
      argument = call_.named.erase(argument);
    }
    return found;
  }
  void RefuseOtherNames() const {
    if (!call_.named.empty()) Fail(fmt::format("there is no argument {}", call_.named.front().first));
  }

  Value CastAll() {
    std::optional<Value> value = TakeNamed("value");
    RefuseOtherNames();
    if (value && !call_.positional.empty()) Fail("takes values by position or by name, not both");
    if (!value && call_.positional.empty()) Fail("wants a value");
    if (value) return Cast(call_.name, *value, where_);
    if (call_.positional.size() == 1) return Cast(call_.name, call_.positional[0], where_);
    Sweep sweep{.simple = true, .choices = std::move(call_.positional)};
    for (const Value& choice : sweep.choices) RefuseSweep(choice);
    return Cast(call_.name, {std::move(sweep)}, where_);
  }

  void RefuseSweep(const Value& value) const {
    if (value.as<Sweep>() != nullptr) Fail("a sweep among other values");
  }

  Value Choice() {
    RefuseOtherNames();
    if (call_.positional.empty()) Fail("an empty choice");
    if (auto* only = call_.positional[0].as<Sweep>(); call_.positional.size() == 1 && only != nullptr) {
      if (only->kind != Sweep::Kind::kChoice || !only->simple) Fail("a sweep inside a choice");
      only->simple = false;
      return std::move(call_.positional[0]);
    }
    for (const Value& choice : call_.positional) RefuseSweep(choice);
    return {Sweep{.choices = std::move(call_.positional)}};
  }

  Number NumberOf(const Value& value, std::string_view name) const {
    if (const auto* boolean = value.as<bool>()) return int64_t{*boolean};
    if (const auto* integer = value.as<int64_t>()) return *integer;
    if (const auto* number = value.as<double>()) {
      if (!std::isfinite(*number)) Fail(fmt::format("{} is not finite", name));
      return *number;
    }
    Fail(fmt::format("{} wants a number, not {}", name, KindName(value)));
  }

  Value Range() {
    auto bound = Bound({"start", "stop", "step"});
    if (!bound[0]) Fail("wants range(stop), range(start,stop) or range(start,stop,step)");
    Sweep sweep{.kind = Sweep::Kind::kRange};
    sweep.start = NumberOf(*bound[0], "start");
    if (bound[1]) {
      sweep.stop = NumberOf(*bound[1], "stop");
    } else {
      sweep.stop = std::exchange(sweep.start, int64_t{0});
    }
    if (bound[2]) sweep.step = NumberOf(*bound[2], "step");
    if (std::visit([](auto step) { return step == 0; }, sweep.step)) Fail("the step is 0");
    return {std::move(sweep)};
  }

  // Whether a comes before b, as Python compares; texts that stood in quotes inside a list cannot be compared there.
  bool Less(const Value& a, const Value& b) const {
    const auto number = [](const Value& value) -> std::optional<Number> {
      if (const auto* boolean = value.as<bool>()) return int64_t{*boolean};
      if (const auto* integer = value.as<int64_t>()) return *integer;
      if (const auto* real = value.as<double>()) return *real;
      return std::nullopt;
    };
    const auto x = number(a), y = number(b);
    if (x && y) return std::visit([](auto m, auto n) { return m < n; }, *x, *y);
    const auto *s = a.as<Quotable>(), *t = b.as<Quotable>();
    if (s != nullptr && t != nullptr && s->quote == '\0' && t->quote == '\0') return s->text < t->text;
    const auto *p = a.as<Value::List>(), *q = b.as<Value::List>();
    if (p != nullptr && q != nullptr) {
      return std::lexicographical_compare(p->begin(), p->end(), q->begin(), q->end(),
                                          [&](const Value& i, const Value& j) { return Less(i, j); });
    }
    Fail(fmt::format("{} and {} have no order", KindName(a), KindName(b)));
  }
  void SortValues(std::vector<Value>& values, bool reverse) const {
    std::stable_sort(values.begin(), values.end(),
                     [&](const Value& a, const Value& b) { return reverse ? Less(b, a) : Less(a, b); });
  }

  // A range is turned round where it runs the other way, by Hydra's own arithmetic.
  static void SortRange(Sweep& sweep, bool reverse) {
    std::visit(
        [&](auto start, auto stop, auto step) {
          if (reverse ? !(start < stop) : !(start > stop)) return;
          const auto width = step < 0 ? -step : step;
          const auto shift = reverse ? -width : width;
          sweep.start = Number(stop + shift);
          sweep.stop = Number(start + shift);
          sweep.step = Number(-step);
        },
        sweep.start, sweep.stop, sweep.step);
  }

  Value Sort() {
    bool reverse = false;
    if (const auto given = TakeNamed("reverse")) {
      const auto* value = given->as<bool>();
      if (value == nullptr) Fail("reverse wants true or false");
      reverse = *value;
    }
    for (const std::string_view name : {"list", "sweep"}) {
      auto given = TakeNamed(name);
      if (!given) continue;
      if ((name == "list") != (given->as<Value::List>() != nullptr) ||
          (name == "sweep") != (given->as<Sweep>() != nullptr)) {
        Fail(fmt::format("{} wants a {}, not {}", name, name, KindName(*given)));
      }
      call_.positional = {*std::move(given)};
      break;
    }
    if (call_.named.size() == 1 && (call_.named[0].first == "sweep")) call_.named.clear();  // list wins
    RefuseOtherNames();
    if (call_.positional.empty()) Fail("wants a value");
    if (call_.positional.size() > 1) {
      Sweep sweep{.simple = true, .choices = std::move(call_.positional)};
      for (const Value& value : sweep.choices) {
        if (value.content.index() > 3) Fail(fmt::format("{} among other values", KindName(value)));
      }
      SortValues(sweep.choices, reverse);
      return {std::move(sweep)};
    }
    Value& value = call_.positional[0];
    if (auto* list = value.as<Value::List>()) SortValues(*list, reverse);
    if (auto* sweep = value.as<Sweep>()) {
      if (sweep->kind == Sweep::Kind::kGlob) Fail("takes no glob()");
      if (sweep->kind == Sweep::Kind::kChoice) SortValues(sweep->choices, reverse);
      if (sweep->kind == Sweep::Kind::kRange) SortRange(*sweep, reverse);
    }
    return std::move(value);
  }

  // Tags are for sweepers that read them; none here does, so that tag() is its sweep.
  Value Tag() {
    if (auto sweep = TakeNamed("sweep")) {
      if (call_.positional.empty()) Fail("wants tags and a sweep");
      call_.positional.push_back(*std::move(sweep));
    }
    RefuseOtherNames();
    if (call_.positional.empty()) Fail("wants tags and a sweep");
    const auto* sweep = call_.positional.back().as<Sweep>();
    if (sweep == nullptr || sweep->kind == Sweep::Kind::kGlob) Fail("the last value must be a choice() or range()");
    for (size_t i = 0; i + 1 < call_.positional.size(); ++i) {
      if (call_.positional[i].as<Quotable>() == nullptr) Fail("a tag is a text");
    }
    return std::move(call_.positional.back());
  }

  std::vector<std::string> Patterns(const std::optional<Value>& value) const {
    if (!value) return {};
    if (const auto* text = value->as<Quotable>()) return {text->text};
    std::vector<std::string> patterns;
    const auto* list = value->as<Value::List>();
    if (list == nullptr) Fail("a pattern is a text");
    for (const Value& element : *list) {
      const auto* text = element.as<Quotable>();
      if (text == nullptr) Fail("a pattern is a text");
      patterns.push_back(text->text);
    }
    return patterns;
  }

  Value Glob() {
    const auto bound = Bound({"include", "exclude"});
    if (!bound[0]) Fail("wants a pattern: glob(*)");
    return {Sweep{.kind = Sweep::Kind::kGlob, .include = Patterns(bound[0]), .exclude = Patterns(bound[1])}};
  }

  FunctionCall call_;
  const Where& where_;
};

}  // namespace

Value Evaluate(FunctionCall call, const Where& where) { return Functions(std::move(call), where).Run(); }

}  // namespace retort
