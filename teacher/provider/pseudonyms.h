// Names for what a log must not hold: HMAC-SHA256 under a secret salt. Who has the log alone can tell that two prompts,
// or two means of payment, are the same, and can check no guess of what they are. The salt lies in a file of its own,
// readable by its owner only; when it is deleted the names mean nothing to anybody any more.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/sample.h"

namespace retort {

class Pseudonyms {
 public:
  explicit Pseudonyms(std::string salt);  // throws Error for fewer than 16 bytes

  // 64 hex digits. `kind` keeps values of different fields apart ("payment"). Empty for an empty value.
  std::string Of(std::string_view kind, std::string_view value) const;
  std::string OfPrompt(const std::vector<Message>& prompt) const;
  // Tells logs of one salt from those of another, and gives nothing of it away.
  std::string id() const;

 private:
  std::string salt_;
};

// The salt in `file`: 32 random bytes, made with mode 0600 if it is missing. Several processes may call it at once.
// Throws Error for a file that others may read, or that is too short.
std::string SaltOf(const std::filesystem::path& file);

}  // namespace retort
