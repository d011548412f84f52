#include "tests/teacher/provider/logged_world.h"

#include "core/base/random.h"

namespace retort {
namespace {

constexpr size_t kRequests = 96;

std::vector<Features> Account(RandomStream& random, float centre) {
  Features style{};
  for (float& x : style) x = centre + static_cast<float>(random.Normal()) / 2;
  std::vector<Features> requests(kRequests);
  for (Features& request : requests) {
    for (int j = 0; j < kFeatures; ++j) request[j] = style[j] + static_cast<float>(random.Normal());
  }
  return requests;
}

}  // namespace

LoggedMonths MadeUpMonths(size_t pupils, size_t distillers, float away, uint64_t seed) {
  LoggedMonths months;
  RandomStream random(seed, "made-up months");
  for (LoggedTexts* month : {&months.earlier, &months.later}) {
    for (size_t i = 0; i < pupils; ++i) month->of(TextKind::kPupil).push_back({.accounts = {Account(random, 0)}});
    for (size_t i = 0; i < pupils / 5; ++i)
      month->of(TextKind::kDeveloper).push_back({.accounts = {Account(random, 0)}});
    for (size_t i = 0; i < pupils / 5; ++i)
      month->of(TextKind::kEvaluator).push_back({.accounts = {Account(random, 0)}});
  }
  for (size_t i = 0; i < distillers; ++i) {
    months.later.of(TextKind::kCollection).push_back({.accounts = {Account(random, away)}});
    months.later.of(TextKind::kReworded).push_back({.accounts = {Account(random, 0), Account(random, 0)}});
  }
  months.Standardize();
  return months;
}

}  // namespace retort
