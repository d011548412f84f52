#include "teacher/provider/secret_seeds.h"

#include <fmt/format.h>

#include <utility>

#include "core/base/error.h"
#include "teacher/provider/hmac.h"

namespace retort {
namespace {

constexpr size_t kFewestKeyBytes = 16;

}  // namespace

SecretSeeds::SecretSeeds() : key_(RandomBytes(32)) {}

SecretSeeds::SecretSeeds(std::string key) : key_(std::move(key)) {
  if (key_.size() < kFewestKeyBytes) {
    throw Error(fmt::format("the key of seeds is shorter than {} bytes", kFewestKeyBytes));
  }
}

// Everything in it that changes what a token is drawn from, each part with its size, so that no two requests are one.
void SecretSeeds::Apply(Exchange& exchange) const {
  Sampling& sampling = exchange.forwarded.sampling;
  std::string text = fmt::format("seed {} {} {} {} {}\n", sampling.seed, sampling.temperature, sampling.top_p,
                                 sampling.top_k, sampling.ignore_eos);
  for (const Message& message : exchange.forwarded.prompt) {
    text += fmt::format("{} {} {}\n{}", message.role.size(), message.role, message.content.size(), message.content);
  }
  sampling.seed = static_cast<int64_t>(HmacSha256Word(key_, text) >> 1);
}

std::string SecretSeeds::key_id() const { return HmacSha256Hex(key_, "seeds id").substr(0, 16); }

}  // namespace retort
