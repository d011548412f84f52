// A loop over independent parts on several threads. Which thread takes which part is left open, so a part must write to
// a place of its own, or add whole numbers: then results do not depend on the number of threads.
#pragma once

#include <cstdint>
#include <functional>

namespace retort {

// Calls `part(i)` for 0 <= i < parts, and from the calling thread first and now and then `tick(parts done)`, whose
// answer false ends the loop early. An exception of a part ends the loop and is thrown on. Returns whether all parts
// were done.
bool ParallelFor(int threads, int64_t parts, const std::function<void(int64_t)>& part,
                 const std::function<bool(int64_t)>& tick = {});

}  // namespace retort
