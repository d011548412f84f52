// What the samples of a row took of its teacher. Kept beside the cell: rows of two arms with the same samples share
// what they learnt, not what making the samples took (one arm asked for them alone, the other chose among many).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/data/cell.h"
#include "core/data/sample_set.h"
#include "teacher/price.h"

namespace retort::lab {

struct RowAccount {
  Usage rows;                              // as the samples say, answers alone
  int64_t prompts = 0;                     // different ones among the samples
  std::map<std::string, double> measures;  // of their manifest: what the samples do not say
  PriceConfig prices;
};

RowAccount AccountOf(const std::vector<Sample>& samples, const Manifest& manifest, const PriceConfig& prices);

// Sets what the cell was asked for and what it paid. `live_tokens`: what a live teacher read while the student learnt.
void Charge(const RowAccount& account, int64_t live_tokens, CellResult& result);
// The reverse for a stored cell, of whose samples `measures` were measured: takes them away, and returns `live_tokens`.
int64_t TakeBack(const Usage& rows, const std::map<std::string, double>& measures, CellResult& result);

}  // namespace retort::lab
