// A checkpoint in this process behind a server: the requests of all clients join one decode loop, which runs in a
// thread of its own for as long as there is work. A request joins at the next token of those that run.
#pragma once

#include <functional>
#include <memory>

#include "teacher/provider/server/engine.h"

namespace retort {

class LocalModel;

// `threads`: of the matrix products; 0: all cores. `post` runs what may be done outside the loop, the making of replies
// and the calls of on_done; it must outlive the engine. Empty: the loop does it itself.
std::unique_ptr<Engine> MakeDecodeEngine(std::unique_ptr<LocalModel> model, int threads,
                                         std::function<void(std::function<void()>)> post = {});

}  // namespace retort
