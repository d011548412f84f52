// A task hands out items (prompts with what is needed to grade them) for training and for held-out evaluation.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/config/describe.h"
#include "core/data/answerer.h"
#include "core/data/sample.h"

namespace retort {

struct Item {
  std::string id;
  std::vector<Message> prompt;
  std::string answer;  // the final answer that a grader compares with; empty if the task has none
  std::string skill;   // which skill or target it exercises ("big", "add10"); "" where tasks have one
};

enum class Split { kTrain, kHeldOut, kRetained };  // retained: items of old skills, to see what fine-tuning destroys

class Task {
 public:
  virtual ~Task() = default;
  // n items of a split. Training items depend on the seed (each seed has its own pool); held-out and retained ones
  // depend on it only through the target that the seed draws. The first k of n items are those of k. A file task with
  // fewer than n items gives all it has. Train and held-out never share a prompt.
  virtual std::vector<Item> Items(Split split, int n, uint64_t seed) const = 0;
  // The reference solution (a worked one where the task has it), in the form of a completion. It is made from id and
  // prompt alone: whoever asks as a teacher asks (teacher/teacher.cc) has no more of the item.
  virtual std::optional<std::string> Reference(const Item& item) const = 0;
  // The same content without its worked steps, asked for in the same way ("!" instead of "?"); nullopt where undefined.
  virtual std::optional<Item> AnswerOnly(const Item& item) const = 0;
  // The same question put so that the same content is answered in other words (":" instead of "?"); nullopt where there
  // are none.
  virtual std::optional<Item> Reworded(const Item& /*item*/) const { return std::nullopt; }
  virtual std::string Target(uint64_t seed) const = 0;  // "big": what this seed learns; the file's stem for a file task
  virtual std::string ContentHash() const = 0;          // sha256 over what the items are made of
  virtual int max_new_tokens() const = 0;               // enough for every reference
  // The share of the held-out items that a reader gets right who knows exactly the steps that the rows show, mistakes
  // included, and nothing else. nullopt where the notion has no meaning.
  virtual std::optional<double> Memoriser(std::span<const Sample> rows, const std::vector<Item>& held_out) const = 0;
};

// The same with the task's limit on the length of an answer.
Sampling Bounded(Sampling sampling, const Task& task);

// Digit folds: "The embedded world" in docs/experiments.md; grammar in core/data/folds.h.
struct FoldsConfig {
  std::string target =
      "rules";  // rules (a seed draws one of sixteen), a rule's name, add5 add7 add10, rsub, a base skill
  int min_digits = 4, max_digits = 8;
};
// Any JSONL file of prompts with reference answers.
struct JsonlConfig {
  std::string path;           // training and, unless held_out_path is given, held-out items
  std::string held_out_path;  // empty: the last `held_out_share` of the file's items, ranked by hash
  double held_out_share = 0.2;
  std::string prompt_key = "question", answer_key = "answer";
  std::string system;                   // system turn before each prompt; empty = none
  std::string prompt_role = "user";     // "" = plain text
  std::string grader = "final_number";  // a name of answer_text.h, or math
  std::string grader_pattern;           // of grader = "regex": first group is the answer
  int max_new_tokens = 256;
};
using TaskConfig = std::variant<FoldsConfig, JsonlConfig>;
inline constexpr std::array<std::string_view, 2> kTaskKinds = {"folds", "jsonl"};

void Describe(Describer& d, FoldsConfig& config);
void Describe(Describer& d, JsonlConfig& config);

// All throw Error (unknown target, unreadable file).
std::unique_ptr<Task> MakeTask(const FoldsConfig& config);
std::unique_ptr<Task> MakeTask(const JsonlConfig& config);
std::unique_ptr<Task> MakeTask(const TaskConfig& config);

}  // namespace retort
