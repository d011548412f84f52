// The real programs, end to end, on networks so small that they learn nothing.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/subprocess.h"

namespace retort::lab {

class ProgramsTest : public ::testing::Test {
 protected:
  void SetUp() override;  // makes the models "tiny" and "larger"

  std::filesystem::path path(const std::string& name) const { return dir_.path() / name; }
  std::string Key(const std::string& key, const std::string& name) const { return key + "=" + path(name).string(); }

  static std::string Program(const std::string& name) { return std::string(RETORT_BINARY_DIR) + "/" + name; }
  static CommandResult Run(const std::string& program, std::vector<std::string> words, const std::string& input = "");
  static std::vector<nlohmann::json> Lines(const std::string& output);

  // n of the task's reference solutions, with no teacher.
  CommandResult CollectReferences(const std::string& folder, int n) const;
  // Words for few_samples: `larger` teaches `tiny`, eight cells that train in no time.
  std::vector<std::string> SmallGrid(const std::string& runs, const std::string& output) const;

 private:
  TempDir dir_;
};

}  // namespace retort::lab
