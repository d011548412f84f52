// How fast a random model of a config.json trains, on a GPU or on the processor; scripts/bench gpu runs it beside
// Transformers. One line of JSON:
//   gpu_bench cpu|cuda float32|bf16 THREADS CONFIG BATCH LENGTH STEPS
// Every token is supervised, as with labels=input_ids. The rate does not depend on what the weights are.
#include <c10/core/CachingDeviceAllocator.h>
#include <fmt/format.h>
#include <torch/version.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/lm/model_config.h"
#include "core/lm/threads.h"
#include "core/lm/transformer.h"
#include "student/trainer.h"

namespace retort {
namespace {

constexpr int kWarmUp = 5;

nlohmann::json Run(const std::vector<std::string>& words) {
  if (words.size() != 7) throw Error("seven words are needed; the first lines of benchmarks/gpu_bench.cc have them");
  const auto number = [&](size_t i) { return std::stoi(words[i]); };
  const int batch = number(4), length = number(5), steps = number(6);
  SetThreads(number(2));
  Transformer model(ReadModelConfig(words[3]));
  model.Initialise(0);
  RandomStream random(0, "gpu_bench");
  std::vector<Example> examples(static_cast<size_t>(batch), {.prompt_length = 1});
  for (Example& example : examples) {
    for (int i = 0; i <= length; ++i) {
      example.ids.push_back(static_cast<int>(random.Below(static_cast<uint64_t>(model.config().vocab_size))));
    }
  }
  TrainerConfig config{.max_steps = kWarmUp + steps, .per_device_train_batch_size = batch, .max_length = length + 1};
  config.device = words[0];
  config.bf16 = words[1] == "bf16";
  std::vector<double> seconds;
  double before = 0;
  TrainLog log;
  log.progress = [&](int step, int) {  // the loss was read: the device is done with the step
    const double now = MonotonicSeconds();
    if (step > kWarmUp) seconds.push_back(now - before);
    before = now;
  };
  Train(model, examples, config, 0, log);
  std::ranges::sort(seconds);
  const double median = seconds[seconds.size() / 2];
  nlohmann::json result = {{"libtorch", TORCH_VERSION},
                           {"parameters", model.config().ParameterCount()},
                           {"median_seconds_per_step", median},
                           {"tokens_per_second", batch * double(length) / median}};
  if (config.device == "cuda") {
    result["gpu_peak_mb"] =
        double(c10::getDeviceAllocator(c10::kCUDA)->getDeviceStats(0).allocated_bytes[0].peak) / 1e6;
  }
  return result;
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  try {
    fmt::print("{}\n", retort::DumpJson(retort::Run({argv + 1, argv + argc})));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "gpu_bench: {}\n", error.what());
    return 2;
  }
}
