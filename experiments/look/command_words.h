// The command line of programs that look at what is there (`runs`, `trace`): they have no config to compose, so words
// are their own, and options are written as everywhere: --name, --name=value or --name value.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace retort::lab {

struct CommandWords {
  std::vector<std::string> words;
  std::map<std::string, std::string, std::less<>> options;  // "--runs-dir" -> "runs"; "" for one without a value

  bool Has(std::string_view option) const { return options.contains(option); }
  std::optional<std::string> Value(std::string_view option) const;
};

// `flags` stand alone, `valued` want a value. Throws Error for any other option, one that is given twice, and a value
// that is missing or too much; `help` is the command that tells more.
CommandWords ParseCommandWords(const std::vector<std::string>& words, const std::vector<std::string>& flags,
                               const std::vector<std::string>& valued, const std::string& help);

// "n=16", "n=4,16", "n=[4,16]": key and values. nullopt: no word of that form.
struct KeyValues {
  std::string key;
  std::vector<std::string> values;
};
std::optional<KeyValues> ParseKeyValues(std::string_view word);
// Whether a text is that value: as text, or as a number ("0.50" is "0.5").
bool SameText(std::string_view text, std::string_view value);

// All of it to stdout. Throws Error if it cannot be written.
void PrintAll(std::string_view text);
// A reader that goes away (`| head`) ends this process without a word, even where whoever started it ignores SIGPIPE.
void EndQuietlyOnBrokenPipe();
// Runs `body`; the message of an Error may hold names and values from files, and is made fit for a terminal. What the
// file system refuses becomes an Error.
int WithHarmlessErrors(const std::function<int()>& body);
// For docs/reference.md: a section with the help as it is printed.
std::string HelpAsMarkdown(std::string_view name, std::string_view help);

}  // namespace retort::lab
