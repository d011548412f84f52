// See the header. Values of options are taken as they are written; words are judged by each command.
#include "experiments/look/command_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "core/base/error.h"
#include "core/base/number.h"
#include "experiments/look/terminal_text.h"

namespace retort::lab {
namespace {

const Where kCommandLine{.file = "command line"};

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::optional<std::string> CommandWords::Value(std::string_view option) const {
  const auto found = options.find(option);
  if (found == options.end()) return std::nullopt;
  return found->second;
}

CommandWords ParseCommandWords(const std::vector<std::string>& words, const std::vector<std::string>& flags,
                               const std::vector<std::string>& valued, const std::string& help) {
  CommandWords parsed;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!word.starts_with('-')) {
      parsed.words.push_back(word);
      continue;
    }
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    std::string value;
    if (Contains(valued, name)) {
      if (equals != std::string::npos) {
        value = word.substr(equals + 1);
      } else if (i + 1 < words.size() && !words[i + 1].starts_with("--")) {
        value = words[++i];
      }
      if (value.empty()) throw Error(kCommandLine, name + " without a value", fmt::format("write {}=VALUE", name));
    } else if (!Contains(flags, name)) {
      std::vector<std::string> known = flags;
      known.insert(known.end(), valued.begin(), valued.end());
      throw Error(kCommandLine, fmt::format("unknown option {}", Excerpt(word)),
                  fmt::format("there are {}; see {}", fmt::join(known, ", "), help));
    } else if (equals != std::string::npos) {
      throw Error(kCommandLine, fmt::format("{} takes no value", name));
    }
    if (!parsed.options.emplace(name, value).second) throw Error(kCommandLine, name + " stands twice");
  }
  return parsed;
}

std::optional<KeyValues> ParseKeyValues(std::string_view word) {
  const size_t equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  KeyValues parsed{.key = std::string(word.substr(0, equals)), .values = {}};
  std::string_view rest = word.substr(equals + 1);
  if (rest.size() >= 2 && rest.front() == '[' && rest.back() == ']') rest = rest.substr(1, rest.size() - 2);
  for (;;) {
    const size_t comma = rest.find(',');
    parsed.values.emplace_back(rest.substr(0, comma));
    if (comma == std::string_view::npos) return parsed;
    rest.remove_prefix(comma + 1);
  }
}

bool SameText(std::string_view text, std::string_view value) {
  if (text == value) return true;
  const std::optional<double> a = ParseNumber<double>(text), b = ParseNumber<double>(value);
  return a && b && *a == *b;
}

void PrintAll(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Error({.file = "stdout"}, "cannot write");
  }
}

void EndQuietlyOnBrokenPipe() { signal(SIGPIPE, SIG_DFL); }

int WithHarmlessErrors(const std::function<int()>& body) {
  try {
    return body();
  } catch (const Error& error) {
    throw Error(Harmless(error.what()));
  } catch (const std::filesystem::filesystem_error& error) {  // a folder that this user may not look into
    throw Error(Harmless(error.what()));
  }
}

std::string HelpAsMarkdown(std::string_view name, std::string_view help) {
  return fmt::format("## {}\n\n```\n{}```\n", name, help);
}

}  // namespace retort::lab
