// Cells against each other item by item: the order of one cell's items for all, and the name of that set of items.
#pragma once

#include <string>
#include <vector>

#include "core/data/cell.h"

namespace retort {

std::vector<std::string> ItemIds(const CellResult& cell);
std::string ItemsHash(const std::vector<std::string>& ids);  // seeds with equal ids share their items
// Scores of `cell` in the order of `ids`; empty if it was graded on other items.
std::vector<double> AlignedScores(const CellResult& cell, const std::vector<std::string>& ids);

}  // namespace retort
