// A struct with every shape an option can have, and a folder of config files to load it from.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/config/program.h"
#include "tests/core/base/message_of.h"

namespace retort {

struct TestLora {
  int rank = 8;
  double alpha = 16;
  bool operator==(const TestLora&) const = default;
};
struct TestStudent {
  TestLora lora;
  double learning_rate = 1e-3;
  int64_t max_steps = 200;
  std::string precision = "float32";
  bool shuffle = true;
  bool operator==(const TestStudent&) const = default;
};
struct TestLocal {
  std::string model = "teacher";
  bool operator==(const TestLocal&) const = default;
};
struct TestApi {
  std::string url;
  int retries = 3;
  TestLora lora;
  bool operator==(const TestApi&) const = default;
};
struct TestConfig {
  TestStudent student;
  std::variant<TestLocal, TestApi> teacher;
  std::string name = "run";
  std::vector<int> n = {4, 16};
  std::vector<double> weights;
  std::vector<std::string> arms = {"teacher"};
  std::vector<std::vector<std::string>> blocks;
  std::optional<int> limit;
  std::optional<double> clip = 1.0;
  int workers = 2;
  bool operator==(const TestConfig&) const = default;
};

inline void Describe(Describer& d, TestLora& c) {
  d.Field("rank", c.rank, {.help = "rank of the adapters", .min = 1, .max = 1024});
  d.Field("alpha", c.alpha, {.help = "scale"});
}
inline void Describe(Describer& d, TestStudent& c) {
  d.Group("lora", c.lora, "low-rank adapters");  // a table before plain keys: the writer must reorder
  d.Field("learning_rate", c.learning_rate, {.help = "peak step size of AdamW", .min = 0, .max = 1});
  d.Field("max_steps", c.max_steps, {.help = "optimizer steps", .unit = "steps", .min = 1});
  d.Field("precision", c.precision, {.help = "of the weights", .choices = {"float32", "bfloat16"}});
  d.Field("shuffle", c.shuffle, {.help = "another order each epoch"});
}
inline void Describe(Describer& d, TestLocal& c) { d.Field("model", c.model, {.help = "folder", .numerics = false}); }
inline void Describe(Describer& d, TestApi& c) {
  d.Field("url", c.url, {.help = "of the server", .required = true});
  d.Field("retries", c.retries, {.help = "after a failure", .min = 0});
  d.Group("lora", c.lora, "asked of the server");
}
inline void Describe(Describer& d, TestConfig& c) {
  d.Group("student", c.student, "who learns");
  d.OneOf("teacher", c.teacher, {"local", "api"}, "who answers");
  d.Field("name", c.name, {.help = "of the run", .numerics = false});
  d.Field("n", c.n, {.help = "samples", .unit = "samples", .min = 0});
  d.Field("weights", c.weights, {.help = "of the parts"});
  d.Field("arms", c.arms, {.help = "what is compared", .choices = {"teacher", "answers_only", "references"}});
  d.Field("blocks", c.blocks, {.help = "overrides of each block"});
  d.Field("limit", c.limit, {.help = "on items", .min = 1});
  d.Field("clip", c.clip, {.help = "of the gradient's norm", .min = 0});
  d.Field("workers", c.workers, {.help = "processes", .min = 1, .max = 64, .numerics = false});
}

class ConfigFolder {
 public:
  std::string Write(const std::string& name, const std::string& text) const {
    WriteFileAtomic(dir_.path() / name, text);
    return (dir_.path() / name).string();
  }
  std::string Path(const std::string& name) const { return (dir_.path() / name).string(); }
  CommandLine Command(std::vector<std::string> overrides = {}, std::string config_name = "main") const {
    return {.config_dir = dir_.path(), .config_name = std::move(config_name), .overrides = std::move(overrides)};
  }
  TestConfig Load(std::vector<std::string> overrides = {}, std::string config_name = "main") const {
    return retort::Load<TestConfig>(Command(std::move(overrides), std::move(config_name)));
  }
  // The message of the Error that loading gives; "" if it loads.
  std::string Problem(std::vector<std::string> overrides = {}, std::string config_name = "main") const {
    return MessageOf([&] { Load(std::move(overrides), std::move(config_name)); });
  }

 private:
  TempDir dir_;
};

// Loads with overrides alone.
inline TestConfig LoadOverrides(std::vector<std::string> overrides) {
  return ConfigFolder().Load(std::move(overrides), "");
}
inline std::string ProblemOfOverrides(std::vector<std::string> overrides) {
  return ConfigFolder().Problem(std::move(overrides), "");
}

}  // namespace retort
