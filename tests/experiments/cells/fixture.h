// A folder with a config and two bases that no cell ever loads.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/config/program.h"

namespace retort::lab {

class Fixture {
 public:
  Fixture() {
    for (const char* base : {"base-0", "base-1"}) {
      WriteFileAtomic(
          dir_.path() / base / "config.json",
          R"({"vocab_size": 5, "hidden_size": 4, "intermediate_size": 4, "num_hidden_layers": 2, "num_attention_heads": 1})");
      WriteFileAtomic(dir_.path() / base / "model.safetensors", std::string("weights of ") + base);
    }
    Write("fake.toml", R"(
n = [4, 16]
seeds = 2
arms = ["teacher"]
workers = 2
blocks = [["task.target=add10", "n=[8]", "student.trainer.max_steps=400"], ["arms=[answers_only]", "n=[16]"]]
[task]
kind = "folds"
target = "rules"
[teacher]
kind = "oracle"
[student.init]
model = ["base-0", "base-1"]
[evaluation]
held_out = 40
retained = 5
)");
  }

  std::filesystem::path path(const std::string& name) const { return dir_.path() / name; }
  void Write(const std::string& name, const std::string& text) const { WriteFileAtomic(path(name), text); }

  CommandLine Parse(const std::vector<std::string>& words) const {
    std::vector<std::string> all = {"fake", "--config-dir=" + dir_.path().string(),
                                    "runs_dir=" + path("runs").string()};
    all.insert(all.end(), words.begin(), words.end());
    std::vector<const char*> argv;
    argv.reserve(all.size());
    for (const std::string& word : all) argv.push_back(word.c_str());
    return ParseCommandLine({.name = "fake", .config_name = "fake"}, static_cast<int>(argv.size()), argv.data());
  }

 private:
  TempDir dir_;
};

}  // namespace retort::lab
