// Stable hashes: the same on every machine and in every version, so that they may name folders and rank samples.
// SHA-256 everywhere (OpenSSL's, which uses the processor's instructions): one hash to explain is worth more than
// speed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace retort {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256& Update(std::string_view bytes);
  std::string Hex();  // 64 lower-case digits; ends the hash

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string Sha256Hex(std::string_view bytes);
std::string Sha256File(const std::filesystem::path& path);  // throws Error if it cannot be read

// The first 8 bytes (big-endian) of SHA-256("seed\0text").
uint64_t StableHash(uint64_t seed, std::string_view text);

}  // namespace retort
