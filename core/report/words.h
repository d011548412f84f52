// The words of a page of gap curves, explained for readers who know neither the field nor the code.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/report/report.h"

namespace retort {

std::vector<std::string> HowToRead(const Summary& summary);  // a few sentences, to stand under the verdict
std::vector<std::pair<std::string, std::string>> Glossary(const ReportInput& input, const Summary& summary);
void Sort(std::vector<std::pair<std::string, std::string>>& words);  // by their letters, large or small
// One line on a number of CellResult::extras: the experiment's own, or of scores of several answers an item; "" else.
std::string ExtraNote(const std::map<std::string, std::string>& notes, const std::string& name);
bool IsSampledScore(std::string_view name);                 // of several answers an item (core/data/sampled_scores.h)
std::vector<std::string> Grades(const ReportInput& input);  // which numbers were measured, computed, or taken over

}  // namespace retort
