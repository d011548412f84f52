// evaluation.teacher_kl: a student's distance from its teacher on texts that neither chose. Both models stand in this
// process; no arm learns from what is measured here.
#pragma once

#include "experiments/design/experiment.h"

namespace retort {
class LocalModel;
}

namespace retort::lab {

// extras of a cell: teacher_kl (nats a token, on the reference solutions of the first evaluation.teacher_kl held-out
// items, the end of the text included), and for a student of the objective topk covered_mass, of as many tokens as it
// was shown.
void MeasureTeacherKl(const CellRun& run, const LocalModel& student, CellResult& result);

}  // namespace retort::lab
