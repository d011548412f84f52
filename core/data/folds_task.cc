// Digit folds as a Task. Items are drawn by named random streams and each string of digits belongs to one side of the
// split by its own hash, so train and held-out are disjoint without either knowing of the other.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <tuple>
#include <unordered_set>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/data/folds.h"
#include "core/data/task.h"

namespace retort {
namespace {

constexpr uint64_t kHeldOutOneIn = 5;
// So many draws in a row without a new item mean that a small space is exhausted (625 strings: missed with chance
// e^-160).
constexpr int kPatience = 100000;

bool IsHeldOut(const FoldOp& op, std::string_view digits) {
  return StableHash(0, fmt::format("split/{}/{}", op.name, digits)) % kHeldOutOneIn == 0;
}

Item MakeItem(const FoldOp& op, std::string_view digits, FoldForm form) {
  const std::string answer = FoldCompletion(op, digits, FoldForm::kBare);
  return {.id = fmt::format("{}/{}", op.name, digits),
          .prompt = {{.role = "", .content = FoldPrompt(op, digits, form)}},
          .answer = answer.substr(1),
          .skill = op.name};
}

class FoldsTask : public Task {
 public:
  explicit FoldsTask(const FoldsConfig& config) : config_(config) {
    if (config.min_digits < 2 || config.min_digits > config.max_digits || config.max_digits > 64) {
      throw Error(
          fmt::format("task: min_digits = {} and max_digits = {}: must hold 2 <= min_digits <= max_digits <= 64",
                      config.min_digits, config.max_digits));
    }
    if (config.target == "rules") {
      rules_ = RuleNames();
      RandomStream(0, "folds/rules").Shuffle(rules_);
    } else {
      FindFoldOp(config.target);
    }
  }

  std::vector<Item> Items(Split split, int n, uint64_t seed) const override {
    if (split == Split::kRetained) return Retained(n);
    const FoldOp& op = FindFoldOp(Target(seed));
    return split == Split::kTrain ? Draw(op, false, n, RandomStream(seed, "folds/train/" + op.name)) : HeldOut(op, n);
  }

  std::optional<std::string> Reference(const Item& item) const override {
    const auto prompt = ParseFoldPrompt(Text(item.prompt));
    if (!prompt) return std::nullopt;
    return FoldCompletion(FindFoldOp(prompt->op), prompt->digits, prompt->form);
  }

  // Under the same id: a sample with steps and one without stand at the same rank of their sets.
  std::optional<Item> AnswerOnly(const Item& item) const override { return InForm(item, FoldForm::kBare); }

  std::optional<Item> Reworded(const Item& item) const override { return InForm(item, FoldForm::kSecond); }

  // Sixteen seeds in a row draw each rule once.
  std::string Target(uint64_t seed) const override {
    return rules_.empty() ? config_.target : rules_[static_cast<size_t>(seed % rules_.size())];
  }

  std::string ContentHash() const override {
    return Sha256Hex(fmt::format("{}one in {} held out\n", FoldsDefinition(config_.target), kHeldOutOneIn));
  }

  // A token a character: steps of the second grammar ("4,7=7 ") are the longest; then the answer and the end.
  int max_new_tokens() const override { return 6 * (config_.max_digits - 1) + 2 + 1; }

  std::optional<double> Memoriser(std::span<const Sample> rows, const std::vector<Item>& held_out) const override {
    if (held_out.empty()) return std::nullopt;
    std::map<Fact, std::array<int, 10>> votes;  // what the rows say a step gives, wrong steps included
    for (const Sample& row : rows) {
      const auto prompt = ParseFoldPrompt(Text(row.prompt));
      if (!prompt || prompt->form == FoldForm::kBare) continue;
      const FoldOp& op = FindFoldOp(prompt->op);
      int position = 0;
      for (const FoldStep& step : ParseFoldAnswer(Text(row.completion), prompt->form).steps) {
        ++position;
        if (step.result >= 0) ++votes[FactOf(op, step.left, step.digit, position)][static_cast<size_t>(step.result)];
      }
    }
    int64_t right = 0;
    for (const Item& item : held_out) right += Recall(votes, item) == item.answer ? 1 : 0;
    return static_cast<double>(right) / static_cast<double>(held_out.size());
  }

 private:
  // A step as a worked answer shows it: op, left, digit, parity of the position where the op asks for it.
  using Fact = std::tuple<std::string, int, int, int>;
  static Fact FactOf(const FoldOp& op, int left, int digit, int position) {
    return {op.name, left, digit, op.condition == 2 ? position % 2 : 0};
  }

  static std::optional<Item> InForm(const Item& item, FoldForm form) {
    const auto prompt = ParseFoldPrompt(Text(item.prompt));
    if (!prompt) return std::nullopt;
    return MakeItem(FindFoldOp(prompt->op), prompt->digits, form);
  }

  // The answer by known steps alone; "" where one is not known.
  static std::string Recall(const std::map<Fact, std::array<int, 10>>& votes, const Item& item) {
    const auto prompt = ParseFoldPrompt(Text(item.prompt));
    if (!prompt) return "";
    const FoldOp& op = FindFoldOp(prompt->op);
    int left = -1, position = 0;
    for (const FoldStep& step : FoldSteps(op, prompt->digits)) {
      if (left < 0) left = step.left;  // the first digit
      const auto known = votes.find(FactOf(op, left, step.digit, ++position));
      if (known == votes.end()) return "";
      left = static_cast<int>(std::ranges::max_element(known->second) - known->second.begin());
    }
    return std::to_string(left);
  }

  std::vector<Item> Draw(const FoldOp& op, bool held_out, int n, RandomStream random) const {
    std::vector<Item> items;
    std::unordered_set<std::string> drawn;
    for (int misses = 0; static_cast<int>(items.size()) < n && misses < kPatience; ++misses) {
      std::string digits = DrawDigits(op, config_.min_digits, config_.max_digits, random);
      if (!drawn.insert(digits).second || IsHeldOut(op, digits) != held_out) continue;
      items.push_back(MakeItem(op, digits, FoldForm::kWorked));
      misses = -1;
    }
    return items;
  }

  std::vector<Item> HeldOut(const FoldOp& op, int n) const {
    return Draw(op, true, n, RandomStream(0, "folds/held_out/" + op.name));
  }

  // The base skills in turn.
  std::vector<Item> Retained(int n) const {
    const auto skills = static_cast<int>(BaseSkills().size());
    std::vector<std::vector<Item>> by_skill;
    for (const std::string& name : BaseSkills())
      by_skill.push_back(HeldOut(FindFoldOp(name), (n + skills - 1) / skills));
    std::vector<Item> items;
    for (int i = 0; i < n; ++i) {
      std::vector<Item>& skill = by_skill[static_cast<size_t>(i % skills)];
      const auto turn = static_cast<size_t>(i / skills);
      if (turn < skill.size()) items.push_back(std::move(skill[turn]));
    }
    return items;
  }

  FoldsConfig config_;
  std::vector<std::string> rules_;  // in the order that seeds draw them; empty for a single target
};

}  // namespace

std::unique_ptr<Task> MakeTask(const FoldsConfig& config) { return std::make_unique<FoldsTask>(config); }

}  // namespace retort
