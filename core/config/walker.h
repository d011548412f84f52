// A Describer that knows the dotted key it is at and sees every field through one call; base of the binder, the writer
// and the schema. Room-internal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/config/describe.h"
#include "core/config/tree.h"

namespace retort {

class Walker : public Describer {
 public:
  using Texts = std::vector<std::string>;
  using Value = std::variant<bool*, int*, int64_t*, double*, std::string*, std::vector<int>*, std::vector<double>*,
                             Texts*, std::vector<Texts>*, std::optional<int>*, std::optional<double>*>;

  void Field(std::string_view name, bool& v, const Option& o) final { Visit(name, &v, o); }
  void Field(std::string_view name, int& v, const Option& o) final { Visit(name, &v, o); }
  void Field(std::string_view name, int64_t& v, const Option& o) final { Visit(name, &v, o); }
  void Field(std::string_view name, double& v, const Option& o) final { Visit(name, &v, o); }
  void Field(std::string_view name, std::string& v, const Option& o) final { Visit(name, &v, o); }
  void Field(std::string_view name, std::vector<int>& v, const Option& o) final { Visit(name, &v, o); }
  void Field(std::string_view name, std::vector<double>& v, const Option& o) final { Visit(name, &v, o); }
  void Field(std::string_view name, Texts& v, const Option& o) final { Visit(name, &v, o); }
  void Field(std::string_view name, std::vector<Texts>& v, const Option& o) final { Visit(name, &v, o); }
  void Field(std::string_view name, std::optional<int>& v, const Option& o) final { Visit(name, &v, o); }
  void Field(std::string_view name, std::optional<double>& v, const Option& o) final { Visit(name, &v, o); }

 protected:
  virtual void Visit(std::string_view name, Value value, const Option& option) = 0;
  void BeginGroup(std::string_view name, std::string_view /*help*/) override { path_.emplace_back(name); }
  void EndGroup() override { path_.pop_back(); }

  const std::vector<std::string>& path() const { return path_; }
  std::string Key(std::string_view name) const;  // dotted; of the table itself for ""

 private:
  std::vector<std::string> path_;
};

std::optional<Node> ToNode(const Walker::Value& value);  // nullopt: an optional that is not set
std::string_view TypeName(const Walker::Value& value);   // "integer", "list of texts"

}  // namespace retort
