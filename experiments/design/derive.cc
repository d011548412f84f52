#include "experiments/design/derive.h"

#include <fmt/format.h>

#include <utility>

namespace retort::lab {

void SetCompletion(Sample& sample, std::string text) {
  sample.completion = AnswerTo(sample.prompt, std::move(text));
  sample.reasoning.clear();
  sample.logprobs.clear();
  sample.grade.reset();
}

void MarkDerived(SampleSet& set, std::string_view how) {
  set.manifest.teacher.name += fmt::format(" ({})", how);
  set.manifest.samples_sha256 = HashSamples(set.samples);
}

void MeasureAsked(SampleSet& set, const Usage& beside, size_t prompts) {
  auto& measures = set.manifest.measures;
  measures[std::string(kTeacherTokens)] = static_cast<double>(beside.Total());
  measures[std::string(kTeacherWritten)] = static_cast<double>(beside.completion_tokens);
  measures[std::string(kPromptsAsked)] = static_cast<double>(prompts);
}

std::string LastWord(const std::string& text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t end = text.find_last_not_of(kSpace);
  if (end == std::string::npos) return "";
  const size_t begin = text.find_last_of(kSpace, end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1,
                     end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

char OtherDigit(char digit, RandomStream& random) {
  return static_cast<char>('0' + (digit - '0' + 1 + static_cast<int>(random.Below(9))) % 10);
}

std::string OtherDigits(std::string text, RandomStream& random) {
  for (char& c : text) {
    if (c >= '0' && c <= '9') c = OtherDigit(c, random);
  }
  return text;
}

}  // namespace retort::lab
