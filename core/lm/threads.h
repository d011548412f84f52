// How many threads LibTorch and our own operations use in this process.
#pragma once

namespace retort {

void SetThreads(int threads);

}  // namespace retort
