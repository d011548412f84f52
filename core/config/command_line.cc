// The words of argv: options that start with '-', and all others, which are overrides.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/base/error.h"
#include "core/config/problems.h"
#include "core/config/program.h"
#include "core/config/tree.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

fs::path DefaultConfigDir() {
  if (const char* folder = std::getenv("RETORT_CONFIG_DIR"); folder != nullptr && *folder != '\0') return folder;
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path folder = executable.parent_path();
    for (const fs::path& candidate : {folder / "configs", folder.parent_path() / "configs"}) {
      if (fs::is_directory(candidate, error)) return candidate;
    }
  }
  return fs::path(RETORT_SOURCE_DIR) / "configs";
}

class Parser {
 public:
  Parser(const Program& program, const std::vector<std::string>& own_flags, std::vector<std::string> words)
      : program_(program), own_flags_(own_flags), words_(std::move(words)) {
    parsed_.config_name = program.config_name;
  }

  CommandLine Parse() {
    for (; at_ < words_.size(); ++at_) {
      const std::string& word = words_[at_];
      if (!word.starts_with('-')) {
        parsed_.overrides.push_back(word);
      } else if (!Switch(word) && !OptionWithValue()) {
        OwnFlag(word);
      }
    }
    if (resolve_ && parsed_.action == CommandLine::Action::kRun) Fail("--resolve goes with --cfg");
    if (parsed_.config_dir.empty()) parsed_.config_dir = DefaultConfigDir();
    return std::move(parsed_);
  }

 private:
  [[noreturn]] static void Fail(std::string_view problem, std::string_view mend = {}) {
    throw Error({.file = kCommandLine}, problem, mend);
  }

  bool Switch(const std::string& word) {
    if (word == "--help" || word == "-h") {
      parsed_.action = CommandLine::Action::kHelp;
    } else if (word == "--multirun" || word == "-m") {
      if (!program_.sweeps) {
        Fail(fmt::format("{}: {} makes one run", word, program_.name), "run the command once for each value");
      }
      parsed_.multirun = true;
    } else if (word == "--resolve") {
      resolve_ = true;  // what --cfg prints is resolved anyway
    } else {
      return false;
    }
    return true;
  }

  bool OptionWithValue() {
    if (const auto name = Value({"--config-name", "-cn"})) {
      if (name->empty() || name->find('/') != std::string::npos) {
        Fail(fmt::format("--config-name={} is no name", *name),
             "give the folder by --config-dir=FOLDER and the file's name by --config-name=NAME");
      }
      parsed_.config_name = *name;
    } else if (const auto folder = Value({"--config-dir", "-cd"})) {
      parsed_.config_dir = *folder;
      std::error_code error;
      if (!fs::is_directory(parsed_.config_dir, error)) Fail(fmt::format("--config-dir={} is no folder", *folder));
    } else if (const auto what = Value({"--cfg", "-c"})) {
      using Action = CommandLine::Action;
      Answer("--cfg", *what,
             {{"job", Action::kPrintJob}, {"all", Action::kPrintAll}, {"reference", Action::kReference}});
    } else if (const auto subject = Value({"--info", "-i"})) {
      Answer("--info", *subject, {{"defaults", CommandLine::Action::kDefaults}});
    } else {
      return false;
    }
    return true;
  }

  // The text after "--name=", or the next word after "--name".
  std::optional<std::string> Value(std::initializer_list<std::string_view> names) {
    const std::string& word = words_[at_];
    for (const std::string_view name : names) {
      if (!word.starts_with(name)) continue;
      if (word.size() > name.size() && word[name.size()] == '=') return word.substr(name.size() + 1);
      if (word.size() > name.size()) continue;
      if (at_ + 1 >= words_.size()) Fail(fmt::format("{} without a value", name), fmt::format("write {}=VALUE", name));
      return words_[++at_];
    }
    return std::nullopt;
  }

  void Answer(std::string_view option, const std::string& what,
              std::initializer_list<std::pair<std::string_view, CommandLine::Action>> actions) {
    std::string known;
    for (const auto& [name, action] : actions) {
      if (name != "reference") known += fmt::format("{}{} {}", known.empty() ? "" : " and ", option, name);
      if (name != what) continue;
      if (parsed_.action != CommandLine::Action::kHelp) parsed_.action = action;
      return;
    }
    Fail(fmt::format("{} {} is not supported", option, what), "there is " + known);
  }

  void OwnFlag(const std::string& word) {
    const std::string flag = word.substr(0, word.find('='));
    if (std::find(own_flags_.begin(), own_flags_.end(), flag) != own_flags_.end()) {
      parsed_.own_flags.push_back(word);
      return;
    }
    std::vector<std::string> known = {"--help", "--config-name", "--config-dir", "--cfg", "--info", "--multirun"};
    known.insert(known.end(), own_flags_.begin(), own_flags_.end());
    const std::string nearest = DidYouMean(flag, known);
    Fail(fmt::format("unknown option {}", ShownText(word)), nearest.empty() ? "see --help" : nearest);
  }

  const Program& program_;
  const std::vector<std::string>& own_flags_;
  const std::vector<std::string> words_;
  size_t at_ = 0;
  bool resolve_ = false;
  CommandLine parsed_;
};

}  // namespace

CommandLine ParseCommandLine(const Program& program, int argc, const char* const* argv,
                             const std::vector<std::string>& own_flags) {
  return Parser(program, own_flags, {argv + std::min(argc, 1), argv + argc}).Parse();
}

}  // namespace retort
