#include "core/base/interrupt.h"

#include <signal.h>

namespace retort {
namespace {

volatile sig_atomic_t g_interrupted = 0;

extern "C" void OnSignal(int number) {
  if (g_interrupted != 0) {
    signal(number, SIG_DFL);
    raise(number);
  }
  g_interrupted = 1;
}

}  // namespace

void CatchInterrupts() {
  struct sigaction action {};
  action.sa_handler = OnSignal;  // no SA_RESTART: a poll() must wake
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool Interrupted() { return g_interrupted != 0; }

}  // namespace retort
