#include "core/lm/threads.h"

#include <ATen/Parallel.h>

namespace retort {

void SetThreads(int threads) { at::set_num_threads(threads); }
int Threads() { return at::get_num_threads(); }

}  // namespace retort
