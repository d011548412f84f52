// Any teacher behind a server: a few threads ask it, each a teacher of its own, one request at a time. Answers come
// whole; text is cut at stop strings here, whatever the teacher knows of them.
#pragma once

#include <functional>
#include <memory>

#include "teacher/provider/server/engine.h"
#include "teacher/teacher.h"

namespace retort {

// `make` is called once in each thread, before the first request. `threads`: requests asked at once.
std::unique_ptr<Engine> MakeForwardEngine(std::function<std::unique_ptr<Teacher>()> make, int threads,
                                          std::function<void(std::function<void()>)> post = {});

}  // namespace retort
