// Texts as filters compare them: case, white space and most punctuation do not count. The tables are small and ours, so
// that a comparison gives the same on every machine, whatever its locale: they fold the case of Latin, Greek, Cyrillic
// and Armenian letters only, and do not know that an accent may be written in two ways.
//
// A word is a run of letters and digits, lower case. Beyond that:
//   - "+ < = > ^ | ~ &" and all symbols beyond ASCII are words of their own, and so are "- * / %" beside a digit:
//     "3-4" is not "3+4". Elsewhere those four are punctuation ("well-known", "**bold**", "and/or").
//   - Other punctuation separates words; but "3.5" and "don't" (= "dont") are one word.
//   - A character of a script that is written without spaces (Han, kana, Thai and their kin) is a word.
//   - A text of nothing but punctuation is one word, itself: "()" is not "[]".
// Broken UTF-8 is part of words, byte by byte; control characters are white space.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace retort {

// Lower case, runs of white space as one space, none at the ends. All else stays as it is.
std::string FoldCaseAndSpace(std::string_view text);

// A hash for each word, in order. No words only where the text is empty or white space.
std::vector<uint64_t> WordHashes(std::string_view text);

// Of words in this order.
uint64_t SequenceHash(std::span<const uint64_t> words);

size_t CountCharacters(std::string_view text);  // Unicode; bytes that are no character count as one each

}  // namespace retort
