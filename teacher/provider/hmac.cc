#include "teacher/provider/hmac.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>

#include "core/base/error.h"

namespace retort {

std::string HmacSha256(std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(bytes.data()),
       bytes.size(), digest.data(), &size);
  return {digest.begin(), digest.begin() + size};
}

std::string HmacSha256Hex(std::string_view key, std::string_view bytes) { return Hex(HmacSha256(key, bytes)); }

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

uint64_t HmacSha256Word(std::string_view key, std::string_view bytes) {
  const std::string digest = HmacSha256(key, bytes);
  uint64_t word = 0;
  for (size_t i = 0; i < sizeof word; ++i) word = word << 8 | static_cast<unsigned char>(digest[i]);
  return word;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string RandomBytes(size_t size) {
  std::string bytes(size, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)) != 1) {
    throw Error("the system gives no random bytes");
  }
  return bytes;
}

}  // namespace retort
