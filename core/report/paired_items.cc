#include "core/report/paired_items.h"

#include <string_view>
#include <unordered_map>

#include "core/base/hash.h"

namespace retort {

std::vector<std::string> ItemIds(const CellResult& cell) {
  std::vector<std::string> ids;
  ids.reserve(cell.items.size());
  for (const ItemScore& item : cell.items) ids.push_back(item.id);
  return ids;
}

std::string ItemsHash(const std::vector<std::string>& ids) {
  Sha256 hash;
  for (const std::string& id : ids) hash.Update(id).Update(std::string_view("\n", 1));
  return hash.Hex();
}

std::vector<double> AlignedScores(const CellResult& cell, const std::vector<std::string>& ids) {
  if (cell.items.size() != ids.size()) return {};
  std::unordered_map<std::string_view, double> by_id;
  for (const ItemScore& item : cell.items) by_id[item.id] = item.score;
  std::vector<double> scores;
  scores.reserve(ids.size());
  for (const std::string& id : ids) {
    const auto found = by_id.find(id);
    if (found == by_id.end()) return {};
    scores.push_back(found->second);
  }
  return scores;
}

}  // namespace retort
