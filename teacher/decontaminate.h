// Drops answers that would show a student what it is evaluated on. Texts are compared by their words (teacher/words.h):
// case, white space and sentence punctuation do not count, digits and operators do, so that "big 4729?" is not
// "big 4728?" and "3-4" is not "3+4". System turns are left out: training and evaluation share them.
//
// An answer is contaminated by a held-out prompt
//   - whose words are all the words of its own prompt ("exact"), however few they are;
//   - of `ngram_words` words or more that has so many successive words in common with the training prompt and
//   completion
//     read as one text ("ngram");
//   - of fewer words, but at least 5, that stands in its prompt as a whole word sequence ("contained"). Not in the
//     completion: five words may be a turn of phrase. Fewer words than 5 count only as the whole prompt.
// An instruction of `ngram_words` words that all prompts share makes everything contaminated; the counts show it. It
// belongs into the system turn, or ngram_words above its length.
//
// Hashes of 8 bytes are kept of the held-out prompts, nothing of the answers.
#pragma once

#include <memory>
#include <span>

#include "core/data/task.h"
#include "teacher/filter.h"

namespace retort {

std::unique_ptr<Filter> MakeDecontaminateFilter(const FilterConfig& config, std::span<const Item> held_out);

}  // namespace retort
