// Continues texts: JSON lines in, JSON lines out, in the order they came. See docs/reference.md for the options.
//   echo '{"text": "big 4729?"}' | build/generate model=models/folds-teacher
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <deque>
#include <map>
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
#include "core/lm/tokenizer.h"
#include "experiments/cells/json_lines.h"
#include "experiments/cells/token_lines.h"

namespace retort {
namespace {

struct GenerateCommand {
  std::string model, chat_template;
  bool chat = false;
  int batch_size = 0, threads = 0;
  std::string numerics = "fused";
  Sampling sampling{.max_new_tokens = 256};
};

void Describe(Describer& d, GenerateCommand& c) {
  d.Field("model", c.model, {.help = "checkpoint folder", .required = true, .numerics = false});
  d.Field("chat", c.chat, {.help = "take each text for a user's turn in the model's chat format"});
  d.Field("chat_template", c.chat_template, {.help = "chat format; empty: as the checkpoint says"});
  Describe(d, c.sampling);
  d.Field("batch_size", c.batch_size,
          {.help = "texts decoded together; 0: by the model's size", .min = 0, .max = 65536, .numerics = false});
  d.Field("threads", c.threads, {.help = "0: all cores", .min = 0, .max = 1024, .numerics = false});
  DescribeNumerics(d, c.numerics);
}

// Results leave in the order of the lines, each as soon as those before it have.
class Generator {
 public:
  Generator(LocalModel& model, const GenerateCommand& command)
      : model_(model),
        command_(command),
        decoder_(model.transformer(), model.batch_size(), model.tokenizer().vocab_size()) {}

  void Run() {
    lab::LineReader reader(STDIN_FILENO);
    std::optional<Error> problem;  // of a line: what came before it is answered first
    for (bool more = true; !Interrupted() && (more || !order_.empty());) {
      try {
        more = more && !problem && ReadLines(reader);
      } catch (const Error& error) {
        problem = error;
        more = false;
      }
      decoder_.Step([&](DecodeResult result) { done_[result.handle] = std::move(result); });
      PrintReady();
    }
    if (problem) throw Error(*problem);
  }

 private:
  // Fills the window, four batches wide; waits only where there is nothing else to do. False: no line is left.
  bool ReadLines(lab::LineReader& reader) {
    const auto window = static_cast<size_t>(4 * model_.batch_size());
    std::string line;
    while (order_.size() < window) {
      const auto got = reader.Next(order_.empty(), line);
      if (got != lab::LineReader::Got::kLine) return got == lab::LineReader::Got::kNothingYet;
      if (line.find_first_not_of(" \t") != std::string::npos) Submit(line, reader.number());
    }
    return true;
  }

  void Submit(const std::string& line, int number) {
    DecodeRequest request{.prompt = lab::ReadTokenLine(line, number, model_, command_.chat),
                          .sampling = command_.sampling,
                          .stop_ids = model_.stop_ids(),
                          .random_name = fmt::format("line-{}", number)};
    try {
      order_.push_back(decoder_.Submit(std::move(request)));
    } catch (const Error& error) {
      throw Error({.file = "stdin", .line = number}, error.what());
    }
  }

  void PrintReady() {
    for (; !order_.empty() && done_.contains(order_.front()); order_.pop_front()) {
      const DecodeResult result = std::move(done_.extract(order_.front()).mapped());
      nlohmann::json json = {{"ids", result.ids},
                             {"text", model_.tokenizer().Decode(result.ids)},
                             {"finish_reason", result.finish_reason}};
      if (command_.sampling.top_logprobs >= 0) {
        json["logprobs"] = nlohmann::json::array();
        for (const auto& token : result.logprobs) {
          json["logprobs"].push_back(token.logprob);
          if (command_.sampling.top_logprobs == 0) continue;
          nlohmann::json top = nlohmann::json::array();
          for (const auto& [id, logprob] : token.top) top.push_back({{"id", id}, {"logprob", logprob}});
          json["top_logprobs"].push_back(std::move(top));
        }
      }
      fmt::print("{}\n", DumpJson(json));
      if (std::fflush(stdout) != 0) throw Error({.file = "stdout"}, "cannot write");
    }
  }

  LocalModel& model_;
  const GenerateCommand& command_;
  Decoder decoder_;
  std::deque<int64_t> order_;
  std::map<int64_t, DecodeResult> done_;
};

int Main(int argc, char** argv) {
  return RunMain("generate", [&] {
    const Program program{.name = "generate", .summary = "Continue texts: JSON lines on stdin, JSON lines on stdout."};
    const CommandLine command_line = ParseCommandLine(program, argc, argv);
    const auto command = LoadOrExit<GenerateCommand>(program, argc, argv);
    CatchInterrupts();
    if (command.threads > 0) SetThreads(command.threads);
    SetNumerics(command.numerics);
    LocalModel model(FindModel(command.model, command_line.config_dir),
                     {.chat_template = command.chat_template, .batch_size = command.batch_size});
    Generator(model, command).Run();
    return Interrupted() ? 130 : 0;
  });
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) { return retort::Main(argc, argv); }
