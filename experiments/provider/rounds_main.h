// The main() that know_your_customer and address_blocking share: loads config and registers, reads the need, plays the
// rounds, writes the page.
#pragma once

#include "core/config/program.h"
#include "experiments/provider/rounds_report.h"

namespace retort::provider {

int RoundsMain(RoundsKind kind, const Program& program, int argc, char** argv);

}  // namespace retort::provider
