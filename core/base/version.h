// What identifies this build in manifests and hashes.
#pragma once

namespace retort {

inline constexpr char kVersion[] = "0.1.0";
// Raised whenever the same config would give other numbers; part of every cell's hash.
inline constexpr int kNumericsVersion = 2;

}  // namespace retort
