// Log-probabilities of given texts: JSON lines in, JSON lines out, in the order they came.
//   echo '{"text": "big 4729?472 729 A9"}' | build/score model=models/folds-teacher
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/error.h"
#include "core/base/interrupt.h"
#include "core/base/json.h"
#include "core/base/numerics.h"
#include "core/config/program.h"
#include "core/lm/checkpoint.h"
#include "core/lm/decoder.h"
#include "core/lm/numerics_option.h"
#include "core/lm/threads.h"
#include "experiments/cells/json_lines.h"
#include "experiments/cells/token_lines.h"

namespace retort {
namespace {

struct ScoreCommand {
  std::string model, chat_template;
  bool chat = false;
  int window = 64, threads = 0;
  std::string numerics = "fused";
};

void Describe(Describer& d, ScoreCommand& c) {
  d.Field("model", c.model, {.help = "checkpoint folder", .required = true, .numerics = false});
  d.Field("chat", c.chat, {.help = "take each text for a user's turn in the model's chat format"});
  d.Field("chat_template", c.chat_template, {.help = "chat format; empty: as the checkpoint says"});
  d.Field("window", c.window, {.help = "lines scored together", .min = 1, .max = 65536, .numerics = false});
  d.Field("threads", c.threads, {.help = "0: all cores", .min = 0, .max = 1024, .numerics = false});
  DescribeNumerics(d, c.numerics);
}

struct Line {
  std::vector<int> ids;
  int number = 0;
};

void Print(const std::vector<int>& ids, const std::vector<double>& logprobs) {
  fmt::print("{}\n", DumpJson({{"ids", ids}, {"logprobs", logprobs}}));
  if (std::fflush(stdout) != 0) throw Error({.file = "stdout"}, "cannot write");
}

void Score(LocalModel& model, const std::vector<Line>& lines) {
  std::vector<std::vector<int>> sequences;
  sequences.reserve(lines.size());
  for (const Line& line : lines) sequences.push_back(line.ids);
  try {
    const auto logprobs = ScoreTokens(model.transformer(), sequences);
    for (size_t i = 0; i < lines.size(); ++i) Print(lines[i].ids, logprobs[i]);
  } catch (const Error& error) {
    // Which one? The lines before it are answered.
    if (lines.size() == 1) throw Error({.file = "stdin", .line = lines[0].number}, error.what());
    for (const Line& line : lines) Score(model, {line});
  }
}

void Run(LocalModel& model, const ScoreCommand& command) {
  lab::LineReader reader(STDIN_FILENO);
  std::optional<Error> problem;  // of a line: what came before it is answered first
  std::string text;
  for (bool more = true; more && !problem && !Interrupted();) {
    std::vector<Line> lines;
    try {
      while (static_cast<int>(lines.size()) < command.window) {
        const auto got = reader.Next(lines.empty(), text);
        more = got != lab::LineReader::Got::kEnd;
        if (got != lab::LineReader::Got::kLine) break;
        if (text.find_first_not_of(" \t") == std::string::npos) continue;
        lines.push_back({lab::ReadTokenLine(text, reader.number(), model, command.chat), reader.number()});
      }
    } catch (const Error& error) {
      problem = error;
    }
    if (!lines.empty()) Score(model, lines);
  }
  if (problem) throw Error(*problem);
}

int Main(int argc, char** argv) {
  return RunMain("score", [&] {
    const Program program{.name = "score",
                          .summary = "Log-probabilities of texts: JSON lines on stdin, JSON lines on stdout."};
    const CommandLine command_line = ParseCommandLine(program, argc, argv);
    const auto command = LoadOrExit<ScoreCommand>(program, argc, argv);
    CatchInterrupts();
    if (command.threads > 0) SetThreads(command.threads);
    SetNumerics(command.numerics);
    LocalModel model(FindModel(command.model, command_line.config_dir), {.chat_template = command.chat_template});
    Run(model, command);
    return Interrupted() ? 130 : 0;
  });
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) { return retort::Main(argc, argv); }
