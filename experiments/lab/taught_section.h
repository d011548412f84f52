// Who taught each arm, and how good that was: the share of right answers among the rows that its students learnt. It
// says what a teacher's strength came to, which the score of the students is to be read beside.
#pragma once

#include "core/report/own_section.h"
#include "experiments/design/experiment.h"

namespace retort::lab {

// A line for each arm and its largest N, over its seeds. Arms whose rows nobody was asked for yet are left out, and so
// are rows that the task's grader cannot judge.
OwnSection TaughtSection(const SectionsInput& input);

}  // namespace retort::lab
