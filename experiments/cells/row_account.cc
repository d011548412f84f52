#include "experiments/cells/row_account.h"

#include <cmath>
#include <set>
#include <string_view>

namespace retort::lab {
namespace {

int64_t Tokens(const std::map<std::string, double>& measures, std::string_view name) {
  const auto found = measures.find(std::string(name));
  return found == measures.end() ? 0 : std::llround(found->second);
}

bool IsColumn(const std::string& name) {  // has a place of its own in a cell; all others are extras
  return name == kTeacherTokens || name == kTeacherWritten || name == kPromptsAsked;
}

}  // namespace

RowAccount AccountOf(const std::vector<Sample>& samples, const Manifest& manifest, const PriceConfig& prices) {
  RowAccount account{.measures = manifest.measures, .prices = prices};
  std::set<std::string_view> ids;
  for (const Sample& sample : samples) {
    ids.insert(sample.id);
    account.rows += sample.usage;
  }
  account.prompts = static_cast<int64_t>(ids.size());
  return account;
}

void Charge(const RowAccount& account, int64_t live_tokens, CellResult& result) {
  const int64_t beside = Tokens(account.measures, kTeacherTokens);
  const int64_t written = Tokens(account.measures, kTeacherWritten);  // part of the former
  const Usage usage =
      account.rows + Usage{.prompt_tokens = live_tokens + beside - written, .completion_tokens = written};
  result.teacher_tokens = usage.Total();
  result.dollars = Dollars(account.prices, usage);
  result.prompts_asked =
      account.measures.contains(std::string(kPromptsAsked)) ? Tokens(account.measures, kPromptsAsked) : account.prompts;
  for (const auto& [name, value] : account.measures) {
    if (!IsColumn(name)) result.extras[name] = value;
  }
}

int64_t TakeBack(const Usage& rows, const std::map<std::string, double>& measures, CellResult& result) {
  for (const auto& [name, value] : measures) {
    if (!IsColumn(name)) result.extras.erase(name);
  }
  return result.teacher_tokens - rows.Total() - Tokens(measures, kTeacherTokens);
}

}  // namespace retort::lab
