// What Hydra composes, this composes too: every case of golden/hydra.json, made by scripts/golden/hydra.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/files.h"
#include "core/config/compose.h"
#include "core/config/interpolate.h"
#include "core/config/program.h"

namespace retort {
namespace {

using Json = nlohmann::json;

const Json& Golden() {
  static const Json golden = Json::parse(
      ReadFile(std::filesystem::path(RETORT_SOURCE_DIR) / "tests/core/config/golden/hydra.json", size_t{64} << 20));
  return golden;
}

// Numbers that JSON has not are tables of one key, as in the golden.
Json ToJson(const Node& node) {
  if (const auto* boolean = std::get_if<bool>(&node.value)) return *boolean;
  if (const auto* integer = std::get_if<int64_t>(&node.value)) return *integer;
  if (const auto* number = std::get_if<double>(&node.value)) {
    if (std::isnan(*number)) return {{"$float", "nan"}};
    if (std::isinf(*number)) return {{"$float", *number < 0 ? "-inf" : "inf"}};
    return *number;
  }
  if (node.text() != nullptr) return *node.text();
  if (const auto* list = std::get_if<Node::List>(&node.value)) {
    Json array = Json::array();
    for (const Node& element : *list) array.push_back(ToJson(element));
    return array;
  }
  Json object = Json::object();
  for (const auto& [name, child] : *node.table()) object[name] = ToJson(child);
  return object;
}

// 1 and 1.0 are two values here.
bool Same(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return a.is_number_float() == b.is_number_float() && a == b;
  if (a.is_object() && b.is_object()) {
    return a.size() == b.size() && std::all_of(a.items().begin(), a.items().end(), [&](const auto& entry) {
             return b.contains(entry.key()) && Same(entry.value(), b[entry.key()]);
           });
  }
  if (a.is_array() && b.is_array()) return std::equal(a.begin(), a.end(), b.begin(), b.end(), Same);
  return a == b;
}

bool SameOutcome(const Json& a, const Json& b) {
  return (a.contains("refused") && b.contains("refused")) || Same(a, b);
}

class Folders {
 public:
  Folders() {
    for (const auto& [name, files] : Golden()["folders"].items()) {
      for (const auto& [file, text] : files.items()) {
        const auto path = dir_.path() / name / (file + ".toml");
        std::filesystem::create_directories(path.parent_path());
        WriteFileAtomic(path, text.get<std::string>());
      }
    }
    for (const auto& [name, value] : Golden()["environment"].items()) {
      setenv(name.c_str(), value.get<std::string>().c_str(), 1);
    }
  }
  CommandLine Command(const Json& test) const {
    return {.config_dir = dir_.path() / test["folder"].get<std::string>(),
            .config_name = test["config"],
            .overrides = test["overrides"].get<std::vector<std::string>>(),
            .multirun = test["multirun"].get<bool>()};
  }

 private:
  TempDir dir_;
};

Json Tree(const CommandLine& command_line) {
  Problems problems;
  const Node root = Compose(command_line, {.known_keys_only = true}, problems).root;
  const Node resolved = Interpolate(
      root, [] { return Node(); }, problems);
  problems.ThrowIfAny();
  return ToJson(resolved);
}

Json Outcome(const CommandLine& command_line) {
  try {
    const std::vector<SweepPoint> points = ExpandSweep(command_line);
    if (!command_line.multirun) return {{"tree", Tree(command_line)}};
    Json runs = Json::array();
    for (const SweepPoint& point : points) {
      runs.push_back({{"overrides", point.command_line.overrides}, {"tree", Tree(point.command_line)}});
    }
    return {{"runs", runs}};
  } catch (const Error& error) {
    return {{"refused", error.what()}};
  }
}

TEST(Hydra, EveryCaseComposesToTheSame) {
  const Folders folders;
  for (const Json& test : Golden()["cases"]) {
    const Json& expected = test.contains("here") ? test["here"] : test["hydra"];
    const Json outcome = Outcome(folders.Command(test));
    EXPECT_TRUE(SameOutcome(outcome, expected)) << test["folder"] << " " << test["config"] << " " << test["overrides"]
                                                << "\n  want " << expected << "\n  have " << outcome;
  }
}

TEST(Hydra, TheCasesAreManyAndExceptionsFewAndNamed) {
  const Json& cases = Golden()["cases"];
  EXPECT_GE(cases.size(), 500u);
  size_t differ = 0, refused = 0, runs = 0;
  std::set<std::string> used;
  for (const Json& test : cases) {
    EXPECT_EQ(test.contains("differs"), test.contains("here")) << test;
    refused += test["hydra"].contains("refused") ? 1 : 0;
    runs += test["hydra"].contains("runs") ? 1 : 0;
    if (!test.contains("differs")) continue;
    ++differ;
    used.insert(test["differs"]);
    EXPECT_TRUE(Golden()["reasons"].contains(test["differs"].get<std::string>())) << test;
    EXPECT_FALSE(SameOutcome(test["here"], test["hydra"])) << "no exception at all: " << test;
  }
  EXPECT_LE(differ, 40u);
  EXPECT_EQ(used.size(), Golden()["reasons"].size()) << "a reason that no case has";
  EXPECT_GE(refused, 100u);
  EXPECT_LE(refused * 2, cases.size());
  EXPECT_GE(runs, 40u);
}

}  // namespace
}  // namespace retort
