#include "teacher/provider/accounts.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/ascii.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/data/json_fields.h"
#include "teacher/provider/hmac.h"
#include "teacher/provider/pseudonyms.h"
#include "teacher/provider/tiers.h"

namespace retort {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kPrefix = "rk-", kScheme = "bearer";
constexpr size_t kNameBytes = 8, kSecretBytes = 32, kSaltBytes = 16, kLongestName = 100, kLongestKey = 512;
constexpr size_t kLongestLine = size_t{1} << 14;

bool IsHex(std::string_view text, size_t size) {
  return text.size() == size && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string HashOf(std::string_view salt, std::string_view key) {
  return HmacSha256Hex(salt, "api key:" + std::string(key));
}

// Fit for a log, a table and a header.
bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

bool IsTier(std::string_view tier) { return TierIndex(tier).value_or(0) > 0; }

PresentedKey Refused(int status, std::string error) {
  return {.error = std::move(error),
          .denial = Denial{.status = status, .code = status == 401 ? "invalid_api_key" : "invalid_header"}};
}

}  // namespace

PresentedKey KeyOf(std::span<const std::string_view> authorization_values) {
  if (authorization_values.empty()) return {};
  if (authorization_values.size() > 1) return Refused(400, "the request has more than one Authorization header");
  std::string_view value = authorization_values.front();
  const auto trim = [&value] {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!value.empty() && blank(value.front())) value.remove_prefix(1);
    while (!value.empty() && blank(value.back())) value.remove_suffix(1);
  };
  trim();
  const bool bearer = value.size() > kScheme.size() && value[kScheme.size()] == ' ' &&
                      AsciiLower(value.substr(0, kScheme.size())) == kScheme;
  if (bearer) value.remove_prefix(kScheme.size());
  trim();
  const bool visible = std::ranges::all_of(value, [](char c) { return c > ' ' && c < '\x7f'; });
  if (!bearer || value.empty() || value.size() > kLongestKey || !visible) {
    return Refused(401, "the Authorization header is not \"Bearer <key>\"");
  }
  return {.key = std::string(value)};
}

Accounts::Accounts(const std::filesystem::path& file) {
  ForEachLine(
      file,
      [&](std::string_view line, int number) {
        const Where where{.file = file.string(), .line = number};
        const Json json = ParseJson(line, where, {.max_bytes = kLongestLine, .max_depth = 2});
        const JsonFields fields(json, where);
        Stored stored;
        Account& account = stored.account;
        bool revoked = false;
        fields.Get("key");
        fields.Read("key", account.key);
        fields.Read("revoked", revoked);
        if (!IsHex(account.key, 2 * kNameBytes)) fields.Fail("key", "the name of a key, 16 hexadecimal digits");
        if (revoked) {
          if (keys_.erase(account.key) == 0) fields.Fail("key", "one that an earlier line has");
          return true;
        }
        for (const char* key : {"account", "tier", "salt", "hash"}) fields.Get(key);
        fields.Read("account", account.name);
        fields.Read("tier", account.tier);
        fields.Read("payment", account.payment);
        fields.Read("terms", account.terms_version);
        fields.Read("salt", stored.salt);
        fields.Read("hash", stored.hash);
        if (!IsName(account.name)) fields.Fail("account", "a name of letters, digits, '-', '_' and '.'");
        if (!IsTier(account.tier)) fields.Fail("tier", "email, phone, document or business");
        if (!account.payment.empty() && !IsHex(account.payment, 64)) fields.Fail("payment", "a pseudonym");
        if (!IsHex(stored.salt, 2 * kSaltBytes)) fields.Fail("salt", "32 hexadecimal digits");
        if (!IsHex(stored.hash, 64)) fields.Fail("hash", "64 hexadecimal digits");
        keys_.insert_or_assign(account.key, std::move(stored));
        return true;
      },
      kLongestLine);
}

std::optional<Account> Accounts::Find(std::string_view key) const {
  static const Stored nobody{.account = {}, .salt = std::string(2 * kSaltBytes, '0'), .hash = std::string(64, '0')};
  const std::string name(key.substr(std::min(kPrefix.size(), key.size()), 2 * kNameBytes));
  const auto found = keys_.find(name);
  const Stored& stored = found == keys_.end() ? nobody : found->second;
  const bool equal = EqualInConstantTime(HashOf(stored.salt, key), stored.hash);
  return equal && !stored.account.name.empty() ? std::optional(stored.account) : std::nullopt;
}

LiveAccounts::LiveAccounts(std::filesystem::path file, std::function<double()> seconds)
    : file_(std::move(file)),
      seconds_(std::move(seconds)),
      looked_(seconds_()),
      stamp_(StampOf()),
      accounts_(std::make_shared<const Accounts>(file_)) {}

LiveAccounts::Stamp LiveAccounts::StampOf() const {
  std::error_code problem;  // a file that is gone has a stamp of its own
  const auto time = std::filesystem::last_write_time(file_, problem);
  return {time, std::filesystem::file_size(file_, problem)};
}

std::shared_ptr<const Accounts> LiveAccounts::Current() {
  const std::scoped_lock lock(mutex_);
  const double now = seconds_();
  if (now - looked_ < 1) return accounts_;
  looked_ = now;
  const Stamp stamp = StampOf();
  if (stamp == stamp_) return accounts_;
  stamp_ = stamp;
  try {
    accounts_ = std::make_shared<const Accounts>(file_);
  } catch (const Error&) {  // whoever wrote it will mend it, which is another change
  }
  return accounts_;
}

std::string AddKey(const std::filesystem::path& file, const Account& account, std::string_view payment) {
  if (!IsName(account.name)) {
    throw Error({.place = "account"}, fmt::format("{} is no name", Excerpt(account.name)),
                "take up to 100 letters, digits, '-', '_' and '.'");
  }
  if (!IsTier(account.tier)) {
    throw Error({.place = "tier"}, fmt::format("there is no tier {}", Excerpt(account.tier)),
                "there are email phone document business");
  }
  const std::string name = Hex(RandomBytes(kNameBytes)), salt = Hex(RandomBytes(kSaltBytes));
  std::string key = fmt::format("{}{}-{}", kPrefix, name, Hex(RandomBytes(kSecretBytes)));
  Json line = {
      {"account", account.name}, {"tier", account.tier}, {"key", name}, {"salt", salt}, {"hash", HashOf(salt, key)}};
  if (!account.terms_version.empty()) line["terms"] = account.terms_version;
  if (!payment.empty()) line["payment"] = Pseudonyms(SaltOf(file.string() + ".salt")).Of("payment", payment);
  const bool fresh = !std::filesystem::exists(file);
  const FileLock lock = FileLock::Wait(file.string() + ".lock");
  LineAppender lines(file);
  if (fresh) chmod(file.c_str(), 0600);
  lines.Append(DumpJson(line));
  lines.Sync();
  return key;
}

void RevokeKey(const std::filesystem::path& file, std::string_view key_name) {
  const FileLock lock = FileLock::Wait(file.string() + ".lock");
  bool there = false;
  ForEachLine(file, [&](std::string_view line, int) {
    there = there || line.find(fmt::format(R"("key":"{}")", key_name)) != std::string_view::npos;
    return true;
  });
  if (!there || !IsHex(key_name, 2 * kNameBytes)) {
    throw Error({.file = file.string()}, fmt::format("has no key {}", Excerpt(key_name)));
  }
  LineAppender lines(file);
  lines.Append(DumpJson(Json{{"key", key_name}, {"revoked", true}}));
  lines.Sync();
}

}  // namespace retort
