// Any JSONL file of prompts with reference answers as a Task. The file is read once, whole: a task of a million rows is
// a few hundred MB, which buys ranks, splits and references without a second pass.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/trim.h"
#include "core/data/answer_text.h"
#include "core/data/json_fields.h"
#include "core/data/task.h"

namespace retort {
namespace {

struct Row {
  Item item;
  std::string reference;
  int line;
};

class JsonlTask : public Task {
 public:
  explicit JsonlTask(const JsonlConfig& config)
      : config_(config), extract_(MakeExtractor(config.grader, config.grader_pattern)) {
    if (config.path.empty()) throw Error("task.path is missing; give the JSONL file of the task");
    if (config.prompt_role.empty() && !config.system.empty()) {
      throw Error("task.system needs chat prompts; set task.prompt_role = \"user\" or leave task.system empty");
    }
    train_ = ReadRows(config.path);
    if (config.held_out_path.empty()) {
      SplitOff();
    } else {
      held_out_ = ReadRows(config.held_out_path);
      RankRows(held_out_);
    }
    DropShared();
    for (const auto* rows : {&train_, &held_out_}) {
      for (const Row& row : *rows) references_.emplace(row.item.id, row.reference);
    }
  }

  std::vector<Item> Items(Split split, int n, uint64_t seed) const override {
    std::vector<Item> items;
    if (split == Split::kRetained) return items;
    std::vector<const Row*> order;
    for (const Row& row : split == Split::kTrain ? train_ : held_out_) order.push_back(&row);
    if (split == Split::kTrain) {
      std::unordered_map<const Row*, uint64_t> ranks;
      for (const Row* row : order) ranks[row] = StableHash(seed, "train/" + row->item.id);
      std::ranges::stable_sort(order, {}, [&](const Row* row) { return ranks.at(row); });
    }
    for (const Row* row : order) {
      if (static_cast<int>(items.size()) >= n) break;
      items.push_back(row->item);
    }
    return items;
  }

  std::optional<std::string> Reference(const Item& item) const override {
    const auto found = references_.find(item.id);
    if (found == references_.end()) return std::nullopt;
    return found->second;
  }
  std::optional<Item> AnswerOnly(const Item&) const override { return std::nullopt; }
  std::string Target(uint64_t) const override { return std::filesystem::path(config_.path).stem().string(); }
  std::string ContentHash() const override { return content_hash_; }
  int max_new_tokens() const override { return config_.max_new_tokens; }
  std::optional<double> Memoriser(std::span<const Sample>, const std::vector<Item>&) const override {
    return std::nullopt;
  }

 private:
  std::vector<Row> ReadRows(const std::string& path) {
    std::vector<Row> rows;
    std::unordered_map<std::string, int> lines;
    ForEachLine(path, [&](std::string_view line, int number) {
      if (TrimText(line).empty()) return true;
      const Row& row = rows.emplace_back(ParseRow(line, path, number));
      const auto [first, fresh] = lines.emplace(row.item.id, number);
      if (!fresh) {
        throw Error({.file = path, .line = number},
                    fmt::format("the id {} stands on line {} already", Excerpt(row.item.id), first->second),
                    "give each line its own id, or none");
      }
      return true;
    });
    if (rows.empty()) throw Error({.file = path}, "has no items", "give a file with one JSON object a line");
    content_hash_ = Sha256Hex(content_hash_ + Sha256File(path));
    return rows;
  }

  Row ParseRow(std::string_view line, const std::string& path, int number) const {
    const Where where{.file = path, .line = number};
    const nlohmann::json json = ParseJson(line, where);
    const JsonFields fields(json, where);
    Row row{.item = {}, .reference = {}, .line = number};
    row.item.id = fmt::format("{}/{}", std::filesystem::path(path).stem().string(), number);
    if (const auto* id = fields.Find("id"); id != nullptr && id->is_string()) fields.Read("id", row.item.id);
    std::string prompt;
    fields.Get(config_.prompt_key.c_str());
    fields.Read(config_.prompt_key.c_str(), prompt);
    if (const auto& answer = fields.Get(config_.answer_key.c_str()); answer.is_number()) {
      row.reference = answer.dump();
    } else if (answer.is_string()) {
      row.reference = answer.get<std::string>();
    } else {
      fields.Fail(config_.answer_key.c_str(), "a string or a number");
    }
    if (TrimText(prompt).empty()) throw Error(fields.At(config_.prompt_key), "is empty", "every item needs a prompt");
    const auto answer = extract_(row.reference);
    if (!answer) {
      throw Error(fields.At(config_.answer_key),
                  fmt::format("the grader {} finds no answer in {}", config_.grader, Excerpt(row.reference)),
                  "mend the line, or choose another task.grader");
    }
    row.item.answer = *answer;
    if (!config_.system.empty()) row.item.prompt.push_back({.role = "system", .content = config_.system});
    row.item.prompt.push_back({.role = config_.prompt_role, .content = std::move(prompt)});
    return row;
  }

  // Last rank first, so that a larger share keeps the items of a smaller one.
  static void RankRows(std::vector<Row>& rows) {
    std::unordered_map<std::string, uint64_t> ranks;
    for (const Row& row : rows) ranks[row.item.id] = StableHash(0, row.item.id);
    std::ranges::stable_sort(rows, std::ranges::greater{}, [&](const Row& row) { return ranks.at(row.item.id); });
  }

  void SplitOff() {
    RankRows(train_);
    const auto count = static_cast<size_t>(config_.held_out_share * static_cast<double>(train_.size()));
    held_out_.assign(train_.begin(), train_.begin() + static_cast<std::ptrdiff_t>(std::min(count, train_.size())));
    train_.erase(train_.begin(), train_.begin() + static_cast<std::ptrdiff_t>(held_out_.size()));
    std::ranges::sort(train_, {}, &Row::line);
    if (held_out_.empty()) {
      throw Error({.file = config_.path},
                  fmt::format("held_out_share = {} of {} items leaves none to evaluate on", config_.held_out_share,
                              train_.size()),
                  "raise task.held_out_share or give task.held_out_path");
    }
  }

  void DropShared() {
    std::unordered_set<std::string> prompts, ids;
    for (const Row& row : held_out_) {
      prompts.insert(Text(row.item.prompt));
      ids.insert(row.item.id);
    }
    std::erase_if(train_, [&](const Row& row) { return prompts.contains(Text(row.item.prompt)); });
    if (train_.empty()) {
      throw Error({.file = config_.path}, "every item has the prompt of a held-out item; none is left to train on",
                  "give another file, or a smaller task.held_out_share");
    }
    for (const Row& row : train_) {
      if (ids.contains(row.item.id)) {
        throw Error(
            {.file = config_.path, .line = row.line},
            fmt::format("the id {} stands in {} too, with another prompt", Excerpt(row.item.id), config_.held_out_path),
            "give the lines ids of their own, or the files different names");
      }
    }
  }

  JsonlConfig config_;
  Extractor extract_;
  std::vector<Row> train_, held_out_;
  std::unordered_map<std::string, std::string> references_;  // by item id
  std::string content_hash_;
};

}  // namespace

std::unique_ptr<Task> MakeTask(const JsonlConfig& config) { return std::make_unique<JsonlTask>(config); }

}  // namespace retort
