#include "core/data/fold_mistakes.h"

#include <string>
#include <vector>

namespace retort {

FoldOp WithWrongFacts(FoldOp op, double error_rate, uint64_t seed) {
  constexpr int kItems = 2000, kTries = 200;
  RandomStream random(seed, "make_models/wrong_facts/" + op.name);
  std::vector<std::string> items;
  items.reserve(kItems);
  std::vector<int> answers;
  answers.reserve(kItems);
  for (int i = 0; i < kItems; ++i) {
    items.push_back(DrawDigits(op, 4, 8, random));
    answers.push_back(FoldSteps(op, items.back()).back().result);
  }
  const auto errors = [&](const FoldOp& tried) {
    int wrong = 0;
    for (size_t i = 0; i < items.size(); ++i) {
      wrong += FoldSteps(tried, items[i]).back().result != answers[i] ? 1 : 0;
    }
    return static_cast<double>(wrong) / kItems;
  };
  // A fact that changes nothing, or goes beyond 4/3 of the rate, is passed over; 2/3 of it is enough.
  double rate = 0;
  for (int i = 0; i < kTries && rate < error_rate * 2 / 3; ++i) {
    const auto draw = [&] { return static_cast<int>(random.Below(static_cast<uint64_t>(op.modulo))); };
    FoldOp tried = op;
    tried.wrong_facts.push_back({.left = draw(), .digit = draw(), .result = draw()});
    const double with = errors(tried);
    if (with <= rate || with > error_rate * 4 / 3) continue;
    op = tried;
    rate = with;
  }
  return op;
}

}  // namespace retort
