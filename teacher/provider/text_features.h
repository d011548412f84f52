// What detectors see of a prompt in place of its text: a few low-dimensional numbers, without any embedding model. They
// are chosen to tell kinds of prompts apart (a template filled in a thousand times, one subject, one language), and to
// be too few to give a text back.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/sample.h"

namespace retort {

// Eight measures, then a projection of the counts of character trigrams (feature hashing: Weinberger et al. 2009,
// arXiv:0902.2206) onto sixteen directions, of unit length where there is a trigram.
inline constexpr size_t kTextMeasures = 8, kTrigramDirections = 16, kTextFeatures = kTextMeasures + kTrigramDirections;
const std::array<std::string, kTextFeatures>& TextFeatureNames();

// Rounded to 4 decimals, so that a log's digits are the values. Letters count in lower case; any bytes are text.
std::array<double, kTextFeatures> TextFeaturesOf(const std::vector<Message>& prompt);

// The text with what a template varies taken out: numbers are "0", words of more than three letters "w", quoted parts a
// pair of quotes. Prompts of one template share it. To be hashed before it is stored.
std::string TemplateShape(const std::vector<Message>& prompt);

}  // namespace retort
