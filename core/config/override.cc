// The part before the '=', and what kind of change it asks for; value_parser.cc reads the rest.
#include "core/config/override.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/utf8.h"
#include "core/config/value_parser.h"

namespace retort {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// A name; `dollar`: it may hold '$' too.
bool IsName(std::string_view text, bool dollar) {
  const auto fits = [&](char c) { return IsLetter(c) || (dollar && c == '$'); };
  return !text.empty() && fits(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return fits(c) || IsDigit(c) || c == '-'; });
}
bool IsIndex(std::string_view text) {
  return text == "0" || (!text.empty() && text.front() != '0' && std::all_of(text.begin(), text.end(), IsDigit));
}

// a.b, list.0, a, or nothing at all
bool IsPath(std::string_view text) {
  if (text.empty() || IsName(text, true)) return true;
  const auto parts = Split(text, '.');
  return parts.size() > 1 && parts.size() <= kMaxDepth &&
         std::all_of(parts.begin(), parts.end(), [](const auto& part) { return IsName(part, true) || IsIndex(part); });
}
bool IsGroup(std::string_view text) {
  const auto parts = Split(text, '/');
  return parts.size() > 1 && parts.size() <= kMaxDepth &&
         std::all_of(parts.begin(), parts.end(), [](const auto& part) { return IsName(part, false); });
}

}  // namespace

std::string Override::Element() const {
  static constexpr std::array<std::string_view, 4> kPrefixes = {"", "+", "++", "~"};
  return std::string(kPrefixes[static_cast<size_t>(kind)]) + GroupKey();
}

std::optional<Override> ParseOverride(std::string_view word, Problems& problems) {
  const Where where{.file = kCommandLine};
  const auto fail = [&](std::string_view problem, std::string_view mend = {}) {
    problems.Add(where, problem, mend);
    return std::nullopt;
  };
  if (!IsUtf8(word)) return fail("an override that is not UTF-8");
  Override parsed;
  std::string_view rest = word;
  for (const auto& [prefix, kind] : {std::pair{"++", Override::Kind::kForce}, std::pair{"+", Override::Kind::kAdd},
                                     std::pair{"~", Override::Kind::kRemove}}) {
    if (!rest.starts_with(prefix)) continue;
    parsed.kind = kind;
    rest.remove_prefix(std::string_view(prefix).size());
    break;
  }
  const size_t equals = std::min(rest.find('='), rest.size());
  const std::string_view target = rest.substr(0, equals);
  const size_t at = std::min(target.find('@'), target.size());
  parsed.key = target.substr(0, at);
  if (at < target.size()) parsed.package = target.substr(at + 1);
  const std::string shown = ShownText(word);
  if (equals == rest.size() && parsed.kind != Override::Kind::kRemove) {
    return fail(fmt::format("{} is no override", shown), "write key=value");
  }
  if (parsed.key == "hydra" || parsed.key.starts_with("hydra.") || parsed.key.starts_with("hydra/")) {
    return fail(fmt::format("{}: settings of Hydra itself do not exist here", shown), "see --help");
  }
  if (parsed.key.empty() || !(IsPath(parsed.key) || IsGroup(parsed.key))) {
    return fail(fmt::format("{}: the key is not of the form a.b or group/name", shown), "write key=value");
  }
  if (parsed.package && !IsPath(*parsed.package)) {
    return fail(fmt::format("{}: the place after @ is not of the form a.b", shown), "write group@place=choice");
  }
  if (equals < rest.size()) {
    parsed.text = rest.substr(equals + 1);
    const Where place{.file = kCommandLine, .place = "key " + ShownKey(Split(parsed.key, '.'))};
    std::string_view text = parsed.text;
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    try {
      parsed.value = ParseValue(text, place);
    } catch (const Error& error) {
      parsed.broken = true;
      problems.Add(where, error);
    }
  }
  return parsed;
}

void AddSweepProblem(const Override& change, Problems& problems) {
  const std::string word = fmt::format("{}={}", change.Element(), change.text);
  if (change.sweep()->kind == Sweep::Kind::kChoice && change.sweep()->simple) {
    problems.Add({.file = kCommandLine}, fmt::format("{} has several values", ShownText(word)),
                 "a list is [a,b], a text with a comma 'a,b'; -m runs each value");
  } else {
    problems.Add({.file = kCommandLine}, fmt::format("{} is a sweep", ShownText(word)), "-m runs each value");
  }
}

}  // namespace retort
