#include "core/config/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <optional>
#include <system_error>

#include "core/base/error.h"
#include "core/config/bind.h"
#include "core/config/compose.h"
#include "core/config/help.h"
#include "core/config/interpolate.h"
#include "core/config/override.h"
#include "core/config/problems.h"
#include "core/config/schema.h"
#include "core/config/toml_file.h"
#include "core/config/write.h"

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

// The text after "--name=", or the next word after "--name".
std::optional<std::string> OptionValue(const std::string& name, const std::vector<std::string>& words, size_t& i) {
  if (words[i].starts_with(name + "=")) return words[i].substr(name.size() + 1);
  if (words[i] != name) return std::nullopt;
  if (i + 1 >= words.size()) {
    throw Error({.file = kCommandLine}, name + " without a value", fmt::format("write {}=VALUE", name));
  }
  return words[++i];
}

}  // namespace

CommandLine ParseCommandLine(const Program& program, int argc, const char* const* argv,
                             const std::vector<std::string>& own_flags) {
  CommandLine parsed;
  parsed.config_name = program.config_name;
  const Where where{.file = kCommandLine};
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!word.starts_with('-')) {
      parsed.overrides.push_back(word);
      continue;
    }
    const std::string flag = word.substr(0, word.find('='));
    if (word == "--help" || word == "-h") {
      parsed.action = CommandLine::Action::kHelp;
    } else if (word == "-m" || word == "--multirun") {
      throw Error(where, word + ": sweeps are not supported yet", "run the command once for each value");
    } else if (const auto name = OptionValue("--config-name", words, i)) {
      if (name->empty() || name->find('/') != std::string::npos) {
        throw Error(where, fmt::format("--config-name={} is no name", *name),
                    "give the folder by --config-dir=FOLDER and the file's name by --config-name=NAME");
      }
      parsed.config_name = *name;
    } else if (const auto folder = OptionValue("--config-dir", words, i)) {
      parsed.config_dir = *folder;
      std::error_code error;
      if (!fs::is_directory(parsed.config_dir, error)) {
        throw Error(where, fmt::format("--config-dir={} is no folder", *folder));
      }
    } else if (const auto what = OptionValue("--cfg", words, i)) {
      if (*what != "job" && *what != "reference") {
        throw Error(where, fmt::format("--cfg {} is not supported", *what), "there is --cfg job");
      }
      if (parsed.action != CommandLine::Action::kHelp) {
        parsed.action = *what == "job" ? CommandLine::Action::kPrintJob : CommandLine::Action::kReference;
      }
    } else if (std::find(own_flags.begin(), own_flags.end(), flag) != own_flags.end()) {
      parsed.own_flags.push_back(word);
    } else {
      std::vector<std::string> known = {"--help", "--config-name", "--config-dir", "--cfg"};
      known.insert(known.end(), own_flags.begin(), own_flags.end());
      const std::string nearest = DidYouMean(flag, known);
      throw Error(where, fmt::format("unknown option {}", ShownText(word)), nearest.empty() ? "see --help" : nearest);
    }
  }
  if (parsed.config_dir.empty()) parsed.config_dir = DefaultConfigDir();
  return parsed;
}

void LoadConfig(const CommandLine& command_line, const DescribeFn& describe) {
  Problems problems;
  const auto schema = CollectSchema(describe);
  const auto is_option = [&](const std::string& key) {
    return std::any_of(schema.begin(), schema.end(),
                       [&](const auto& entry) { return entry.key == key && !entry.is_table; });
  };
  const Node composed = Compose(command_line, is_option, problems);
  const auto defaults = [&] { return ParseToml(WriteToml(describe, {.kinds = &composed}), "defaults"); };
  const Node root = Interpolate(composed, defaults, problems);
  const fs::path primary = PrimaryFile(command_line);
  Bind(root, describe, schema, {.origin = {.file = primary.empty() ? kCommandLine : primary.string()}}, problems);
  problems.ThrowIfAny();
}

void FromToml(std::string_view text, const std::string& file, const DescribeFn& describe) {
  Problems problems;
  Bind(ParseToml(text, file), describe, CollectSchema(describe), {.origin = {.file = file}, .verbatim = true},
       problems);
  problems.ThrowIfAny();
}

void ExitIfAnswered(const Program& program, const CommandLine& command_line, const DescribeFn& describe_defaults) {
  std::string answer;
  switch (command_line.action) {
    case CommandLine::Action::kRun:
      return;
    case CommandLine::Action::kHelp:
      answer = HelpText(program, command_line, describe_defaults);
      break;
    case CommandLine::Action::kReference:
      answer = fmt::format("## {}\n\n{}\n\n{}", program.name, program.summary, ReferenceMarkdown(describe_defaults));
      break;
    case CommandLine::Action::kPrintJob:
      LoadConfig(command_line, describe_defaults);
      answer = WriteToml(describe_defaults, {.escape_interpolation = true});
  }
  const bool written =
      std::fwrite(answer.data(), 1, answer.size(), stdout) == answer.size() && std::fflush(stdout) == 0;
  if (!written) throw Error({.file = "stdout"}, "cannot write");
  std::exit(0);
}

std::vector<std::string> OverriddenKeys(const std::vector<std::string>& overrides) {
  Problems problems;
  std::vector<std::string> keys;
  for (const std::string& word : overrides) {
    const auto parsed = ParseOverride(word, problems);
    if (!parsed) continue;
    std::string key = parsed->key;
    std::replace(key.begin(), key.end(), '/', '.');
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
  }
  problems.ThrowIfAny();
  return keys;
}

int RunMain(const std::string& name, const std::function<int()>& body) {
  try {
    return body();
  } catch (const Error& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return 2;
  } catch (const fs::filesystem_error& error) {  // a full disk, a folder that is not ours
    fmt::print(stderr, "{}: {}: {}\n", name, error.path1().string(), error.code().message());
    return 2;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "{}: internal error: out of memory\n", name);
  } catch (const std::exception& error) {
    std::string what = error.what();
    std::replace(what.begin(), what.end(), '\n', ' ');
    fmt::print(stderr, "{}: internal error: {}\n", name, what);
  } catch (...) {
    fmt::print(stderr, "{}: internal error of unknown kind\n", name);
  }
  return 3;
}

}  // namespace retort
