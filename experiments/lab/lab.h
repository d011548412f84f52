// An experiment from its command line to its page, whatever it claims.
#pragma once

#include "experiments/design/experiment.h"

namespace retort::lab {

// The whole of main(): 0 done, 1 some cells failed, 2 the user's mistake, 130 interrupted.
int Main(int argc, const char* const* argv, const Experiment& experiment);

}  // namespace retort::lab
