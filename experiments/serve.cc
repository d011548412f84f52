// Offers a teacher over the OpenAI protocol: docs/serving.md.
//   build/serve                                          the embedded teacher, on 127.0.0.1:8080
//   build/serve teacher.model=models/SmolLM2-135M-Instruct port=8000 policies.use=[logprobs]
#include <fmt/format.h>
#include <pthread.h>

#include <csignal>
#include <cstdio>

#include "core/base/error.h"
#include "core/base/interrupt.h"
#include "core/base/numerics.h"
#include "core/config/program.h"
#include "core/lm/numerics_option.h"
#include "teacher/card.h"
#include "teacher/provider/server/service.h"

namespace retort {
namespace {

struct ServeCommand {
  ServeConfig serve;
  std::string numerics = "fused";
};

void Describe(Describer& d, ServeCommand& c) {
  Describe(d, c.serve);
  DescribeNumerics(d, c.numerics);
}

int Main(int argc, char** argv) {
  return RunMain("serve", [&] {
    const Program program{
        .name = "serve", .summary = "Offer a teacher over the OpenAI protocol.", .config_name = "serve"};
    const CommandLine command_line = ParseCommandLine(program, argc, argv);
    const auto command = LoadOrExit<ServeCommand>(program, argc, argv);
    SetNumerics(command.numerics);
    // No thread but this one hears of the signals, and this one waits for them.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    Service service(command.serve, command_line.config_dir);
    if (service.is_open()) {
      fmt::print(stderr, "serve: whoever reaches {} may ask: policies.use has no accounts\n", command.serve.address);
    }
    fmt::print("{} at {}\n", service.model(), service.url());
    std::fflush(stdout);
    int number = 0;
    sigwait(&ends, &number);
    pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);  // a second one ends the process at once
    service.Stop();
    CatchInterrupts();
    raise(SIGTERM);  // ends what is still being asked of another server
    return 0;
  });
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) { return retort::Main(argc, argv); }
