// Walks on a ring. The rule is the card's; everything else follows from the text of a prompt, which is parsed back, so
// that an item needs no hidden state. Which side of the split a walk belongs to is told by its own hash.
#include "course/2-task/given/ring_task.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <unordered_set>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/random.h"

namespace retort {
namespace {

constexpr std::string_view kWord = "vorp";
constexpr int kSize = 13, kStep = 5, kFactor = 3, kTrap = 4;
constexpr std::string_view kLetters = "ukz";  // up, mirror, times

struct Walk {
  int start = 0;
  std::string moves;
  char form = '?';
};

int Move(int at, char letter) {
  int next = letter == kLetters[0] ? at + kStep : letter == kLetters[1] ? kSize - 1 - at : at * kFactor;
  next %= kSize;
  return next == kTrap ? (kTrap + 1) % kSize : next;
}

std::vector<int> Positions(const Walk& walk) {
  std::vector<int> positions;
  int at = walk.start;
  for (const char letter : walk.moves) positions.push_back(at = Move(at, letter));
  return positions;
}

// A position in plain decimal digits: no sign, no leading zero, on the ring.
std::optional<int> ParsePosition(std::string_view text) {
  int value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text.size() > 2 || problem != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  if (text.front() == '-' || (text.size() > 1 && text.front() == '0') || value >= kSize) return std::nullopt;
  return value;
}

std::optional<Walk> ParsePrompt(std::string_view prompt) {
  if (!prompt.starts_with(kWord) || !prompt.substr(kWord.size()).starts_with(' ')) return std::nullopt;
  prompt.remove_prefix(kWord.size() + 1);
  const size_t space = prompt.find(' ');
  if (space == std::string_view::npos || prompt.size() < space + 3) return std::nullopt;
  const auto start = ParsePosition(prompt.substr(0, space));
  Walk walk{.start = start.value_or(0),
            .moves = std::string(prompt.substr(space + 1, prompt.size() - space - 2)),
            .form = prompt.back()};
  const bool good =
      start && (walk.form == '?' || walk.form == '!') && walk.moves.find_first_not_of(kLetters) == std::string::npos;
  return good ? std::optional(walk) : std::nullopt;
}

std::string Completion(const Walk& walk) {
  std::string text;
  const std::vector<int> positions = Positions(walk);
  if (walk.form == '?') {
    for (const int position : positions) text += fmt::format("{} ", position);
  }
  return text + fmt::format("A{}", positions.back());
}

Item MakeItem(const Walk& walk) {
  return {.id = fmt::format("{}/{}/{}", kWord, walk.start, walk.moves),
          .prompt = {{.role = "", .content = fmt::format("{} {} {}{}", kWord, walk.start, walk.moves, walk.form)}},
          .answer = std::to_string(Positions(walk).back()),
          .skill = std::string(kWord)};
}

bool IsHeldOut(const Walk& walk) { return StableHash(0, fmt::format("{} {}", walk.start, walk.moves)) % 5 == 0; }

class RingTask : public Task {
 public:
  explicit RingTask(const RingConfig& config) : config_(config) {
    if (config.min_moves < 1 || config.min_moves > config.max_moves || config.max_moves > 32) {
      throw Error(fmt::format("min_moves = {} and max_moves = {}: must hold 1 <= min_moves <= max_moves <= 32",
                              config.min_moves, config.max_moves));
    }
  }

  std::vector<Item> Items(Split split, int n, uint64_t seed) const override {
    std::vector<Item> items;
    if (split == Split::kRetained) return items;
    const bool held_out = split == Split::kHeldOut;
    RandomStream random(held_out ? 0 : seed, held_out ? "ring/held_out" : "ring/train");
    std::unordered_set<std::string> seen;
    const int patience = Patience();
    for (int misses = 0; static_cast<int>(items.size()) < n && misses < patience; ++misses) {
      const Walk walk = Draw(random);
      if (IsHeldOut(walk) != held_out) continue;
      Item item = MakeItem(walk);
      if (!seen.insert(item.id).second) continue;
      items.push_back(std::move(item));
      misses = -1;
    }
    return items;
  }

  std::optional<std::string> Reference(const Item& item) const override {
    const auto walk = ParsePrompt(Text(item.prompt));
    return walk ? std::optional(Completion(*walk)) : std::nullopt;
  }

  std::optional<Item> AnswerOnly(const Item& item) const override {
    auto walk = ParsePrompt(Text(item.prompt));
    if (!walk) return std::nullopt;
    walk->form = '!';
    return MakeItem(*walk);
  }

  std::string Target(uint64_t /*seed*/) const override { return std::string(kWord); }

  std::string ContentHash() const override {
    return Sha256Hex(fmt::format("{} {} {} {} {} {} one in 5", kWord, kSize, kStep, kFactor, kTrap, kLetters));
  }

  int max_new_tokens() const override { return 3 * config_.max_moves + 3 + 1; }

  std::optional<double> Memoriser(std::span<const Sample> /*rows*/,
                                  const std::vector<Item>& /*held_out*/) const override {
    return std::nullopt;
  }

 private:
  // So many draws in a row without a new item mean that there is none: a walk of the rarest kind is missed with chance
  // e^-40, unless the world is too large to be drawn out.
  int Patience() const {
    const double rarest = (config_.max_moves - config_.min_moves + 1) * kSize * std::pow(3.0, config_.max_moves);
    return static_cast<int>(std::min(40 * rarest, 4e6));
  }

  Walk Draw(RandomStream& random) const {
    const auto lengths = static_cast<uint64_t>(config_.max_moves - config_.min_moves + 1);
    const uint64_t length = static_cast<uint64_t>(config_.min_moves) + random.Below(lengths);
    Walk walk{.start = static_cast<int>(random.Below(kSize)), .moves = {}};
    for (uint64_t i = 0; i < length; ++i) walk.moves += kLetters[random.Below(kLetters.size())];
    return walk;
  }

  RingConfig config_;
};

class RingGrader : public Grader {
 public:
  Grade Judge(const Item& item, std::string_view answer) override {
    Grade grade;
    const size_t mark = answer.rfind('A');
    if (mark != std::string_view::npos) {
      std::string_view said = answer.substr(mark + 1);
      while (!said.empty() && std::string_view(" \t\r\n").find(said.back()) != std::string_view::npos)
        said.remove_suffix(1);
      const auto value = ParsePosition(said);
      grade.parsed = value.has_value();
      grade.score = value && std::to_string(*value) == item.answer ? 1 : 0;
    }
    const auto walk = ParsePrompt(Text(item.prompt));
    if (walk && walk->form == '?') grade.step_accuracy = StepsRight(*walk, answer.substr(0, mark));
    return grade;
  }

 private:
  static double StepsRight(const Walk& walk, std::string_view shown) {
    const std::vector<int> positions = Positions(walk);
    double right = 0;
    for (const int position : positions) {
      const size_t begin = std::min(shown.find_first_not_of(" \t\r\n"), shown.size());
      shown.remove_prefix(begin);
      const std::string_view step = shown.substr(0, std::min(shown.find_first_of(" \t\r\n"), shown.size()));
      shown.remove_prefix(step.size());
      right += ParsePosition(step) == position ? 1 : 0;
    }
    return right / static_cast<double>(positions.size());
  }
};

}  // namespace

std::unique_ptr<Task> MakeRingTask(const RingConfig& config) { return std::make_unique<RingTask>(config); }

std::unique_ptr<Grader> MakeRingGrader() { return std::make_unique<RingGrader>(); }

}  // namespace retort
