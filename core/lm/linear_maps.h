// The linear maps of a layer that may get an adapter, by their names in files, in the order in which lora.h holds them.
#pragma once

#include <array>

namespace retort {

inline constexpr std::array<const char*, 7> kLinearMaps = {"q_proj",    "k_proj",  "v_proj",   "o_proj",
                                                           "gate_proj", "up_proj", "down_proj"};
inline constexpr char kAllLinear[] = "all-linear";  // stands for all of them

}  // namespace retort
