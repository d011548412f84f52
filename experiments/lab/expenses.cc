#include "experiments/lab/expenses.h"

#include <fmt/format.h>

#include <cstdlib>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/config/toml_text.h"
#include "core/lm/checkpoint.h"
#include "core/lm/model_config.h"
#include "teacher/price.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

struct RowFiles {
  const char *name, *gpu, *tokens;
};
constexpr std::array<RowFiles, kPriceRows> kRows = {{{"low", "gpu_h100_low", "llama3_1_405b"},
                                                     {"list", "gpu_h100_list", "llama3_1_70b"},
                                                     {"high", "gpu_h100_high", "deepseek_v3"}}};
constexpr double kSecondsPerHour = 3600, kMillion = 1e6;

struct EntryOf {
  const char *name, *help;
  Assumption CostRegister::*entry;
};
constexpr EntryOf kReckonedWith[] = {
    {"gpu_peak", "FLOPs a second that a GPU can do at most", &CostRegister::gpu_peak},
    {"gpu_utilisation", "share of these that training gets", &CostRegister::gpu_utilisation},
    {"low_parameters", "parameters of the model whose token price the low row takes", &CostRegister::low_parameters},
    {"list_parameters", "the same of the list row", &CostRegister::list_parameters},
    {"high_parameters", "the same of the high row", &CostRegister::high_parameters},
    {"teacher_share", "part of the teacher's training that was about what the student learns",
     &CostRegister::teacher_share},
    {"settings_tried", "students that a route trains at its N to find the settings of one",
     &CostRegister::settings_tried},
    {"teacher_training", "FLOPs of training the teacher; 0: as its card says", &CostRegister::teacher_training},
    {"base_training", "FLOPs of training the base; 0: as its card says", &CostRegister::base_training}};
constexpr EntryOf kOfOthers[] = {
    {"deepseek_v3_hours", "GPU hours of DeepSeek-V3's training", &CostRegister::deepseek_v3_hours},
    {"deepseek_v3_dollars", "what these hours cost", &CostRegister::deepseek_v3_dollars},
    {"llama_405b_flops", "FLOPs of pretraining Llama 3.1 405B", &CostRegister::llama_405b_flops},
    {"s1_gpu_hours", "GPU hours of fine-tuning s1-32B on 1,000 samples", &CostRegister::s1_gpu_hours},
    {"debate_dollars", "what GPT-4 is said to have cost", &CostRegister::debate_dollars}};

template <size_t K>
std::vector<NamedAssumption> Named(const EntryOf (&entries)[K], const CostRegister& r) {
  std::vector<NamedAssumption> named;
  for (const EntryOf& entry : entries) named.push_back({entry.name, entry.help, &(r.*entry.entry)});
  return named;
}

PriceConfig ReadPrice(const fs::path& config_dir, const std::string& name) {
  const fs::path file = config_dir / "prices" / (name + ".toml");
  PriceConfig price;
  FromToml(ReadFile(file), file.string(), [&](Describer& d) { Describe(d, price); });
  return price;
}

}  // namespace

void Describe(Describer& d, CostRegister& r) {
  for (const EntryOf& entry : kReckonedWith) d.Group(entry.name, r.*entry.entry, entry.help);
  for (const EntryOf& entry : kOfOthers) d.Group(entry.name, r.*entry.entry, entry.help);
}

std::vector<NamedAssumption> Entries(const CostRegister& r) { return Named(kReckonedWith, r); }
std::vector<NamedAssumption> FiguresOfOthers(const CostRegister& r) { return Named(kOfOthers, r); }

Expenses ReadExpenses(const fs::path& config_dir, const std::string& name) {
  if (name.empty()) throw Error("assumptions: is empty; name a file of configs/assumptions, such as catching_up");
  const fs::path file = config_dir / "assumptions" / (name + ".toml");
  Expenses expenses;
  CostRegister& entries = expenses.entries;
  FromToml(ReadFile(file), file.string(), [&](Describer& d) { Describe(d, entries); });
  const double flops_an_hour = kSecondsPerHour * entries.gpu_peak.value * entries.gpu_utilisation.value;
  const Money parameters = {entries.low_parameters.value, entries.list_parameters.value, entries.high_parameters.value};
  for (size_t i = 0; i < kPriceRows; ++i) {
    if (!(flops_an_hour > 0 && parameters[i] > 0)) {
      throw Error({.file = file.string()}, "gpu_peak, gpu_utilisation and parameters must be above 0", "give them");
    }
    const PriceConfig gpu = ReadPrice(config_dir, kRows[i].gpu), tokens = ReadPrice(config_dir, kRows[i].tokens);
    expenses.prices[i] = {
        .name = kRows[i].name,
        .flop = gpu.gpu_hour / flops_an_hour,
        .token_parameter = tokens.output / kMillion / parameters[i],
        .gpu = fmt::format("{}: {} dollars an hour ({}, {})", kRows[i].gpu, gpu.gpu_hour, gpu.date, gpu.source),
        .tokens = fmt::format("{}: {} dollars a million tokens of a model of {:.3g} parameters ({}, {})",
                              kRows[i].tokens, tokens.output, parameters[i], tokens.date, tokens.source)};
  }
  return expenses;
}

std::optional<double> TrainingFlops(const fs::path& model) {
  const std::string field = ModelCardField(model, "training_flops");
  const double flops = std::strtod(field.c_str(), nullptr);
  return flops > 0 ? std::optional(flops) : std::nullopt;
}

double ParameterCount(const fs::path& model) {
  return static_cast<double>(ReadModelConfig(model / "config.json").ParameterCount());
}

}  // namespace retort::lab
