// The words of a page of gap curves, explained for readers who know neither the field nor the code.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/report/report.h"

namespace retort {

std::vector<std::string> HowToRead(const Summary& summary);  // a few sentences, to stand under the verdict
std::vector<std::pair<std::string, std::string>> Glossary(const ReportInput& input, const Summary& summary);
std::vector<std::string> Grades(const ReportInput& input);  // which numbers were measured, computed, or taken over

}  // namespace retort
