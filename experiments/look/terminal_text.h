// Text for a terminal: what comes from files and models must not steer it. Beyond CleanUtf8 (core/report/escape.h) this
// takes away what some terminals obey or hide behind: the control characters U+0080 to U+009F, and the marks that turn
// the direction of writing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace retort::lab {

std::string Harmless(std::string_view text);  // newlines stay
// One line, cut to `max_characters`: newlines show as "\n".
std::string OneLine(std::string_view text, size_t max_characters = 200);

// Columns two spaces apart, the last one ragged; `right` names columns whose texts end together. Cells are made
// harmless here. No header: an empty first row.
std::string Aligned(const std::vector<std::vector<std::string>>& rows, const std::vector<size_t>& right);
// "name   value" lines; a value with newlines goes on below itself.
std::string Facts(const std::vector<std::pair<std::string, std::string>>& facts);

// Every line two spaces further in.
std::string Indented(const std::string& text);

std::string Bytes(uintmax_t bytes);                       // "512 B", "196 kB", "1.2 MB"
std::string ShortHash(std::string_view hash);             // its first twelve characters
std::string DateAndTime(std::string_view utc);            // "2026-11-22 16:01:19"; "" for ""
std::string Plural(size_t count, std::string_view noun);  // "1 run", "2 runs"

}  // namespace retort::lab
