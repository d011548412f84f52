// HMAC-SHA256 and comparison in constant time (OpenSSL): what pseudonyms, stored keys and watermarks stand on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace retort {

std::string HmacSha256(std::string_view key, std::string_view bytes);     // 32 bytes
std::string HmacSha256Hex(std::string_view key, std::string_view bytes);  // 64 lower-case digits
uint64_t HmacSha256Word(std::string_view key, std::string_view bytes);    // the first 8 bytes, big-endian

// Time depends on the sizes alone.
bool EqualInConstantTime(std::string_view a, std::string_view b);

std::string Hex(std::string_view bytes);  // lower-case digits
std::string RandomBytes(size_t size);     // of the system; throws Error if it has none

}  // namespace retort
