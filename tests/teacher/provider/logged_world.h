// Two months of a made-up log, for tests of measured texts.
#pragma once

#include <cstdint>

#include "teacher/provider/logged_texts.h"

namespace retort {

// Honest people are alike but for a style of their own; distillers lie `away` honest deviations from them in every
// measure, reworded ones among the honest.
LoggedMonths MadeUpMonths(size_t pupils, size_t distillers, float away, uint64_t seed = 1);

}  // namespace retort
