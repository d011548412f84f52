// The coverage of every interval of core/stats, and the errors of its tests, over simulated experiments whose truth is
// known. scripts/coverage-study runs it and keeps the tables in docs/statistics.md.
//
//   coverage_study [TRIALS] [REPLICATES]
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/core/stats/coverage.h"

namespace retort {
namespace {

std::string Percent(double share) { return fmt::format("{:.1f}", 100 * share); }

std::string Text(const Coverage& coverage) { return Percent(coverage.rate()) + (coverage.one_sided ? "\\*" : ""); }

std::string Row(const CoverageOfWorld& c) {
  std::vector<double> closed;
  for (const Coverage& at_size : c.gap_closed) closed.push_back(at_size.rate());
  const auto [low, high] = std::minmax_element(closed.begin(), closed.end());
  const std::string censored = 10 * c.censored > c.trials ? "†" : "";
  return fmt::format("| {} | {} | {} | {} | {} to {} | {} | {} | {}{} | {} | {}{} | {} |\n", c.world, c.seeds,
                     Text(c.base), Text(c.score), Percent(*low), Percent(*high), Text(c.n50), Text(c.n90),
                     Text(c.delta), censored, Text(c.mean_gap), Text(c.read), censored, Text(c.paired));
}

std::string Errors(const std::vector<double>& p_values) {
  if (p_values.size() < 500) return "– | – | – |";  // too few to say anything
  return fmt::format("{} | {} | {} |", Percent(Rejected(p_values, 0.01)), Percent(Rejected(p_values, 0.05)),
                     Percent(Rejected(p_values, 0.5)));
}

constexpr char kHead[] =
    "| world | seeds | base | score, N = 16 | gap closed, over N | N50 | N90 | Δ log2 N50 | mean share, a − b | to "
    "read "
    "| score, a − b at N = 16 |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";

void Run(int trials, int replicates) {
  std::string errors =
      "| world | seeds | paired .01 | .05 | .5 | Δ log2 N50 .01 | .05 | .5 | to read .01 | .05 | .5 |\n"
      "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
  const std::vector<World> study = StudyWorlds(), held_out = HeldOutWorlds();
  std::vector<World> worlds = study;
  worlds.insert(worlds.end(), held_out.begin(), held_out.end());
  fmt::print("{}", kHead);
  for (size_t w = 0; w < worlds.size(); ++w) {
    const World& world = worlds[w];
    if (w == study.size()) fmt::print("\nHeld out:\n\n{}", kHead);
    for (const int seeds : {4, 8, 16}) {
      const CoverageOfWorld c = MeasureCoverage(world, seeds, trials, replicates);
      fmt::print("{}", Row(c));
      std::fflush(stdout);
      const bool equal = world.delta == 0 && world.slope_a == 0;
      if (seeds < 6 || world.delta != 0) continue;
      errors += fmt::format("| {} | {} | {} {} {}\n", world.name, seeds, equal ? Errors(c.p_paired) : "– | – | – |",
                            Errors(c.p_delta), equal || c.censored == 0 ? Errors(c.p_read) : "– | – | – |");
    }
  }
  fmt::print("\n{}\n", errors);
  const World world{.name = "four comparisons", .spread = 0.5};
  fmt::print("| four comparisons with one arm, 8 seeds | any true one rejected at .05 |\n| --- | ---: |\n");
  fmt::print("| all four true | {} |\n", Percent(FamilyWiseError(world, {0, 0, 0, 0}, 8, trials, replicates)));
  fmt::print("| two true, two arms 1.5 doublings behind | {} |\n",
             Percent(FamilyWiseError(world, {0, 0, 1.5, 1.5}, 8, trials, replicates)));
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  const int trials = argc > 1 ? std::atoi(argv[1]) : 2000, replicates = argc > 2 ? std::atoi(argv[2]) : 400;
  if (trials <= 0 || replicates < 40) {
    std::fputs("coverage_study [TRIALS >= 1] [REPLICATES >= 40]\n", stderr);
    return 2;
  }
  retort::Run(trials, replicates);
}
