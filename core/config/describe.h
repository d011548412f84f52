// The reflection header: a struct names each of its options once, in a function
//     void Describe(Describer& d, TrainerConfig& c) {
//       d.Field("learning_rate", c.learning_rate, {.help = "peak step size of AdamW", .min = 0, .max = 1});
//       d.Group("lora", c.lora, "low-rank adapters");
//     }
// and loading, checking, --help, the reference page, config.toml and the run hash all come from it. The default is the
// value that a default-constructed struct holds. Ordinary virtual calls, no macros and few templates: compile time
// stays small and a Describe function can live in a .cc file.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace retort {

struct Option {
  std::string_view help = {};
  std::string_view unit = {};  // "tokens", "seconds", "samples"; empty for a pure number or a name
  double min = -std::numeric_limits<double>::infinity();  // of a number, or of each element of a list
  double max = std::numeric_limits<double>::infinity();
  std::vector<std::string_view> choices = {};  // of a string, or of each element of a list
  bool required = false;                       // `???` until given
  // Whether another value can change a number in a table. What does not (paths, workers, devices) stays out of a run's
  // hash. A path is such a key: the content behind it is hashed instead.
  bool numerics = true;
};

class Describer {
 public:
  virtual ~Describer() = default;

  virtual void Field(std::string_view name, bool& value, const Option& option) = 0;
  virtual void Field(std::string_view name, int& value, const Option& option) = 0;
  virtual void Field(std::string_view name, int64_t& value, const Option& option) = 0;
  virtual void Field(std::string_view name, double& value, const Option& option) = 0;
  virtual void Field(std::string_view name, std::string& value, const Option& option) = 0;
  virtual void Field(std::string_view name, std::vector<int>& value, const Option& option) = 0;
  virtual void Field(std::string_view name, std::vector<double>& value, const Option& option) = 0;
  virtual void Field(std::string_view name, std::vector<std::string>& value, const Option& option) = 0;
  // A list of lists of strings (blocks of overrides).
  virtual void Field(std::string_view name, std::vector<std::vector<std::string>>& value, const Option& option) = 0;
  // Absent unless given.
  virtual void Field(std::string_view name, std::optional<int>& value, const Option& option) = 0;
  virtual void Field(std::string_view name, std::optional<double>& value, const Option& option) = 0;

  template <class T>
  void Group(std::string_view name, T& value, std::string_view help) {
    BeginGroup(name, help);
    Describe(*this, value);
    EndGroup();
  }

  // A tagged union: the table `name` holds `kind = "local" | "api" | ...` and beside it the keys of that alternative.
  // names[i] is the tag of alternative i.
  template <class... Ts>
  void OneOf(std::string_view name, std::variant<Ts...>& value,
             const std::array<std::string_view, sizeof...(Ts)>& names, std::string_view help) {
    BeginGroup(name, help);
    const size_t chosen = Tag(value.index(), {names.begin(), names.end()});
    if (chosen != value.index()) Emplace(value, chosen, std::index_sequence_for<Ts...>{});
    if (AllAlternatives()) {
      DescribeAll(value, names, std::index_sequence_for<Ts...>{});
    } else {
      std::visit([this](auto& alternative) { Describe(*this, alternative); }, value);
    }
    EndGroup();
  }

 protected:
  virtual void BeginGroup(std::string_view name, std::string_view help) = 0;
  virtual void EndGroup() = 0;
  // Visits the key `kind`; returns the index to use.
  virtual size_t Tag(size_t current, const std::vector<std::string_view>& names) = 0;
  // For the reference page: every alternative is described in turn between these two calls.
  virtual bool AllAlternatives() const { return false; }
  virtual void BeginAlternative(std::string_view /*name*/) {}
  virtual void EndAlternative() {}

 private:
  template <class V, size_t... Is>
  static void Emplace(V& value, size_t index, std::index_sequence<Is...>) {
    ((Is == index ? static_cast<void>(value.template emplace<Is>()) : void()), ...);
  }
  template <class... Ts, size_t... Is>
  void DescribeAll(std::variant<Ts...>& /*value*/, const std::array<std::string_view, sizeof...(Ts)>& names,
                   std::index_sequence<Is...>) {
    (DescribeAlternative<Ts>(names[Is]), ...);
  }
  template <class T>
  void DescribeAlternative(std::string_view name) {
    T alternative{};
    BeginAlternative(name);
    Describe(*this, alternative);
    EndAlternative();
  }
};

}  // namespace retort
