// SHA256SUMS of a run: what its files were when it was done, in the form that `sha256sum --check` reads. A score can be
// summed up again from the items; an answer, a loss or a setting that somebody edits later shows here alone.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace retort::lab {

inline constexpr std::string_view kSumsFile = "SHA256SUMS";

// Of the files of a run that are there, and of result.json, which is not yet.
std::string RunSums(const std::filesystem::path& folder, std::string_view result_json);

// What SHA256SUMS says of each file. Throws Error at the line that is none of ours.
std::map<std::string, std::string, std::less<>> ParseRunSums(std::string_view text, const std::string& file);

}  // namespace retort::lab
