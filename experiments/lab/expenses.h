// What training, answering and asking cost, in FLOPs and in dollars: the register of what is assumed, three rows of the
// dated price table, and what it took to train the models that an experiment begins with.
//
// Dollars of a FLOP: the price of a GPU's hour / (3600 s · peak · utilisation). Dollars of an asked token: what a host
// asks for a token of an open-weight model, a parameter of it; an experiment's teacher is of another size than any that
// has a price. Both make dollars of this world comparable with each other, and with nothing else.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "teacher/provider/assumption.h"

namespace retort::lab {

struct CostRegister {
  Assumption gpu_peak, gpu_utilisation;                         // of the machine whose hour has a price
  Assumption low_parameters, list_parameters, high_parameters;  // of the models whose tokens have one
  Assumption teacher_share;                                     // of the teacher's training that was about the target
  Assumption settings_tried;                                    // students a route trains to find one's settings
  Assumption teacher_training, base_training;                   // FLOPs; 0: as the model's card says
  Assumption deepseek_v3_hours, deepseek_v3_dollars;            // figures of others, to stand beside
  Assumption llama_405b_flops, s1_gpu_hours, debate_dollars;
};
void Describe(Describer& d, CostRegister& r);
std::vector<NamedAssumption> Entries(const CostRegister& r);
std::vector<NamedAssumption> FiguresOfOthers(const CostRegister& r);

inline constexpr size_t kPriceRows = 3;
using Money = std::array<double, kPriceRows>;  // dollars: low, list, high

struct PriceRow {
  std::string name;            // "low"
  double flop = 0;             // dollars of one
  double token_parameter = 0;  // of a token of a model, a parameter
  std::string gpu, tokens;     // where from: "gpu_h100_low: 2.49 dollars an hour, 2025-01, https://..."
};

struct Expenses {
  CostRegister entries;
  std::array<PriceRow, kPriceRows> prices;
};
// configs/assumptions/<name>.toml, and the files of configs/prices that the rows name. Throws Error.
Expenses ReadExpenses(const std::filesystem::path& config_dir, const std::string& name);

// FLOPs that training the model took, by its card (make_models writes them); nullopt where it does not say.
std::optional<double> TrainingFlops(const std::filesystem::path& model);
// Of a checkpoint.
double ParameterCount(const std::filesystem::path& model);

}  // namespace retort::lab
