// Rows that an arm makes from those of a teacher: what they keep, and what their manifest says of it.
#pragma once

#include <string>
#include <string_view>

#include "core/base/random.h"
#include "core/data/sample_set.h"

namespace retort::lab {

// The text in place of the answer; what was said of the old one (reasoning, logprobs, grade) goes with it.
void SetCompletion(Sample& sample, std::string text);
// Hashes the rows anew, and says beside the teacher's name how they were made.
void MarkDerived(SampleSet& set, std::string_view how);
// What the rows took of the teacher beside what each of them counts: tokens `beside`, and prompts in all.
void MeasureAsked(SampleSet& set, const Usage& beside, size_t prompts);
std::string LastWord(const std::string& text);  // without white space; empty if there is none
char OtherDigit(char digit, RandomStream& random);
std::string OtherDigits(std::string text, RandomStream& random);  // every digit is another one

}  // namespace retort::lab
