// Writes the index of all experiments, and before it the comparison with published work where its data file is named:
//   report_index FOLDER [COMPARISON [CLAIMS]], where FOLDER holds one folder of results an experiment.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/config/program.h"
#include "core/report/comparison.h"
#include "core/report/index_page.h"

namespace retort {
namespace {

constexpr char kHelp[] = R"(report_index: one page that names every experiment, its claim and its verdict

Usage: report_index FOLDER [COMPARISON [CLAIMS]]      such as docs/results docs/comparison.json docs/claims.json

Reads FOLDER/*/page.json, which every experiment writes beside its page, and writes FOLDER/index.html. COMPARISON: what
others published, and which numbers of FOLDER/*/summary.csv are held against it; makes FOLDER/comparison first. CLAIMS:
what is said of each claim of the debate, and which numbers bear it; the index then opens with them, one line each.
Exit codes: 0 done, 2 the user's mistake.
)";

int ReportIndex(const std::vector<std::string>& words) {
  if (words.size() == 1 && (words[0] == "--help" || words[0] == "-h")) {
    fmt::print("{}", kHelp);
    return 0;
  }
  if (words.empty() || words.size() > 3 ||
      std::ranges::any_of(words, [](const auto& w) { return w.starts_with("-"); })) {
    throw Error({.file = "command line"}, "which folder?",
                "write the one that holds the results, such as docs/results");
  }
  if (words.size() >= 2) {
    for (const std::string& warning : WriteComparison(words[1], words[0])) {
      fmt::print(stderr, "report_index: {}\n", warning);
    }
  }
  for (const std::string& warning : WriteIndex(words[0], words.size() > 2 ? words[2] : ""))
    fmt::print(stderr, "report_index: {}\n", warning);
  fmt::print("{}\n", (std::filesystem::path(words[0]) / "index.html").string());
  return 0;
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  return retort::RunMain("report_index", [&] { return retort::ReportIndex({argv + 1, argv + argc}); });
}
