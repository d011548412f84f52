// Assignment 2 (docs/course/2-task.md): a task of your own, walks on a ring, and its grader. The rule of the walk
// stands on your card, card.json.
#pragma once

#include <memory>

#include "core/data/grader.h"
#include "core/data/task.h"

namespace retort {

struct RingConfig {
  int min_moves = 3, max_moves = 6;  // letters of a question's word
};

// Throws Error that names the option unless 1 <= min_moves <= max_moves <= 32.
std::unique_ptr<Task> MakeRingTask(const RingConfig& config);

// parsed: the text ends, but for white space (space, tab, CR, LF), with A and a position in plain decimal digits.
// score: 1 where it is the item's answer, whatever the prompt is. step_accuracy: of items that ask with "?", the share
// of the steps that stand at their place with their value; of others nullopt.
std::unique_ptr<Grader> MakeRingGrader();

}  // namespace retort
