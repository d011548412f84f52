#include "experiments/lab/results.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "experiments/launch/progress.h"

namespace retort::lab {
namespace {

constexpr size_t kItems = 3;

std::vector<int> TwoMiddle(const std::vector<int>& sizes) {
  if (sizes.size() <= 2) return sizes;
  const size_t middle = (sizes.size() - 1) / 2;
  return {sizes[middle], sizes[middle + 1]};
}

const CellResult* Find(const std::vector<CellResult>& results, const std::string& task, std::string_view arm, int n) {
  const auto found = std::ranges::find_if(results, [&](const CellResult& result) {
    return result.task == task && result.arm == arm && result.n == n && result.seed == 0;
  });
  return found == results.end() ? nullptr : &*found;
}

void AddAnswer(const CellResult* result, const std::string& label, const Item& item, Transcript& transcript) {
  if (result == nullptr) return;
  const auto found = std::ranges::find(result->items, item.id, &ItemScore::id);
  if (found != result->items.end()) transcript.answers.emplace_back(label, found->answer);
}

}  // namespace

std::vector<CellResult> ReadResults(const Grid& grid, const RunStore& store) {
  std::vector<CellResult> results;
  for (const Row& row : grid.rows) {
    if (!store.Done(row.cell)) continue;
    // A cell may have been computed for another row, of which it knows the name and the account.
    CellResult result = store.Read(row.cell);
    result.task = row.task;
    result.arm = row.arm;
    result.target = row.target;
    result.n = row.n;
    result.seed = row.seed;
    result.axes = row.axes;
    if (row.n > 0) {
      const Manifest of_cell = RunStore::SamplesManifest(store.Folder(row.cell));
      Charge(row.account, TakeBack(row.account.rows, of_cell.measures, result), result);
    }
    results.push_back(std::move(result));
  }
  return results;
}

std::string TimeByArm(const Grid& grid, const RunStore& store) {
  std::vector<std::pair<std::string, double>> times;  // in the order of the rows
  std::set<std::string> counted;
  for (const Row& row : grid.rows) {
    if (!store.Done(row.cell) || !counted.insert(row.cell).second) continue;
    auto found = std::ranges::find(times, row.arm, &std::pair<std::string, double>::first);
    if (found == times.end()) found = times.insert(found, {row.arm, 0});
    found->second += store.Seconds(row.cell);
  }
  std::vector<std::string> words;
  words.reserve(times.size());
  for (const auto& [arm, seconds] : times) words.push_back(fmt::format("{} {}", arm, Duration(seconds)));
  return fmt::format("{}", fmt::join(words, ", "));
}

std::vector<Transcript> MakeTranscripts(const std::vector<CellResult>& results,
                                        const std::vector<std::unique_ptr<Block>>& blocks) {
  std::vector<Transcript> transcripts;
  std::set<std::string> shown;
  for (const auto& block : blocks) {
    if (!shown.insert(block->task_name).second) continue;
    const std::string& arm = block->config.arms.front();
    std::vector<int> sizes = block->config.n;
    std::ranges::sort(sizes);
    for (const Item& item : block->task->Items(Split::kHeldOut, block->config.evaluation.held_out, 0)) {
      if (transcripts.size() >= kItems * shown.size()) break;
      Transcript transcript{.task = block->task_name,
                            .prompt = Text(item.prompt),
                            .reference = block->task->Reference(item).value_or(item.answer)};
      AddAnswer(Find(results, block->task_name, kBaseArm, 0), "N = 0", item, transcript);
      for (const int n : TwoMiddle(sizes)) {
        AddAnswer(Find(results, block->task_name, arm, n), fmt::format("N = {}", n), item, transcript);
      }
      AddAnswer(Find(results, block->task_name, kTeacherModelArm, 0), "teacher", item, transcript);
      transcripts.push_back(std::move(transcript));
    }
  }
  return transcripts;
}

}  // namespace retort::lab
