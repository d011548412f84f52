// Looks at the run store: what was computed, how two runs differ, what may go.
//   build/runs ls task=rules arm=teacher --sort=-score
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string>

#include "core/config/program.h"
#include "experiments/look/command_words.h"
#include "experiments/look/runs_command.h"

int main(int argc, char** argv) {
  namespace lab = retort::lab;
  return retort::RunMain("runs", [&] {
    lab::EndQuietlyOnBrokenPipe();
    lab::Confirm confirm;
    if (isatty(STDIN_FILENO) != 0) {
      confirm = [](const std::string& question) {
        fmt::print(stderr, "{}", question);
        std::fflush(stderr);
        std::string answer;
        return std::getline(std::cin, answer) && (answer == "y" || answer == "yes");
      };
    }
    return lab::WithHarmlessErrors([&] { return lab::RunsCommand({argv + 1, argv + argc}, confirm); });
  });
}
