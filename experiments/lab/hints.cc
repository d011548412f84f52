#include "experiments/lab/hints.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "core/base/error.h"
#include "core/base/subprocess.h"
#include "experiments/design/config.h"

namespace retort::lab {

std::string CommandWithout(const std::vector<std::string>& keys, const std::vector<std::string>& words) {
  std::string command;
  for (const std::string& word : words) {
    const bool is_option = command.empty() || word.starts_with("--") || word.find('=') == std::string::npos;
    if (!is_option && std::ranges::find(keys, OverriddenKeys({word}).front()) != keys.end()) continue;
    command += (command.empty() ? "" : " ") + ShellWord(word);
  }
  return command;
}

// A rule of the embedded task is no option of a file of questions.
void TellHints(const Experiment& experiment, const CommandLine& command_line, const std::vector<std::string>& words) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Hint& hint : experiment.next) {
    const auto is_set = [&](const std::string& word) {
      return std::ranges::find(command_line.overrides, word) != command_line.overrides.end();
    };
    if (std::ranges::all_of(hint.overrides, is_set)) continue;
    CommandLine with_hint = command_line;
    with_hint.overrides.insert(with_hint.overrides.end(), hint.overrides.begin(), hint.overrides.end());
    try {
      LoadBlocks(with_hint);
      std::vector<std::string> replaced = OverriddenKeys(hint.overrides);
      replaced.emplace_back("output_dir");  // these tables stay
      lines.emplace_back(fmt::format("{} {}", CommandWithout(replaced, words), fmt::join(hint.overrides, " ")),
                         hint.why);
    } catch (const Error&) {
      continue;
    }
  }
  lines.emplace_back(words.front() + " --help", "every option");
  size_t width = 0;
  for (const auto& [line, why] : lines) width = std::max(width, line.size());
  fmt::print("\nto try next:\n");
  for (const auto& [line, why] : lines) fmt::print("  {:<{}}   {}\n", line, width, why);
}

}  // namespace retort::lab
