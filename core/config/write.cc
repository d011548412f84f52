// TOML wants the plain keys of a table before its sub-tables, while a struct may describe them in any order: so each
// table is buffered and written when all is known.
#include "core/config/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "core/config/walker.h"

namespace retort {
namespace {

class Writer final : public Walker {
 public:
  explicit Writer(const WriteRules& rules) : rules_(rules) {}

  std::string Text() const {
    std::string text;
    Append(root_, text);
    return text;
  }

 protected:
  void Visit(std::string_view name, Value value, const Option&) override {
    if (const auto node = ToNode(value)) Line(name, *node);
  }
  void BeginGroup(std::string_view name, std::string_view help) override {
    Walker::BeginGroup(name, help);
    open_.push_back(&open_.back()->tables.emplace_back(Section{.key = Key("")}));
  }
  void EndGroup() override {
    open_.pop_back();
    Walker::EndGroup();
  }
  size_t Tag(size_t current, const std::vector<std::string_view>& names) override {
    if (rules_.kinds != nullptr) {
      std::vector<std::string> kind = path();
      kind.emplace_back("kind");
      const Node* node = Find(*rules_.kinds, kind);
      const auto chosen = node != nullptr && node->text() != nullptr
                              ? std::find(names.begin(), names.end(), *node->text())
                              : names.end();
      if (chosen != names.end()) current = static_cast<size_t>(chosen - names.begin());
    }
    Line("kind", {.value = std::string(names[current])});
    return current;
  }

 private:
  struct Section {
    std::string key, lines;
    std::deque<Section> tables;  // a deque, since open_ points into it
  };

  void Line(std::string_view name, const Node& node) {
    open_.back()->lines += fmt::format("{} = {}\n", name, TomlText(node, rules_.escape_interpolation));
  }
  static void Append(const Section& section, std::string& text) {
    if (!section.lines.empty() && !section.key.empty()) {
      text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section.key);
    }
    text += section.lines;
    for (const Section& table : section.tables) Append(table, text);
  }

  const WriteRules& rules_;
  Section root_;
  std::vector<Section*> open_ = {&root_};
};

// Dotted keys, one a line, sorted: no order of files or of Describe calls can change it.
class NumericsWriter final : public Walker {
 public:
  std::vector<std::string> lines;

 protected:
  void Visit(std::string_view name, Value value, const Option& option) override {
    if (!option.numerics) return;
    if (const auto node = ToNode(value)) lines.push_back(fmt::format("{} = {}\n", Key(name), TomlText(*node)));
  }
  size_t Tag(size_t current, const std::vector<std::string_view>& names) override {
    lines.push_back(fmt::format("{} = \"{}\"\n", Key("kind"), names[current]));
    return current;
  }
};

}  // namespace

std::string WriteToml(const DescribeFn& describe, const WriteRules& rules) {
  Writer writer(rules);
  describe(writer);
  return writer.Text();
}

std::string ToToml(const DescribeFn& describe) { return WriteToml(describe, {}); }

std::string NumericsToml(const DescribeFn& describe) {
  NumericsWriter writer;
  describe(writer);
  std::sort(writer.lines.begin(), writer.lines.end());
  std::string text;
  for (const std::string& line : writer.lines) text += line;
  return text;
}

}  // namespace retort
