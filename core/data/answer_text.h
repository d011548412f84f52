// From an answer's text to the final answer in it, one function for each grader: what stands in Item::answer and what a
// grader compares with it come from the same code. Seen by this room's .cc files only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace retort {

// "-1,234.50" -> "-1234.5": what two equal numbers share. nullopt if the text has no number.
std::optional<std::string> FinalNumber(std::string_view text);
std::optional<std::string> FinalChoice(std::string_view text);

using Extractor = std::function<std::optional<std::string>(std::string_view)>;
// Throws Error for an unknown grader or a bad pattern.
Extractor MakeExtractor(const std::string& grader, const std::string& pattern);

}  // namespace retort
