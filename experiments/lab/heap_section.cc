#include "experiments/lab/heap_section.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "core/report/format.h"
#include "core/report/paired_items.h"
#include "core/report/report.h"
#include "core/stats/paired_means.h"

namespace retort::lab {
namespace {

constexpr std::string_view kVerdicts[] = {"below it", "undecided", "matches it"};

struct Compared {
  std::string arm;
  int n = 0, seeds = 0;
  Interval lead;  // in score, above 0: better than the heap
  size_t verdict = 1;
};

// All arms of a task against its heap, by arm in the order of the cells, N rising.
std::vector<Compared> Compare(const std::vector<CellResult>& cells, const TaskSummary& task, const std::string& heap,
                              double margin) {
  std::map<uint64_t, const CellResult*> heaps;
  std::vector<std::string> arms;
  std::map<std::pair<std::string, int>, std::vector<const CellResult*>> others;
  for (const CellResult& cell : cells) {
    if (retort::TaskName(cell) != task.task || cell.n == 0) continue;
    if (cell.arm == heap) {
      const CellResult*& known = heaps[cell.seed];
      if (known == nullptr || known->n < cell.n) known = &cell;
    } else {
      if (std::ranges::find(arms, cell.arm) == arms.end()) arms.push_back(cell.arm);
      others[{cell.arm, cell.n}].push_back(&cell);
    }
  }
  const double sign = task.higher_is_better ? 1 : -1;
  std::vector<Compared> compared;
  for (const auto& [key, of_arm] : others) {
    std::vector<SeedScores> rows;
    for (const CellResult* cell : of_arm) {
      const auto found = heaps.find(cell->seed);
      if (found == heaps.end()) continue;
      const std::vector<std::string> ids = ItemIds(*found->second);
      rows.push_back({ItemsHash(ids), {AlignedScores(*found->second, ids), AlignedScores(*cell, ids)}});
    }
    if (rows.empty()) continue;
    const PairedMeans means(rows);
    Compared one{
        .arm = key.first, .n = key.second, .seeds = means.seeds(), .lead = means.Contrast(std::array{-sign, sign})};
    if (one.lead.low > -margin) one.verdict = 2;
    if (one.lead.high < -margin) one.verdict = 0;
    compared.push_back(std::move(one));
  }
  std::ranges::stable_sort(compared, {}, [&](const Compared& one) { return std::ranges::find(arms, one.arm); });
  return compared;
}

// Of each arm the smallest set that matches.
std::string Verdict(const std::vector<Compared>& all, const std::string& task, const std::string& heap, double margin) {
  std::vector<std::string> words;
  std::set<std::string> named;
  for (const Compared& one : all) {
    if (one.verdict != 2 || !named.insert(one.arm).second) continue;
    words.push_back(fmt::format("{} from N = {} ({})", one.arm, one.n, Signed(one.lead, 2)));
  }
  if (words.empty()) {
    return fmt::format("{}: no set was shown to match the {} within {:.2f} in score.", task, heap, margin);
  }
  return fmt::format(
      "{}: sets shown to match the {} within {:.2f} in score (difference with 95 % interval, not corrected for the "
      "number "
      "of comparisons): {}.",
      task, heap, margin, fmt::join(words, ", "));
}

}  // namespace

OwnSection HeapSection(const SectionsInput& input, const std::string& heap, double margin) {
  OwnSection section{
      .page = {.id = "heap",
               .title = "Against the heap",
               .paragraphs = {fmt::format(
                   "Each set against the arm {}, all of the candidates, on the same seeds and items. \"matches it\" "
                   "where the whole interval lies above -{:.2f}, a margin that was declared before the run; \"below "
                   "it\" where "
                   "the whole interval lies below; else the data do not say.",
                   heap, margin)}},
      .data = {{.file = "heap.csv",
                .about = "a set of samples against the heap, paired by seed and item",
                .columns = {{"task", "text", "as the tables name it", ""},
                            {"arm", "text", "kind of rows", ""},
                            {"n", "rows", "that the students learnt", ""},
                            {"seeds", "seeds", "that have both", ""},
                            {"lead", "score", "better than the heap by so much", ""},
                            {"lead_low", "score", "lower end of its 95 % interval", ""},
                            {"lead_high", "score", "upper end of its 95 % interval", ""},
                            {"verdict", "text", "as the page says it", ""}}}}};
  for (const TaskSummary& task : input.summary.tasks) {
    const std::vector<Compared> all = Compare(input.cells, task, heap, margin);
    if (all.empty()) continue;
    Table table{.title = fmt::format("{}: score minus that of the {}", task.task, heap),
                .header = {"arm", "N", "seeds", "difference", "the heap"},
                .text_columns = 1,
                .note = "Not corrected for the number of comparisons: look for patterns, not for the best row."};
    for (const Compared& one : all) {
      table.rows.push_back({one.arm, std::to_string(one.n), std::to_string(one.seeds), Signed(one.lead, 2),
                            std::string(kVerdicts[one.verdict])});
      section.data.front().rows.push_back({task.task, one.arm, one.n, one.seeds, one.lead.estimate, one.lead.low,
                                           one.lead.high, std::string(kVerdicts[one.verdict])});
    }
    section.page.tables.push_back(std::move(table));
    section.verdicts.push_back(Verdict(all, task.task, heap, margin));
  }
  return section;
}

}  // namespace retort::lab
