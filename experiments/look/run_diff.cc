#include "experiments/look/run_diff.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "core/base/error.h"
#include "core/data/sample_set.h"
#include "core/report/format.h"
#include "core/stats/paired_means.h"
#include "experiments/cells/config_lines.h"
#include "experiments/cells/run_store.h"
#include "experiments/look/terminal_text.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
using Rows = std::vector<std::vector<std::string>>;

std::optional<std::string> ReadIfThere(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  return ReadRunFile(file);
}

const std::string* Find(const ConfigLines& lines, const std::string& key) {
  const auto found = lines.find(key);
  return found == lines.end() ? nullptr : &found->second;
}

// Keys with different values, a side beside b side.
Rows Different(const ConfigLines& a, const ConfigLines& b) {
  std::set<std::string> keys;
  for (const ConfigLines* lines : {&a, &b}) {
    for (const auto& [key, value] : *lines) keys.insert(key);
  }
  Rows rows;
  for (const std::string& key : keys) {
    const std::string *left = Find(a, key), *right = Find(b, key);
    if (left != nullptr && right != nullptr && *left == *right) continue;
    rows.push_back({"  " + key, left == nullptr ? "(not there)" : *left, right == nullptr ? "(not there)" : *right});
  }
  return rows;
}

struct Side {
  ConfigLines config;
  std::optional<ConfigLines> identity;
  std::optional<Manifest> manifest;
  CellResult result;
};

Side Read(const RunEntry& run) {
  Side side;
  if (const auto text = ReadIfThere(run.folder / "config.toml")) side.config = ReadConfigLines(*text);
  if (const auto text = ReadIfThere(run.folder / "identity.txt")) side.identity = ReadIdentityLines(*text);
  const fs::path manifest = run.folder / "manifest.json";
  if (const auto text = ReadIfThere(manifest)) side.manifest = ParseManifest(*text, manifest.string());
  if (run.state == RunState::kDone) CheckRegular(run.folder / "items.jsonl");
  side.result = run.state == RunState::kDone ? RunStore(run.folder.parent_path()).Read(run.hash) : run.result;
  return side;
}

std::string Verdict(const std::string& a, const std::string& b) {
  if (a.empty() && b.empty()) return "not recorded";
  if (a.empty() || b.empty()) return fmt::format("not recorded of {}", a.empty() ? "a" : "b");
  return a == b ? "the same" : "different";
}

// What went in, by its content and not by its name.
std::string Inputs(const Side& a, const Side& b) {
  const auto identity = [](const Side& side, const char* key) {
    return side.identity ? PlainValue(*side.identity, key) : "";
  };
  const auto task = [&](const Side& side) {
    const std::string content = identity(side, "task_content");
    return content.empty() && side.manifest ? side.manifest->task_hash : content;
  };
  const auto samples = [](const Side& side) {
    return side.result.samples_sha256.empty() && side.result.n == 0 ? "none" : side.result.samples_sha256;
  };
  const auto teacher = [](const Side& side) { return side.manifest ? side.manifest->teacher.identity : ""; };
  return Aligned({{"  base model", Verdict(identity(a, "model"), identity(b, "model"))},
                  {"  samples", Verdict(samples(a), samples(b))},
                  {"  teacher", Verdict(teacher(a), teacher(b))},
                  {"  task's content", Verdict(task(a), task(b))},
                  {"  numerics version", Verdict(identity(a, "numerics"), identity(b, "numerics"))}},
                 {});
}

std::string Scores(const CellResult& a, const CellResult& b) {
  Rows rows = {{"", "a", "b", "b - a"}};
  const auto add = [&](const std::string& name, const std::optional<double>& left, const std::optional<double>& right,
                       int decimals) {
    if (!left && !right) return;
    const bool both = left && right;
    rows.push_back({"  " + name, Fixed(left, decimals), Fixed(right, decimals),
                    both ? (*right > *left ? "+" : "") + Fixed(*right - *left, decimals) : std::string(kDash)});
  };
  const auto count = [&](const std::string& name, int64_t left, int64_t right) {
    add(name, static_cast<double>(left), static_cast<double>(right), 0);
  };
  constexpr int kDecimals = 4;
  add(a.metric == b.metric ? MetricName(a.metric) : "score", a.means.score, b.means.score, kDecimals);
  add("parsed", a.means.parse_rate, b.means.parse_rate, kDecimals);
  add("steps right", a.means.step_accuracy, b.means.step_accuracy, kDecimals);
  add("retained", a.retained_skill, b.retained_skill, kDecimals);
  add("memoriser", a.memoriser, b.memoriser, kDecimals);
  add("nats of the reference", a.means.reference_nats, b.means.reference_nats, kDecimals);
  count("prompts asked", a.prompts_asked, b.prompts_asked);
  count("tokens of the teacher", a.teacher_tokens, b.teacher_tokens);
  count("steps", a.steps, b.steps);
  add("dollars", a.dollars, b.dollars, kDecimals);
  return Aligned(rows, {1, 2, 3});
}

