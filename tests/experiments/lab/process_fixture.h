// The lab as processes, over cells that cost nothing (fake_experiment).
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/base/files.h"
#include "core/base/subprocess.h"
#include "tests/experiments/cells/fixture.h"

namespace retort::lab {

inline const std::string kProgram = std::string(RETORT_BINARY_DIR) + "/fake_experiment";

inline bool WaitUntil(const std::function<bool()>& condition) {
  for (int i = 0; i < 2400; ++i) {  // two minutes: other tests may take all cores
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

// None where there is no such file yet.
inline std::vector<std::string> Lines(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  if (!std::filesystem::exists(file)) return lines;
  ForEachLine(file, [&](std::string_view line, int) {
    lines.emplace_back(line);
    return true;
  });
  return lines;
}

class LabTest : public ::testing::Test {
 protected:
  std::vector<std::string> Command(std::vector<std::string> words, const std::string& fake, const std::string& runs) {
    std::vector<std::string> argv = {"env",
                                     "FAKE=" + fake,
                                     "FAKE_LOG=" + fixture_.path("log").string(),
                                     kProgram,
                                     "--config-dir=" + fixture_.path("").string(),
                                     "runs_dir=" + fixture_.path(runs).string(),
                                     "output_dir=" + fixture_.path("out").string()};
    argv.insert(argv.end(), words.begin(), words.end());
    return argv;
  }
  CommandResult Run(const std::vector<std::string>& words, const std::string& fake = "",
                    const std::string& runs = "runs") {
    return RunCommand(Command(words, fake, runs));
  }
  Subprocess Start(const std::vector<std::string>& words, const std::string& fake) {
    return Subprocess(Command(words, fake, "runs"), {.pipe_stdout = true, .stderr_file = fixture_.path("stderr")});
  }
  // One line a computed cell: "arm n seed target pid".
  std::vector<std::string> Computed() const { return Lines(fixture_.path("log")); }
  void ForgetComputed() const { std::filesystem::remove(fixture_.path("log")); }
  std::map<std::string, std::string> Results(const std::string& runs = "runs") const {
    std::map<std::string, std::string> results;
    if (!std::filesystem::exists(fixture_.path(runs))) return results;
    for (const auto& entry : std::filesystem::directory_iterator(fixture_.path(runs))) {
      for (const char* file : {"result.json", "items.jsonl", "samples.jsonl"}) {
        if (std::filesystem::exists(entry.path() / file)) {
          results[(entry.path().filename() / file).string()] = ReadFile(entry.path() / file);
        }
      }
    }
    return results;
  }
  size_t Done() const {
    size_t done = 0;
    if (!std::filesystem::exists(fixture_.path("runs"))) return 0;
    for (const auto& entry : std::filesystem::directory_iterator(fixture_.path("runs")))
      done += std::filesystem::exists(entry.path() / "result.json");
    return done;
  }

  Fixture fixture_;
};

}  // namespace retort::lab
