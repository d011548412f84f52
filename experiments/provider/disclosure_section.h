// The other question than who taught a student: does its model card say so, where the teacher's licence asks for it?
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/data/sample_set.h"
#include "core/report/own_section.h"
#include "experiments/design/experiment.h"

namespace retort::provider {

OwnSection DisclosureSection(const lab::SectionsInput& input);
// `licences`: what is said of teachers, by name. Each owed card is read three times: as this project writes it,
// renamed, and with the disclosure in its front matter alone.
OwnSection DisclosureSection(const std::vector<std::pair<std::string, Card>>& licences);
// Those of configs/card but "unknown", which says nothing.
std::vector<std::pair<std::string, Card>> ShippedLicences(const std::filesystem::path& config_dir);

}  // namespace retort::provider
