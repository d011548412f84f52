// The program `runs`: ls, show, diff, rm.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace retort::lab {

// Asks a person; nullptr where there is no terminal to ask on.
using Confirm = std::function<bool(const std::string& question)>;

// Prints to stdout and returns the exit code: 0, or 1 where a run could not be removed. Throws Error for the user's
// mistakes. `words` are those after the program's name.
int RunsCommand(const std::vector<std::string>& words, const Confirm& confirm);

}  // namespace retort::lab
