// The program `trace`.
#pragma once

#include <string>
#include <vector>

namespace retort::lab {

// Prints to stdout and returns the exit code: 0 all unchanged, 1 something changed or is missing. Throws Error for the
// user's mistakes. `words` are those after the program's name.
int TraceCommand(const std::vector<std::string>& words);

}  // namespace retort::lab
