#include "core/lm/threads.h"

#include <ATen/Parallel.h>

namespace retort {

void SetThreads(int threads) { at::set_num_threads(threads); }

}  // namespace retort
