// Does a model card disclose whom the model was taught by, as the teacher's licence asks? A question apart from whether
// it was taught by it: this reads what a card says, and believes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/data/sample_set.h"

namespace retort {

// What the card of a student of `teacher` still owes, a sentence each; none where it owes nothing more. `readme` is a
// README.md in Hugging Face's form, with or without front matter.
// - The text that the licence prescribes (Card::disclosure: "Built with Llama") must stand in what a reader sees: in
// the
//   front matter alone, or in a comment, it is not displayed. White space and upper case do not matter.
// - The model's name (model_name, else the first heading) must begin with Card::name_prefix ("Llama"), as it is
// written.
// - Where the licence allows no training on outputs no text makes up for it, and that is said.
std::vector<std::string> DisclosureProblems(const Card& teacher, std::string_view readme);

}  // namespace retort
