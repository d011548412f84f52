// The accounts of a provider and the API keys that open them: one line of JSON a key,
//   {"account":"acc-1","hash":"…","key":"1a2b3c4d5e6f7a8b","payment":"…","salt":"…","terms":"2026-11","tier":"email"}
// A key reads "rk-<its name>-<secret>". The name finds the line; of the whole key only an HMAC-SHA256 under the line's
// salt is stored. A secret of 256 random bits needs no slow hash, which a password would: nobody can try them all.
// A later line for the same key replaces the earlier one; {"key":…,"revoked":true} ends it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "teacher/provider/policy.h"

namespace retort {

// What the Authorization headers of a request say, however their names are written. None: no key. A denial: 400 for
// more than one, 401 for what is not "Bearer <key>" (the scheme in any case). No part of a value is in `error`.
// A key is looked for nowhere else: not in the URL, not in the body.
struct PresentedKey {
  std::string key;
  std::string error;
  std::optional<Denial> denial;
};
PresentedKey KeyOf(std::span<const std::string_view> authorization_values);

class Accounts {
 public:
  explicit Accounts(const std::filesystem::path& file);  // throws Error at file:line

  // Whose `key` it is; nullopt for any other text. The secret is compared in constant time; a name that is not there
  // costs the same.
  std::optional<Account> Find(std::string_view key) const;
  size_t size() const { return keys_.size(); }

 private:
  struct Stored {
    Account account;
    std::string salt, hash;
  };
  std::unordered_map<std::string, Stored> keys_;  // by name
};

// Accounts of a file that changes: looked at once a second at most. A file that cannot be read leaves those that were
// known, so that a slip of an editor's locks nobody out; what was revoked before stays so.
class LiveAccounts {
 public:
  LiveAccounts(std::filesystem::path file, std::function<double()> seconds);  // throws Error, as Accounts does
  std::shared_ptr<const Accounts> Current();                                  // from any thread

 private:
  using Stamp = std::pair<std::filesystem::file_time_type, std::uintmax_t>;
  Stamp StampOf() const;

  std::filesystem::path file_;
  std::function<double()> seconds_;
  std::mutex mutex_;
  double looked_;
  Stamp stamp_;
  std::shared_ptr<const Accounts> accounts_;
};

// Adds a key to `file` (made with mode 0600 if it is missing) and returns it: it is stored nowhere. `account.key` is
// ignored. `payment` is written as a pseudonym under the salt in "<file>.salt". Throws Error for a name or tier that
// cannot be.
std::string AddKey(const std::filesystem::path& file, const Account& account, std::string_view payment);
// Throws Error if the file has no such key.
void RevokeKey(const std::filesystem::path& file, std::string_view key_name);

}  // namespace retort
