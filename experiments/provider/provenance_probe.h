// What a provider tries on a student to see whether its teacher taught it. Three tests, each of which has what the
// student alone gives: its answers, or the likelihood that it gives to texts. Extras of a cell:
//
// - likelihood: of held-out prompts that the teacher and somebody else answer differently, the share where the student
//   finds the teacher's answer the likelier one; of several others (the reference solutions, the untaught base,
//   provenance.rivals) the smallest share. It has no distribution of its own: the page takes the threshold from
//   students that others taught. likelihood_items: how many prompts that share is of.
// - canaries: one p value (Fisher's) of the ranks of all secret digits in the canaries that were among the prompts of
// the
//   seed, whether or not this student learnt them. Exact: no student is needed to calibrate it. canary_digits: how
//   many.
// - watermark: the p value of green tokens among distinct (context, token) pairs in drawn answers (watermark.h), at the
//   places where the unmarked teacher is not sure.
//   watermark_pairs, watermark_green: how many. watermark_in_rows, watermark_pairs_in_rows: the same of the first rows
//   that the student learnt: is the mark where it should be?
// What a test could not be tried on has no entry.
#pragma once

#include "experiments/design/experiment.h"

namespace retort {
class LocalModel;
}

namespace retort::provider {

// A lab::StudentProbe. Answers of teacher, rivals and base are kept for the next cell of this process.
void TryStudent(const lab::CellRun& run, LocalModel& student, CellResult& result);

}  // namespace retort::provider
