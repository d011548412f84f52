// What `runs --help` and `runs COMMAND --help` print.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace retort::lab {

std::string RunsHelp();                                           // of all commands
std::optional<std::string> RunsHelpOf(std::string_view command);  // nullopt: there is no such command

}  // namespace retort::lab
