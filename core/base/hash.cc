#include "core/base/hash.h"

#include <openssl/evp.h>

#include <array>
#include <cassert>

#include "core/base/files.h"

namespace retort {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

namespace {

using Digest = std::array<unsigned char, 32>;

Digest Finish(EVP_MD_CTX* context) {
  Digest digest{};
  unsigned int size = 0;
  [[maybe_unused]] const int ok = EVP_DigestFinal_ex(context, digest.data(), &size);
  assert(ok == 1 && size == digest.size());
  return digest;
}

}  // namespace

Sha256::Sha256() : state_(std::make_unique<State>()) { EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr); }
Sha256::~Sha256() = default;

Sha256& Sha256::Update(std::string_view bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
  return *this;
}

std::string Sha256::Hex() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : Finish(state_->context)) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string Sha256Hex(std::string_view bytes) { return Sha256().Update(bytes).Hex(); }

std::string Sha256File(const std::filesystem::path& path) { return Sha256Hex(MappedFile(path).bytes()); }

uint64_t StableHash(uint64_t seed, std::string_view text) {
  const std::string prefix = std::to_string(seed) + '\0';
  Digest digest{};
  unsigned int size = 0;
  std::string message = prefix;
  message.append(text);
  EVP_Digest(message.data(), message.size(), digest.data(), &size, EVP_sha256(), nullptr);
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | digest[static_cast<size_t>(i)];
  return value;
}

}  // namespace retort