// Items are paired by id: two runs that were asked other questions have nothing to compare.
std::string Paired(const CellResult& a, const CellResult& b) {
  if (a.metric != b.metric) return "  measured differently: " + a.metric + " and " + b.metric + "\n";
  std::unordered_map<std::string_view, const ItemScore*> of_a;
  for (const ItemScore& item : a.items) of_a.emplace(item.id, &item);
  SeedScores scores{.items = "", .columns = {{}, {}}};
  const bool lower_is_better = a.metric == "bits_per_byte";
  const auto right = [](double score) { return score >= 1; };
  size_t gained = 0, lost = 0, both = 0, other_answers = 0;
  for (const ItemScore& item : b.items) {
    const auto found = of_a.find(item.id);
    if (found == of_a.end()) continue;
    const double left = found->second->score;
    scores.columns[0].push_back(left);
    scores.columns[1].push_back(item.score);
    other_answers += found->second->answer != item.answer;
    if (lower_is_better) {
      gained += item.score < left;
      lost += item.score > left;
    } else {
      gained += right(item.score) && !right(left);
      lost += right(left) && !right(item.score);
      both += right(left) && right(item.score);
    }
  }
  const size_t items = scores.columns[0].size();
  if (items == 0) return "  no item was asked of both\n";
  const std::array<SeedScores, 1> seeds = {std::move(scores)};
  const Interval lead = PairedMeans(seeds).Contrast(std::array{-1.0, 1.0});
  std::string text =
      fmt::format("  {} items were asked of both ({} of a, {} of b)\n", items, a.items.size(), b.items.size());
  text += fmt::format("  b - a: {} (95 % interval, over items; {})\n", Signed(lead, 4),
                      lower_is_better ? "lower is better" : "higher is better");
  text += lower_is_better ? fmt::format("  {} items are better in b, {} worse", gained, lost)
                          : fmt::format("  wrong -> right {}, right -> wrong {}, right in both {}, wrong in both {}",
                                        gained, lost, both, items - gained - lost - both);
  return text + fmt::format("; {} answers differ in their text\n", other_answers);
}

std::string Keys(const std::string& title, const ConfigLines& a, const ConfigLines& b) {
  Rows rows = Different(a, b);
  if (rows.empty()) return title + ": the same\n";
  rows.insert(rows.begin(), {title, "a", "b"});
  return Aligned(rows, {});
}

}  // namespace

std::string DiffRuns(const RunEntry& a, const RunEntry& b) {
  const Side left = Read(a), right = Read(b);
  std::string text = Aligned({{"a", ShortHash(a.hash), RunLabel(a), std::string(Name(a.state))},
                              {"b", ShortHash(b.hash), RunLabel(b), std::string(Name(b.state))}},
                             {});
  text += "\ninputs\n" + Inputs(left, right) + "\n" + Keys("settings (config.toml)", left.config, right.config);
  if (left.identity && right.identity) {
    text += "\n" + Keys("what fixes the numbers (identity.txt)", *left.identity, *right.identity);
  } else {
    const char* who = left.identity ? "b has no" : right.identity ? "a has no" : "neither has an";
    text += fmt::format("\nwhat fixes the numbers: {} identity.txt (an older run)\n", who);
  }
  if (a.state != RunState::kDone || b.state != RunState::kDone) {
    return text + "\nscores: only runs that are done have any\n";
  }
  return text + "\nscores\n" + Scores(left.result, right.result) + "\nthe same items\n" +
         Paired(left.result, right.result);
}

}  // namespace retort::lab
