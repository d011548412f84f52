// Walks a number of a table back to the teacher, its licence and its sampling settings, and says what changed since.
//   build/trace outputs/few_samples/2026-01-31/12-00-00 arm=teacher n=16 seed=0 task=rules
#include "core/config/program.h"
#include "experiments/look/command_words.h"
#include "experiments/look/trace_command.h"

int main(int argc, char** argv) {
  namespace lab = retort::lab;
  return retort::RunMain("trace", [&] {
    lab::EndQuietlyOnBrokenPipe();
    return lab::WithHarmlessErrors([&] { return lab::TraceCommand({argv + 1, argv + argc}); });
  });
}
