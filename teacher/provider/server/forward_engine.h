// Any teacher behind a server: a few threads ask it, each a teacher of its own, one request at a time. Answers come
// whole; text is cut at stop strings here, whatever the teacher knows of them.
#pragma once

#include <functional>
#include <memory>

#include "teacher/provider/server/engine.h"
#include "teacher/teacher.h"

namespace retort {

struct ForwardOptions {
  int threads = 1;     // requests asked at once
  double seconds = 0;  // for a teacher that waits for others; then its answer is an error. 0: as long as it takes
};

// Makes a teacher that ends what it is asked, without an answer, soon after `stop` has become true; one that waits for
// nobody need not look.
using TeacherFactory = std::function<std::unique_ptr<Teacher>(std::function<bool()> stop)>;

// `make` is called once in each thread, before the first request. What a teacher says when it fails or refuses (a
// server's own words: its address, its account, its limits) is told to nobody.
std::unique_ptr<Engine> MakeForwardEngine(TeacherFactory make, const ForwardOptions& options,
                                          std::function<void(std::function<void()>)> post = {});

}  // namespace retort
