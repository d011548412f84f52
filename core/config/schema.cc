#include "core/config/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/config/walker.h"

namespace retort {
namespace {

class SchemaWalker final : public Walker {
 public:
  std::vector<SchemaEntry> entries;

 protected:
  void Visit(std::string_view name, Value value, const Option& option) override {
    const auto current = ToNode(value);
    entries.push_back({.key = Key(name),
                       .type = std::string(TypeName(value)),
                       .default_value = current && !option.required ? TomlText(*current) : "",
                       .unit = std::string(option.unit),
                       .range = RangeText(option.min, option.max),
                       .help = std::string(option.help),
                       .choices = {option.choices.begin(), option.choices.end()},
                       .required = option.required,
                       .numerics = option.numerics,
                       .conditions = conditions_});
  }
  void BeginGroup(std::string_view name, std::string_view help) override {
    Walker::BeginGroup(name, help);
    entries.push_back({.key = Key(""), .is_table = true, .help = std::string(help), .conditions = conditions_});
  }
  size_t Tag(size_t current, const std::vector<std::string_view>& names) override {
    entries.push_back({.key = Key("kind"),
                       .type = "text",
                       .default_value = TomlText({.value = std::string(names[current])}),
                       .help = entries.back().help,
                       .choices = {names.begin(), names.end()},
                       .conditions = conditions_});
    return current;
  }
  bool AllAlternatives() const override { return true; }
  void BeginAlternative(std::string_view name) override { conditions_.emplace_back(Key(""), name); }
  void EndAlternative() override { conditions_.pop_back(); }

 private:
  std::vector<std::pair<std::string, std::string>> conditions_;
};

}  // namespace

std::vector<SchemaEntry> CollectSchema(const DescribeFn& describe) {
  SchemaWalker walker;
  describe(walker);
  return std::move(walker.entries);
}

std::function<bool(const std::string&)> PlainOptions(const std::vector<SchemaEntry>& schema) {
  return [&schema](const std::string& key) {
    return std::any_of(schema.begin(), schema.end(),
                       [&](const auto& entry) { return entry.key == key && !entry.is_table; });
  };
}

std::string RangeText(double min, double max) {
  if (std::isfinite(min) && std::isfinite(max)) return fmt::format("{} to {}", min, max);
  if (std::isfinite(min)) return fmt::format(">= {}", min);
  if (std::isfinite(max)) return fmt::format("<= {}", max);
  return "";
}

}  // namespace retort
