#include "experiments/cells/run_sums.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/hash.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

// Not those that change afterwards: lock, worker.log, times.json. The student and its checkpoints have hashes of their
// own.
constexpr std::string_view kFiles[] = {"config.toml",   "identity.txt",  "items.jsonl",
                                       "manifest.json", "samples.jsonl", "train.jsonl"};
constexpr size_t kDigits = 64;

}  // namespace

std::string RunSums(const fs::path& folder, std::string_view result_json) {
  std::string sums;
  for (const std::string_view file : kFiles) {
    if (fs::exists(folder / file)) sums += fmt::format("{}  {}\n", Sha256File(folder / file), file);
  }
  return sums + fmt::format("{}  result.json\n", Sha256Hex(result_json));
}

std::map<std::string, std::string, std::less<>> ParseRunSums(std::string_view text, const std::string& file) {
  std::map<std::string, std::string, std::less<>> sums;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::string_view name = line.size() > kDigits + 2 ? line.substr(kDigits + 2) : std::string_view();
    const bool known = name == "result.json" || std::ranges::find(kFiles, name) != std::end(kFiles);
    if (end == std::string_view::npos || !known || line.substr(kDigits, 2) != "  ") {
      throw Error({.file = file, .line = number}, "is no line that this program wrote");
    }
    sums.insert_or_assign(std::string(name), std::string(line.substr(0, kDigits)));
    text.remove_prefix(end + 1);
  }
  return sums;
}

}  // namespace retort::lab
