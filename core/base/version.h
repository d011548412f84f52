// What identifies this build in manifests and hashes.
#pragma once

namespace retort {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace retort
