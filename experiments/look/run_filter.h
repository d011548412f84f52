// Which runs are meant, and in which order: words such as arm=teacher n=4,16 done=false.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/look/command_words.h"
#include "experiments/look/run_list.h"

namespace retort::lab {

// A column of `runs ls`.
struct RunColumn {
  std::string name;
  std::function<std::string(const RunEntry&)> value;  // exact, for CSV, filters and sorting; "" where there is none
};
const std::vector<RunColumn>& RunColumns();

class RunFilter {
 public:
  // Throws Error for a word that is no key=value, or whose key is neither a column, `done`, nor a setting with a dot.
  explicit RunFilter(const std::vector<std::string>& words);
  // All words must hold; of several values of a word, one. A setting is looked up in the run's config.toml.
  bool Matches(const RunEntry& run) const;
  bool empty() const { return conditions_.empty(); }

 private:
  std::vector<KeyValues> conditions_;
};

// By a column, "-score" from large to small, runs without a value last; equal ones, and all of them with "", by task,
// arm, n and seed. Throws Error for an unknown column.
void SortRuns(const std::string& key, std::vector<RunEntry>& runs);

}  // namespace retort::lab
