// A line of JSON with a checksum, as the request log and the journal of charges have it:
//   {"<name>":<text>,"sum":"0123456789abcdef"}
// It guards a line against accidents, not against whoever may write the file.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace retort {

// `version` of the format enters the sum. No newline.
std::string SummedLine(std::string_view name, int version, std::string_view text);
// The text of such a line, a part of `line`; nullopt for any other.
std::optional<std::string_view> TextOfSummedLine(std::string_view name, int version, std::string_view line);

}  // namespace retort
