// The claims of the debate, one line each: a verdict, a number with its interval, a caveat. The words stand in a data
// file (docs/claims.json) with slots for numbers; each slot names the place in a page's CSV that it is read from, and a
// verdict names the numbers that bear it. So a page that is made again moves its line, and where an interval no longer
// bears the verdict the line says that the claim is open. Nothing that was measured is typed.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/report/data_table.h"
#include "core/report/page.h"

namespace retort {

struct ClaimLine {
  std::string experiment;                        // folder beside the others
  std::string claim;                             // the page's, or the data file's
  std::string standing;                          // "holds", "in part", "does not hold", "open", "no result yet"
  std::string verdict, number, caveat, changes;  // `changes`: what would change our mind
  std::string created_utc;                       // of the page; empty without one
};

struct Claims {
  std::vector<ClaimLine> lines;
  std::vector<std::pair<std::string, std::string>> words;     // term, meaning
  std::vector<std::string> limits;                            // what the experiments cannot say
  std::vector<std::pair<std::string, std::string>> what_ifs;  // command, what it asks
};

// `data`: docs/claims.json; `results`: the folder of all results. A claim whose experiment has no page there has no
// result yet. Throws Error for what is missing in the data file, an unknown slot, and a place that no row of the CSV,
// or more than one, fits.
Claims ReadClaims(const std::filesystem::path& data, const std::filesystem::path& results);

DataTable ClaimsData(const std::vector<ClaimLine>& claims);  // claims.csv
// What a reader of the index meets: the lines, how many stand how, and what would change them.
std::string ClaimsVerdict(const std::vector<ClaimLine>& claims);
PageSection ClaimsSection(const std::vector<ClaimLine>& claims);
PageSection ChangesSection(const std::vector<ClaimLine>& claims);

}  // namespace retort
