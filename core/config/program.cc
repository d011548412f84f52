#include "core/config/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>

#include "core/base/error.h"
#include "core/config/bind.h"
#include "core/config/compose.h"
#include "core/config/interpolate.h"
#include "core/config/override.h"
#include "core/config/problems.h"
#include "core/config/schema.h"
#include "core/config/toml_file.h"
#include "core/config/write.h"

namespace retort {
namespace {

// Where the file of a group word goes: "a/b" at a.b, "a/b@c" at c.
std::string PlaceOfGroup(const Override& word) {
  std::string own = word.key;
  std::replace(own.begin(), own.end(), '/', '.');
  if (!word.package) return own;
  std::string place = *word.package;
  if (place.starts_with("_global_.")) place.erase(0, std::string_view("_global_.").size());
  return place.empty() || place.starts_with('_') ? own : place;
}

}  // namespace

void LoadConfig(const CommandLine& command_line, const DescribeFn& describe) {
  Problems problems;
  const auto schema = CollectSchema(describe);
  const Node composed = Compose(command_line, {.is_option = PlainOptions(schema)}, problems).root;
  const auto defaults = [&] { return ParseToml(WriteToml(describe, {.kinds = &composed}), "defaults"); };
  const Node root = Interpolate(composed, defaults, problems);
  const std::filesystem::path primary = PrimaryFile(command_line);
  Bind(root, describe, schema, {.origin = {.file = primary.empty() ? kCommandLine : primary.string()}}, problems);
  problems.ThrowIfAny();
}

void FromToml(std::string_view text, const std::string& file, const DescribeFn& describe) {
  Problems problems;
  Bind(ParseToml(text, file), describe, CollectSchema(describe), {.origin = {.file = file}, .verbatim = true},
       problems);
  problems.ThrowIfAny();
}

std::vector<std::string> OverriddenKeys(const std::vector<std::string>& overrides) {
  Problems problems;
  std::vector<std::string> keys;
  for (const std::string& word : overrides) {
    const auto parsed = ParseOverride(word, problems);
    if (!parsed) continue;
    std::string key = PlaceOfGroup(*parsed);
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
  }
  problems.ThrowIfAny();
  return keys;
}

int RunMain(const std::string& name, const std::function<int()>& body) {
  try {
    return body();
  } catch (const Error& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return 2;
  } catch (const std::filesystem::filesystem_error& error) {  // a full disk, a folder that is not ours
    fmt::print(stderr, "{}: {}: {}\n", name, error.path1().string(), error.code().message());
    return 2;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "{}: internal error: out of memory\n", name);
  } catch (const std::exception& error) {
    std::string what = error.what();
    std::replace(what.begin(), what.end(), '\n', ' ');
    fmt::print(stderr, "{}: internal error: {}\n", name, what);
  } catch (...) {
    fmt::print(stderr, "{}: internal error of unknown kind\n", name);
  }
  return 3;
}

}  // namespace retort
